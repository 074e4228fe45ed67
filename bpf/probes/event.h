/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The records that cross the ring buffer. Each begins with its kind. Host byte order, explicit padding, times in boot-time
 * nanoseconds. RawTcpEvent.cs, RawCgroup.cs and RawImage.cs mirror the structs; a test compares their members with the BTF
 * of the object (mirrored.h).
 */
#pragma once

/* RingRecord.cs mirrors this */
enum record_kind {
	RECORD_EVENT = 1,
	RECORD_CGROUP = 2,
	RECORD_IMAGE = 3,
};

enum operation {
	OP_CONNECT = 1,
	OP_ACCEPT = 2,
	OP_CLOSE = 3, /* closed by its owner: close(), shutdown(), or the process ending */
	OP_UNKNOWN = 4, /* ended by something else: a reset, a time-out, an administrator */
	OP_CONNECT_FAILED = 5,
	OP_EXISTING = 6, /* was open when the recording began, or is open when it ends (then with its byte counts) */
	OP_PROGRESS = 7, /* the byte counts of an open connection so far */
	OP_UNACCEPTED = 8, /* the server never accepted it */
	OP_COUNT,
};

enum reason {
	REASON_NONE = 0,
	REASON_CLOSE = 1, /* we sent the first FIN */
	REASON_PEER_CLOSE = 2, /* the peer sent the first FIN, then we closed */
	REASON_EXIT = 3, /* closed by the kernel because the process ended */
	REASON_RESET_SENT = 4,
	REASON_RESET_RECEIVED = 5,
	REASON_TIMED_OUT = 6,
	REASON_KILLED = 7, /* SOCK_DESTROY, as by `ss -K` */
	REASON_ABORTED = 8, /* close(), exit or connect() to AF_UNSPEC gave up a connect() */
	REASON_RESET = 9, /* a reset, and nothing proves which side sent it */
};

enum attribution {
	ATTRIBUTION_NONE = 0,
	ATTRIBUTION_TASK = 1, /* the task that made the system call */
	ATTRIBUTION_STORED = 2, /* the owner that was noted at connect(), at accept() or as the recording began */
	ATTRIBUTION_LISTENER = 3, /* the process that closed the listener before it accepted the connection */
};

enum event_flags {
	/*
	 * One time is inexact: `start` is when we first saw the connection, or `timestamp` is when we noticed the event. So there
	 * is no latency and no duration
	 */
	EVENT_UNTIMED = 1,
	EVENT_MPTCP = 2,
	EVENT_LATE = 4, /* the hook that should have seen it was skipped, or there is none: a later hook or a walk found it */
	EVENT_NO_SYN = 8, /* connect() failed before it sent a SYN */
	EVENT_UNCOUNTED = 16, /* the byte counts are unknown: another socket uses the memory, or the connection is older than the recorder */
	EVENT_UNFINISHED = 32, /* the owner has closed the connection, and TCP had not finished as the recording ended */
};

enum hierarchy {
	HIERARCHY_UNIFIED = 0, /* cgroup v2 */
	HIERARCHY_MEMORY = 1, /* cgroup v1: the hierarchy of the memory controller */
};

#define CGROUP_LEVELS 10
#define CGROUP_NAME 176 /* the longest that runtimes make: kubepods-besteffort-pod<uid>.slice:cri-containerd:<id> */

/*
 * The names of a cgroup. They are sent before the first event in that cgroup: by the time user space looks for them, a
 * short-lived container may have gone.
 */
struct cgroup_names {
	u8 kind; /* RECORD_CGROUP */
	u8 padding[3];
	u32 hierarchy;
	u64 id;
	u32 levels; /* CGROUP_LEVELS + 1: there are more names than `names` has room for, and the outermost are missing */
	u32 slot; /* the place of its verdict, see slot_of_cgroup() */
	char names[CGROUP_LEVELS][CGROUP_NAME]; /* the cgroup's own first, then its parents', without the root's */
};

#define IMAGE_LEVELS 16
#define IMAGE_MOUNTS 4
#define IMAGE_NAME 128
#define IMAGE_ARGUMENTS 1024

/* The executable of a process. It is sent before the first event of that process. */
struct image {
	u8 kind; /* RECORD_IMAGE */
	u8 padding[3];
	u32 number; /* `image` of events */
	u32 levels; /* IMAGE_LEVELS + 1: there are more names than `names` has room for, and the outermost are missing */
	u32 arguments_length; /* in bytes */
	u32 arguments_are_cut;
	u32 pid; /* user space reads the command line of this process; 0: of none */
	char names[IMAGE_LEVELS][IMAGE_NAME]; /* the file's own first, then its directories' */
	char arguments[IMAGE_ARGUMENTS]; /* each ends with a zero */
};

/* `start` with `start_cpu` is the identity of the connection (set_start()) */
struct event {
	u8 kind; /* RECORD_EVENT */
	u8 operation;
	u8 reason;
	u8 attribution;
	u8 flags;
	u8 family;
	u16 error;
	u64 timestamp;
	u64 start;
	u64 cgroup; /* id in the unified (v2) hierarchy */
	u64 cgroup_v1; /* inode in the v1 hierarchy of the memory controller; 0 on a pure v2 machine */
	u64 netns_cookie; /* the kernel never uses a cookie again, unlike an inode number; 0 before 5.12 */
	u64 sent;
	u64 received;
	u64 flow; /* flow.h; 0: not known */
	u64 closed; /* only of an end: when the owner closed the connection; 0: not known */
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
	u16 sport;
	u16 dport;
	u32 image; /* `number` of the owner's struct image; 0: not known */
	u8 saddr[16];
	u8 daddr[16];
	char comm[16];
	char parent_comm[16];
	char other_comm[16];
};
