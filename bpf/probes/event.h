/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The record that crosses the ring buffer. RawTcpEvent.cs is its mirror; both sides assert the size. Host byte order, explicit padding,
 * times in boot-time nanoseconds. `start` with `start_cpu` is the identity of the connection (set_start()).
 */
#pragma once

enum operation {
	OP_CONNECT = 1,
	OP_ACCEPT = 2,
	OP_CLOSE = 3, /* closed by its owner: close(), shutdown(), or the process ending */
	OP_UNKNOWN = 4, /* ended by something else: a reset, a time-out, an administrator */
	OP_CONNECT_FAILED = 5,
	OP_EXISTING = 6, /* older than the recorder; or, with what it has carried so far, open as the recording ends */
	OP_PROGRESS = 7, /* what a live one has carried so far */
	OP_UNACCEPTED = 8, /* its listener never accepted it */
	OP_COUNT,
};

enum reason {
	REASON_NONE = 0,
	REASON_CLOSE = 1, /* we sent the first FIN */
	REASON_PEER_CLOSE = 2, /* the peer sent the first FIN, then we closed */
	REASON_EXIT = 3, /* closed by the kernel as the process ended */
	REASON_RESET_SENT = 4,
	REASON_RESET_RECEIVED = 5,
	REASON_TIMED_OUT = 6,
	REASON_KILLED = 7, /* SOCK_DESTROY, as by `ss -K` */
	REASON_ABORTED = 8, /* a connect() given up by close(), exit or disconnect */
	REASON_RESET = 9, /* reset, and nothing proves by which side */
};

enum attribution {
	ATTRIBUTION_NONE = 0,
	ATTRIBUTION_TASK = 1, /* seen doing it, in its own system call */
	ATTRIBUTION_STORED = 2, /* the owner noted at connect, accept or start-up */
	ATTRIBUTION_LISTENER = 3, /* who closed the listener that had not accepted it */
};

enum event_flags {
	EVENT_UNTIMED = 1, /* `start` is when we first saw it, or `ts` when we noticed: no latency or duration follows */
	EVENT_MPTCP = 2,
	EVENT_LATE = 4, /* its own hook was missed; recovered from a later one, or found */
	EVENT_NO_SYN = 8, /* connect() failed before anything was sent */
	EVENT_UNCOUNTED = 16, /* the socket's memory was in use again when its end was noticed, or it is older than the recorder: how many bytes it carried is not known */
	EVENT_UNFINISHED = 32, /* its owner has closed it, and TCP had not finished as the recording ended */
};

enum hierarchy {
	HIERARCHY_UNIFIED = 0, /* cgroup v2 */
	HIERARCHY_MEMORY = 1, /* cgroup v1, the memory controller's */
};

#define CGROUP_LEVELS 10
#define CGROUP_NAME 176 /* the longest that runtimes make: kubepods-besteffort-pod<uid>.slice:cri-containerd:<id> */

/* The names of a cgroup, before the first event in it: by the time user space could look, a short-lived container is gone. Longer than an event. */
struct cgroup_names {
	u64 id;
	u32 hierarchy;
	u32 levels;
	u32 slot; /* where its verdict belongs */
	u32 padding;
	char names[CGROUP_LEVELS][CGROUP_NAME]; /* its own first, then its parents', without the root's */
};

#define IMAGE_LEVELS 16
#define IMAGE_MOUNTS 4
#define IMAGE_NAME 128
#define IMAGE_ARGUMENTS 1024

/* The executable of a process, before the first event of it. Longer than a cgroup's names. */
struct image {
	u32 number; /* in events */
	u32 levels;
	u32 arguments_length;
	u32 arguments_cut;
	u32 pid; /* whose command line user space is to read; 0: none */
	u32 padding;
	char names[IMAGE_LEVELS][IMAGE_NAME]; /* the file's own first, then its directories' */
	char arguments[IMAGE_ARGUMENTS]; /* each with a zero behind it */
};

struct event {
	u64 ts;
	u64 start;
	u64 cgroup; /* id in the unified (v2) hierarchy */
	u64 cgroup_v1; /* inode in the memory controller's v1 hierarchy, 0 on a pure v2 machine */
	u64 netns_cookie; /* unlike the inode number, never used again; 0 before 5.12 */
	u64 sent;
	u64 received;
	u64 flow; /* flow.h; 0: not known */
	u64 closed; /* of an end: when its owner had closed it; 0: not known */
	u32 start_cpu;
	u32 pid;
	u32 tid;
	u32 uid;
	u32 gid;
	u32 ppid;
	u32 netns;
	u32 mntns;
	u32 retransmits;
	u32 srtt_us;
	u32 other_pid; /* close: who closed it. accept: who called listen() */
	s32 fd; /* -1: not known */
	u16 error;
	u16 family;
	u16 sport;
	u16 dport;
	u8 operation;
	u8 reason;
	u8 attribution;
	u8 flags;
	u32 image; /* of the owner, see struct image; 0: not known */
	u8 saddr[16];
	u8 daddr[16];
	char comm[16];
	char pcomm[16];
	char other_comm[16];
};

_Static_assert(sizeof(struct event) == 216, "RawTcpEvent.cs mirrors this struct");
