/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Every map, and its life: who inserts, who deletes, who reads, and why entries that nobody needs cannot fill it. */
#pragma once

#include "event.h"

#define NETNS_SLOTS 4

/*
 * User space sets it before the programs are loaded. The verifier then removes the branches that are switched off.
 * ProbeConfig.cs mirrors it
 */
struct probe_config {
	u32 self; /* our own process, never reported */
	u32 operations; /* bit per enum operation */
	u32 netns[NETNS_SLOTS]; /* only these network namespaces, filled from the front; all 0: every namespace */
	u8 by_process; /* only those in `processes` */
	u8 by_port; /* only ports in `ports`, on either end */
	u8 legacy; /* the programs of level LEGACY are loaded (read.h) */
	u8 by_workload; /* user space gives verdicts on cgroups */
	u8 preemptible; /* a task may be pre-empted at a tracepoint */
	u8 by_ancestry; /* no hook sees forks: a process is selected if one of its ancestors is */
	u8 no_cgroup_names; /* user space finds the names of cgroups by itself */
	u8 arguments; /* send command lines, too */
};
const volatile struct probe_config config = {};

/* SharedMemory.cs and ProbeCounters.cs mirror this. The padding keeps two processors from writing to one cache line */
struct counters {
	u64 produced;
	u64 ring_full;
	u64 connections_full;
	u64 processes_full;
	u64 never_accepted;
	u64 accepts_unseen; /* not lost: the next walk through all open files finds them */
	u64 unwanted; /* events of cgroups that are not selected, dropped here */
	u64 listeners_full;
	u64 evicted; /* connections that made room for others (eviction.h) */
	u64 handshakes_dropped; /* by listeners */
	u64 images; /* sent from this processor, where each processor numbers its own (image.h) */
	u64 padding[5];
};
_Static_assert(sizeof(struct counters) % 64 == 0, "two processors would write to one cache line");

#define EVICTION_SLOTS 1024
#define VICTIM_SLOTS 4096

struct victim {
	u64 key;
	u64 start;
};

/* See eviction.h. Eviction.cs mirrors this */
struct eviction {
	u32 entries; /* of the map of connections, at its last walk */
	u32 chosen; /* the index in `owners` of the process whose connections are listed */
	u32 listed; /* number of `victims` that the walk filled */
	u32 ready; /* number of `victims` that may be evicted; 0: user space is still sorting them */
	u32 used; /* number of `victims` that were evicted */
	u32 wanted; /* 1: the map was full and no victim was left */
	u32 owners[EVICTION_SLOTS]; /* number of connections, by the process's number modulo EVICTION_SLOTS */
	struct victim victims[VICTIM_SLOTS]; /* sorted by user space, the oldest first */
};

/* The purpose of a walk through the map of connections */
enum walk {
	WALK_UNSEEN = 0, /* report what no hook saw */
	WALK_COUNT = 1, /* count the connections of each process */
	WALK_LIST = 2, /* list the connections of one process */
	WALK_PROGRESS = 3, /* report the byte counts of every connection */
	WALK_LAST = 4, /* the recording ends: report the connections that have not ended */
};

/* Connections that have not ended. LivingConnections.cs mirrors this */
struct living {
	u32 open; /* their owner has not closed them */
	u32 unfinished; /* their owner has closed them, TCP has not finished */
	u32 unanswered; /* connects without an outcome */
};

#define PROCESSOR_SLOTS 512
#define CGROUP_SLOTS 16384

/* Which cgroups are not selected. User space decides, once it knows the names of a cgroup */
enum verdict {
	VERDICT_NONE = 0, /* selected, or not decided yet */
	VERDICT_CONTAINER_UNWANTED = 1, /* of a container that is not selected */
	VERDICT_HOST_UNWANTED = 2, /* of the host, which is not selected */
};

/*
 * Memory that user space maps and reads without a system call. While the kernel serves bpf(2) on a processor, it skips
 * programs at tracepoints there, and it skips many if the calling process is pre-empted at that moment
 * (bpf_disable_instrumentation()). SharedMemory.cs mirrors this.
 *
 * `idle` saves wake-ups, which would cost more than all the rest. While events flow, the reader looks into the ring every
 * few milliseconds without being woken. Only before it sleeps for long it sets `idle`. The producer that finds `idle` set
 * wakes the reader, once.
 */
struct shared {
	struct counters counters[PROCESSOR_SLOTS];
	u32 idle;
	u32 generation; /* user space adds 1 when it may have forgotten cgroups: then they are sent again */
	u32 last_slot;
	u32 walk; /* enum walk */
	u32 last_image;
	u32 parts; /* the map is walked in so many parts, so that the records of one part fit into the ring */
	u32 part; /* the part that is walked now */
	struct living living; /* counted by the last walk */
	u8 verdicts[CGROUP_SLOTS]; /* enum verdict, by the slot that a cgroup got when its names were sent */
	/*
	 * The cookies of config.netns; 0: not found. The kernel reuses the number of a namespace as soon as it is free, but
	 * never a cookie
	 */
	u64 netns_cookies[NETNS_SLOTS];
	struct eviction eviction;
};
struct shared shared = {};

static __always_inline bool netns_is_selected(u32 number, u64 cookie)
{
	if (!config.netns[0])
		return true;
	for (int i = 0; i < NETNS_SLOTS; i++)
		if (number == config.netns[i])
			return !shared.netns_cookies[i] || shared.netns_cookies[i] == cookie;
	return false;
}

/* Records on their way to user space, which chooses the size. An event that does not fit is lost, and counted in `ring_full`. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct owner {
	u64 cgroup;
	u64 cgroup_v1;
	u32 pid;
	u32 tid;
	u32 uid;
	u32 gid;
	u32 ppid;
	u32 mntns;
	u32 slot; /* of its cgroup */
	u32 slot_v1;
	u32 image;
	u32 padding;
	char comm[16];
	char parent_comm[16];
};

/* Both ends of a connection, as they were while it lived. family 0: not known yet. sport 0: the kernel has not chosen it yet */
struct ends {
	u64 netns_cookie;
	u32 netns;
	u16 family;
	u16 sport;
	u16 dport;
	u16 padding[3];
	u8 saddr[16];
	u8 daddr[16];
};

enum role {
	ROLE_CONNECT = 1,
	ROLE_PASSIVE = 2, /* established, not yet accepted: no owner */
	ROLE_PASSIVE_CLOSED = 3, /* ended before accept() returned: accept() then reports both */
	ROLE_ACCEPT = 4,
	ROLE_EXISTING = 5,
};

enum failure {
	FAILURE_NONE = 0,
	FAILURE_PENDING = 1, /* connect() failed, and has not returned: only its return tells the errno */
	FAILURE_REPORTED = 2,
	FAILURE_UNSEEN = 3, /* no hook saw the failure, but connect() is returning its errno */
};

/* Of a connection whose accept() no hook saw: does it have a struct socket? Only accept() gives it one */
enum held {
	HELD_NOT = 0,
	HELD_SEEN = 1, /* it had one at a walk through the map, or at the end of the connection (its process closes it later) */
	HELD_SINCE = 2, /* it had one at two walks: no hook will see this accept() */
	HELD_BEFORE = 3, /* it had one, and was closed before its end by a process that we do not know: its socket is destroyed in any context */
};

/* Has our side sent its FIN? */
enum fin {
	FIN_NONE = 0,
	FIN_HALF = 1, /* by shutdown(SHUT_WR): our program can still receive */
	FIN_BOTH = 2, /* by close() or shutdown(SHUT_RDWR): the kernel answers further data with a reset */
};

/* Which side sent the reset, where the socket's error does not say */
enum reset {
	RESET_BY_ERROR = 0, /* the error tells: the peer, if it is an error of a reset; nobody otherwise */
	RESET_SENT = 1,
	RESET_UNCLEAR = 2,
};

struct connection {
	u64 start;
	u64 established;
	u64 flow;
	u64 closed; /* when its owner closed it; 0: not yet */
	struct owner owner;
	u32 role; /* enum role. A passive one changes by compare-and-swap: accept() races with the close in softirq */
	u32 start_cpu;
	s32 fd;
	u32 actor; /* who closed it, 0: nobody did */
	char actor_comm[16];
	u16 error;
	u8 failure; /* enum failure */
	u8 start_unknown;
	u8 local_fin; /* enum fin */
	u8 peer_first;
	u8 exiting;
	u8 reset; /* enum reset */
	u8 end_seen; /* the hook of the state change saw the end */
	u8 held; /* enum held */
	u16 subflow_error; /* MPTCP: the error with which the last subflow ended */
	u16 unread_error; /* the socket's error when it sent its FIN: no program had read it, and it had not ended the connection */
	u16 data_at_fin; /* how many segments with data had come when the FIN was sent, modulo 65536 */
	u32 reported; /* 1: the end is reported. Set by compare-and-swap, see claim_end() */
	u32 padding;
	struct ends ends;
};

/*
 * Live connections by struct sock *.
 * Inserted: at SYN_SENT; at a passive ESTABLISHED; at accept(), if it was established earlier; by the walk through open
 * files.
 * Deleted: at CLOSE. If that was missed, or nobody accepted the connection, at tcp_destroy_sock, which every TCP socket
 * passes. If no hook saw the end, by a walk through the map (unseen.h). A new connection at the same address replaces the
 * entry.
 * Full: an old connection makes room (eviction.h). If none is listed, the new connection is not followed. Both are counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * MPTCP connections that have ended, while their accept() or connect() may not have returned.
 * Inserted: at CLOSE. Deleted: by that return, or by a new connection at the same address.
 * No hook sees how an MPTCP socket is destroyed. So old entries make room for new ones (LRU).
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct connection);
} ended SEC(".maps");

struct listener {
	u32 pid;
	u32 drops; /* sk_drops when we last read it */
	char comm[16];
	u32 image; /* of its process, which no longer has it while it exits */
	u32 padding;
};

/*
 * Who called listen(), by struct sock *. Inserted: at LISTEN, and by the walk through open files. Deleted: when the socket
 * leaves LISTEN.
 * Full: accepts have no listener, and that is counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct listener);
} listeners SEC(".maps");

/*
 * Cgroups whose names were sent to user space, by hierarchy and id. Inserted: before the first event in a cgroup. Old
 * entries make room for new ones (LRU); then the names are sent again.
 */
struct cgroup_key {
	u64 id;
	u64 hierarchy;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct cgroup_key);
	__type(value, u32); /* its slot, see slot_of_cgroup() */
} reported_cgroups SEC(".maps");

/*
 * Selected processes by tgid. Inserted: by user space (--pid), and at fork (-- COMMAND). Deleted: as the process is reaped.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, u32);
	__type(value, u8);
} processes SEC(".maps");

/* Selected ports (--port). User space writes them once, before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u16);
	__type(value, u8);
} ports SEC(".maps");

#define COUNT_SO_MANY(what, number) __sync_fetch_and_add(&shared.counters[bpf_get_smp_processor_id() % PROCESSOR_SLOTS].what, number)
#define COUNT(what) COUNT_SO_MANY(what, 1)
#define UNCOUNT(what) COUNT_SO_MANY(what, -1)
