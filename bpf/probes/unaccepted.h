/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A connection that nobody accepted: the peer thinks that it is connected. As a listener closes, those in its queue are destroyed on the spot, by the
 * task that closes it: that one is told as the owner. Of any other it is not known who listened.
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

static __always_inline bool current_closes_listener(const struct ends *ends)
{
	u32 tid = bpf_get_current_pid_tgid(), place = tid % CLOSING_SLOTS;
	struct closing_listener *closing = bpf_map_lookup_elem(&closing_listeners, &place);

	return closing && tid && closing->tid == tid && closing->port == ends->sport && closing->netns == ends->netns &&
	       bpf_ktime_get_boot_ns() - closing->at < LONGEST_QUEUE_NS;
}

static __always_inline void tell_unaccepted(u64 key, enum level level)
{
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	struct event *e;
	bool known;

	if (!c || !claim_end(c, level))
		return;
	known = current_closes_listener(&c->ends);
	COUNT(never_accepted);
	if (!operation_selected(OP_UNACCEPTED) || !port_selected(&c->ends))
		return;
	if (known ? !process_selected(current_pid()) : config.by_process)
		return;
	if (known)
		read_owner(&c->owner, (struct task_struct *)bpf_get_current_task(), level);
	e = begin(OP_UNACCEPTED, &c->owner);
	if (!e)
		return;
	set_connection(e, c);
	e->attribution = known ? ATTRIBUTION_LISTENER : ATTRIBUTION_NONE;
	submit(e);
}

ON_ITS_OWN int report_unaccepted(u64 key)
{
	tell_unaccepted(key, PROBED);
	return 0;
}

ON_ITS_OWN int report_unaccepted_legacy(u64 key)
{
	tell_unaccepted(key, LEGACY);
	return 0;
}

static __always_inline void report_never_accepted(const struct sock *sk, enum level level)
{
	if (swaps(level))
		report_unaccepted(number_of(sk));
	else
		report_unaccepted_legacy(number_of(sk));
}
