/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Every map, and its life: who inserts, who deletes, who reads, and why it cannot fill up with the dead. */
#pragma once

#include "event.h"

#define NETNS_SLOTS 4

/* Set by user space before the programs are loaded; the verifier then drops the branches that are off. */
struct probe_config {
	u32 self; /* our own process, never reported */
	u32 operations; /* bit per enum operation */
	u32 netns[NETNS_SLOTS]; /* only these network namespaces, filled from the front; none: every one */
	u8 by_process; /* only those in `processes` */
	u8 by_port; /* only ports in `ports`, on either end */
	u8 legacy; /* the programs called *_legacy are loaded */
	u8 by_workload; /* cgroups have verdicts */
	u8 preemptible; /* a task may be pre-empted at a tracepoint */
	u8 by_ancestry; /* no hook tells of forks: a process is selected by its ancestors */
	u8 no_cgroup_names; /* user space finds them out by itself */
	u8 arguments; /* tell command lines, too */
};
_Static_assert(sizeof(struct probe_config) == 32, "bpf/*.cs mirror this struct");
const volatile struct probe_config config = {};

/* ProbeCounters.cs mirrors this; padded, so that no two processors write to one cache line */
struct counters {
	u64 produced;
	u64 ring_full;
	u64 connections_full;
	u64 processes_full;
	u64 never_accepted;
	u64 accepts_unseen; /* not a loss yet: the next look at all open files finds them */
	u64 unwanted; /* events of cgroups that are not selected */
	u64 listeners_full;
	u64 evicted; /* connections that had to make room for others (crowd.h) */
	u64 handshakes_dropped; /* by listeners */
	u64 images; /* told, where numbers are given by processor */
	u64 padding[5];
};
_Static_assert(sizeof(struct counters) == 128, "ProbeMemory.cs mirrors this struct");

#define CROWD_SLOTS 1024
#define VICTIM_SLOTS 4096

struct victim {
	u64 key;
	u64 start;
};

/* See crowd.h. ProbeMemory.cs mirrors this struct */
struct crowd {
	u32 entries; /* of the map of connections, at its last walk */
	u32 chosen; /* the place of the process whose connections are listed */
	u32 listed; /* by the walk */
	u32 ready; /* the oldest first: the first so many may be taken out */
	u32 used; /* of these */
	u32 padding;
	u32 owners[CROWD_SLOTS]; /* how many connections: by the process's number modulo this */
	struct victim victims[VICTIM_SLOTS];
};

/* What the walk through the map of connections is for */
enum walk {
	WALK_UNSEEN = 0, /* tell what no hook saw */
	WALK_COUNT = 1, /* the connections of each process */
	WALK_LIST = 2, /* those of one process */
	WALK_PROGRESS = 3, /* tell what each has carried so far */
	WALK_LAST = 4, /* the recording ends: tell of those that have not ended */
};

#define PROCESSOR_SLOTS 512
#define CGROUP_SLOTS 16384

/* What user space thinks of a cgroup, once it knows who it is: a container that is not selected, or the host's, which is not */
enum verdict {
	VERDICT_NONE = 0,
	VERDICT_CONTAINER_UNWANTED = 1,
	VERDICT_HOST_UNWANTED = 2,
};

/*
 * Memory that user space maps. Not a map to be asked by system call: while the kernel serves bpf(2) on a processor, programs at tracepoints are
 * skipped there, and if the asking process is pre-empted just then, many are (bpf_disable_instrumentation()). TcpProbe.cs mirrors this.
 *
 * idle: wake-ups would dominate the cost. While events flow the reader comes by itself every few milliseconds; only before it sleeps for long
 * does it set this, and the producer that finds it set wakes it, once.
 */
struct shared {
	struct counters counters[PROCESSOR_SLOTS];
	u32 idle;
	u32 generation; /* of what user space knows of cgroups: raised when it has forgotten some */
	u32 last_slot;
	u32 walk; /* enum walk */
	u32 last_image;
	u32 parts; /* of the map, so that what is told of one fits into the ring */
	u32 part; /* the one that is walked now */
	u32 open; /* by the last walk: connections that their owner has not closed */
	u32 unfinished; /* connections that he has */
	u32 unanswered; /* connects without an outcome */
	u8 verdicts[CGROUP_SLOTS]; /* by the slot that a cgroup got when it was told */
	u64 netns_cookies[NETNS_SLOTS]; /* of config.netns, where we found them: a number is given again as soon as it is free, a cookie never */
	struct crowd crowd;
};
_Static_assert(sizeof(struct shared) == PROCESSOR_SLOTS * sizeof(struct counters) + 40 + CGROUP_SLOTS + NETNS_SLOTS * 8 + sizeof(struct crowd), "bpf/*.cs mirror this struct");
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

/* Events on their way to user space. Sized by user space. A full ring costs the event, which `counters` then tells. */
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
	char pcomm[16];
};

/* Both ends of a connection, as they were while it lived. family 0: not known yet. sport 0: not chosen yet */
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
	ROLE_PASSIVE_CLOSED = 3, /* closed before accept() returned, which then reports both */
	ROLE_ACCEPT = 4,
	ROLE_EXISTING = 5,
};

enum failure {
	FAILURE_NONE = 0,
	FAILURE_PENDING = 1, /* failed inside connect(): only its return tells the errno */
	FAILURE_REPORTED = 2,
	FAILURE_UNSEEN = 3, /* no hook saw it (unseen.h), but connect() is returning its errno */
};

/* Of one that nobody was seen to accept: whether it has a struct socket, which accept() gives it */
enum held {
	HELD_NOT = 0,
	HELD_SEEN = 1, /* by the walk through the map; or it was so at its end: the close came later */
	HELD_SINCE = 2, /* still, at the next walk: its accept() was one that no hook tells of */
	HELD_BEFORE = 3, /* closed before its end, and by nobody of ours: its socket is destroyed in whatever context */
};

/* Whether our side has sent its FIN */
enum fin {
	FIN_NONE = 0,
	FIN_HALF = 1, /* our program could still receive */
	FIN_BOTH = 2, /* by close() or shutdown(SHUT_RDWR): what comes now is answered with a reset */
};

/* Which side reset it, where its error does not tell */
enum reset {
	RESET_BY_ERROR = 0, /* with an error of a reset it was the peer, without one nobody */
	RESET_SENT = 1,
	RESET_UNCLEAR = 2,
};

struct connection {
	u64 start;
	u64 established;
	u64 flow;
	u64 closed; /* by its owner */
	struct owner owner;
	u32 role; /* changed by compare-and-swap once passive: accept() races with the close in softirq */
	u32 start_cpu;
	s32 fd;
	u32 actor; /* who closed it, 0: nobody did */
	char actor_comm[16];
	u16 error;
	u8 failure;
	u8 start_unknown;
	u8 local_fin; /* enum fin */
	u8 peer_first;
	u8 exiting;
	u8 reset; /* enum reset */
	u8 end_seen; /* by the hook of the state change */
	u8 held; /* enum held */
	u16 subflow_error; /* MPTCP: with which its last subflow ended */
	u16 unread_error; /* the socket's when it sent its FIN: nobody had read it, and it had ended nothing */
	u16 data_at_fin; /* segments with data received by then, the low half of their number */
	u32 told; /* by compare-and-swap, see claim_end() */
	u32 padding;
	struct ends ends;
};

_Static_assert(sizeof(struct connection) == 232 && __builtin_offsetof(struct connection, role) == 120, "TcpProbe.cs reads this");

/*
 * Live connections by struct sock *. Inserted at SYN_SENT, at a passive ESTABLISHED, at accept() of one established earlier, and by the
 * start-up iterator. Deleted at CLOSE; a connection never accepted, or one whose CLOSE was missed, at tcp_destroy_sock, which every TCP
 * socket passes; one of which no hook saw the end, when the map is walked (unseen.h). A new connection on the same address overwrites. Full:
 * an old one makes room (crowd.h); where none is known, the new one is not followed. Both are counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * MPTCP sockets that have ended while their accept() or connect() may still be on its way back. No hook tells when such a socket is
 * destroyed, so the old make room for the new (LRU). Inserted at CLOSE; deleted by that return, or by a new connection at the same address.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct connection);
} ended SEC(".maps");

struct listener {
	u32 pid;
	u32 drops; /* packets that it had dropped when we last looked */
	char comm[16];
};

/* Who called listen(), by struct sock *. Inserted at LISTEN and by the start-up iterator; deleted when the socket leaves LISTEN. Full: the
 * field is left out of accepts, and that is counted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct listener);
} listeners SEC(".maps");

/*
 * Cgroups that user space has been told of, by hierarchy and id. Inserted before the first event in them; the old make room for the new (LRU),
 * and are told again.
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
} told_cgroups SEC(".maps");

/* Selected processes by tgid. Inserted by user space (--pid) and on fork (-- COMMAND); deleted as the process is reaped. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, u32);
	__type(value, u8);
} processes SEC(".maps");

/* Selected ports (--port). Written once, by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u16);
	__type(value, u8);
} ports SEC(".maps");

#define COUNT_SO_MANY(what, number) __sync_fetch_and_add(&shared.counters[bpf_get_smp_processor_id() % PROCESSOR_SLOTS].what, number)
#define COUNT(what) COUNT_SO_MANY(what, 1)
#define UNCOUNT(what) COUNT_SO_MANY(what, -1)
