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
	OP_EXISTING = 6, /* older than the recorder */
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
};

enum event_flags {
	EVENT_UNTIMED = 1, /* `start` is when we first saw it, or `ts` when we noticed: no latency or duration follows */
	EVENT_MPTCP = 2,
	EVENT_LATE = 4, /* its own hook was missed; recovered from a later one, or found */
	EVENT_NO_SYN = 8, /* connect() failed before anything was sent */
	EVENT_UNCOUNTED = 16, /* the socket's memory was in use again when its end was noticed: how many bytes it carried is not known */
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

struct event {
	u64 ts;
	u64 start;
	u64 cgroup; /* id in the unified (v2) hierarchy */
	u64 cgroup_v1; /* inode in the memory controller's v1 hierarchy, 0 on a pure v2 machine */
	u64 netns_cookie; /* unlike the inode number, never used again; 0 before 5.12 */
	u64 sent;
	u64 received;
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
	u8 padding[4];
	u8 saddr[16];
	u8 daddr[16];
	char comm[16];
	char pcomm[16];
	char other_comm[16];
};

_Static_assert(sizeof(struct event) == 200, "RawTcpEvent.cs mirrors this struct");
