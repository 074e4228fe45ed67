/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A connection that no process accepted, though the peer is connected. When a listener closes, the task that closes it
 * destroys the connections in its queue at once: they are reported, with that task as their owner. All others are only
 * counted.
 */
#pragma once

#include "report.h"

#define CLOSING_SLOTS 1024
#define LONGEST_QUEUE_NS 1000000000ULL /* a queue of thousands is emptied in milliseconds */

struct closing_listener {
	u64 at;
	u32 tid;
	u32 netns;
	struct listener listener;
	u16 port;
	u16 padding;
};

/* The listener that a thread closes, by the low bits of the thread's number. If two threads share a place, the later note counts */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLOSING_SLOTS);
	__type(key, u32);
	__type(value, struct closing_listener);
} closing_listeners SEC(".maps");

static __always_inline void note_closing_listener(const struct sock *sk, const struct listener *l, u32 netns, enum level level)
{
	u32 tid = bpf_get_current_pid_tgid(), place = tid % CLOSING_SLOTS;
	struct closing_listener *closing = bpf_map_lookup_elem(&closing_listeners, &place);

	/* A kernel thread is not the owner, and neither is an administrator (ss -K) */
	if (!closing || current_is_kernel() || (!(l && l->pid == current_pid()) && (BPF_CORE_READ(sk, sk_shutdown) & 3) != 3))
		return;
	closing->at = bpf_ktime_get_boot_ns();
	closing->tid = tid;
	closing->netns = netns;
	closing->port = read_sport(sk, level);
	if (l)
		closing->listener = *l;
	else
		closing->listener.pid = 0;
}

/*
 * Counts the packets of handshakes that a listener has dropped since the last look. sk_drops also counts resets for
 * connections that are gone. So drops count only while the queue is full or nearly full (several threads may be taking from
 * it). A queue that overflowed stays full until somebody accepts, or its listener ends.
 */
static __always_inline void count_dropped(const struct sock *sk, struct listener *l, enum level level)
{
	u32 drops = READ_FAR(level, struct sock, sk, sk_drops.counter), since = drops - l->drops;
	u16 port;
	u32 most;

	if (!since)
		return;
	l->drops = drops;
	port = read_sport(sk, far(level));
	if ((config.by_process && !bpf_map_lookup_elem(&processes, &l->pid)) || (config.by_port && !bpf_map_lookup_elem(&ports, &port)))
		return;
	most = READ_FAR(level, struct sock, sk, sk_max_ack_backlog);
	if (READ_FAR(level, struct sock, sk, sk_ack_backlog) >= most - most / 4)
		COUNT_SO_MANY(handshakes_dropped, since);
}

static __always_inline void on_listener_closed(const struct sock *sk, u32 netns, enum level level)
{
	u64 key = key_of(sk);
	struct listener *l = bpf_map_lookup_elem(&listeners, &key);

	if (l)
		count_dropped(sk, l, PROBED);
	note_closing_listener(sk, l, netns, level);
	bpf_map_delete_elem(&listeners, &key);
}

/* The listener of a connection, if the current task is just closing it; otherwise 0 */
static __always_inline const struct listener *closed_by_current(const struct ends *ends)
{
	u32 tid = bpf_get_current_pid_tgid(), place = tid % CLOSING_SLOTS;
	struct closing_listener *closing = bpf_map_lookup_elem(&closing_listeners, &place);

	if (!closing || !tid || closing->tid != tid || closing->port != ends->sport || closing->netns != ends->netns)
		return 0;
	return bpf_ktime_get_boot_ns() - closing->at < LONGEST_QUEUE_NS ? &closing->listener : 0;
}

/* Counts a connection whose listener nobody closes. With --pid it is not counted: an accept() that no hook saw may have taken it */
static __always_inline void count_never_accepted(struct connection *c, enum level level)
{
	if (claim_end(c, level) && !config.by_process && port_selected(&c->ends))
		COUNT(never_accepted);
}

/* Reports a connection that is being destroyed because its listener ends; otherwise counts it */
static __always_inline void report_never_accepted(struct connection *c, enum level level)
{
	const struct listener *l = closed_by_current(&c->ends);
	struct event *e;

	if (!l) {
		count_never_accepted(c, level);
		return;
	}
	if (!claim_end(c, level) || !process_selected(current_pid()) || !port_selected(&c->ends))
		return;
	COUNT(never_accepted);
	read_owner(&c->owner, (struct task_struct *)bpf_get_current_task(), level);
	if (!c->owner.image && l->pid == c->owner.pid)
		c->owner.image = l->image;
	e = begin_of(c, OP_UNACCEPTED, ATTRIBUTION_LISTENER, IPPROTO_TCP, 0);
	if (!e)
		return;
	set_listener(e, l);
	submit(e);
}
