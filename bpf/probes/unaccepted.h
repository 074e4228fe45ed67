/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A connection that nobody accepted: the peer thinks that it is connected. As a listener closes, those in its queue are destroyed on the spot, by the
 * task that closes it: that one is told as the owner. Any other is only counted.
 */
#pragma once

#include "report.h"

#define CLOSING_SLOTS 1024
#define LONGEST_QUEUE_NS 1000000000ULL /* a queue of thousands is emptied in milliseconds */

struct closing_listener {
	u64 at;
	u32 tid;
	u32 netns;
	u16 port;
	u16 padding[3];
};

/* By the low bits of the thread's number. Where two threads share a place the later one has it */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLOSING_SLOTS);
	__type(key, u32);
	__type(value, struct closing_listener);
} closing_listeners SEC(".maps");

static __always_inline void note_closing_listener(const struct sock *sk, u32 netns, enum level level)
{
	u32 tid = bpf_get_current_pid_tgid(), place = tid % CLOSING_SLOTS;
	struct closing_listener *closing = bpf_map_lookup_elem(&closing_listeners, &place);

	if (!closing)
		return;
	closing->at = bpf_ktime_get_boot_ns();
	closing->tid = tid;
	closing->netns = netns;
	closing->port = read_sport(sk, level);
}

/*
 * Packets of handshakes that a listener has dropped since the last look. It also drops resets for connections that are gone: so only where its queue is
 * full, or nearly, as several threads may be taking from it. One that overflowed stays full until somebody accepts, or its listener ends.
 */
static __always_inline void count_dropped(const struct sock *sk, struct listener *l, enum level level)
{
	u32 drops = READ_FAR(level, struct sock, sk, sk_drops.counter), since = drops - l->drops;
	u32 most;

	if (!since)
		return;
	l->drops = drops;
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
	note_closing_listener(sk, netns, level);
	bpf_map_delete_elem(&listeners, &key);
}

static __always_inline bool current_closes_listener(const struct ends *ends)
{
	u32 tid = bpf_get_current_pid_tgid(), place = tid % CLOSING_SLOTS;
	struct closing_listener *closing = bpf_map_lookup_elem(&closing_listeners, &place);

	return closing && tid && closing->tid == tid && closing->port == ends->sport && closing->netns == ends->netns &&
	       bpf_ktime_get_boot_ns() - closing->at < LONGEST_QUEUE_NS;
}

/* Where nobody is known to have closed its listener. An accept() that no hook told of may have taken it */
static __always_inline void count_never_accepted(struct connection *c, enum level level)
{
	if (claim_end(c, level) && !config.by_process)
		COUNT(never_accepted);
}

/* As it is destroyed: by its listener's end, or by something else */
static __always_inline void report_never_accepted(struct connection *c, enum level level)
{
	struct event *e;

	if (!current_closes_listener(&c->ends)) {
		count_never_accepted(c, level);
		return;
	}
	if (!claim_end(c, level) || !process_selected(current_pid()))
		return;
	COUNT(never_accepted);
	read_owner(&c->owner, (struct task_struct *)bpf_get_current_task(), level);
	e = begin_of(c, OP_UNACCEPTED, ATTRIBUTION_LISTENER, IPPROTO_TCP, 0);
	if (e)
		submit(e);
}
