/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Reports connections that have not ended. With --progress-every: the byte counts of each connection so far. As the
 * recording ends: the connections that are open, and those that their owner has closed and TCP has not finished.
 */
#pragma once

#include "report.h"

static __always_inline bool is_in_part(u64 key)
{
	u32 mixed = (u32)(key >> 6) * 0x9e3779b1U >> 8;

	return shared.parts < 2 || mixed % shared.parts == shared.part;
}

/* close() and exit set SOCK_DEAD. After shutdown() in both directions `closed` is set, and the connection carries nothing more */
static __always_inline bool is_closed_by_owner(const struct sock *sk, const struct connection *c)
{
	return c->closed || (BPF_CORE_READ(sk, __sk_common.skc_flags) & (1UL << SOCK_DEAD_BIT));
}

static __always_inline void fill_unfinished(struct event *e, const struct connection *c)
{
	e->reason = c->exiting ? REASON_EXIT : c->peer_first ? REASON_PEER_CLOSE : REASON_CLOSE;
	e->closed = c->closed;
	e->flags |= EVENT_UNFINISHED | EVENT_UNTIMED;
	set_actor(e, c);
}

static __always_inline enum operation living_operation(bool unfinished)
{
	return shared.walk == WALK_PROGRESS ? OP_PROGRESS : unfinished ? OP_CLOSE : OP_EXISTING;
}

static __always_inline void report_living(u64 key, enum level level)
{
	const struct sock *sk = (const void *)(unsigned long)key;
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	enum operation operation;
	struct event *e;
	bool unfinished;
	u16 protocol;

	if (!c)
		return;
	if (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED)
		return;
	if (!c->established) {
		shared.living.unanswered += c->failure == FAILURE_NONE && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_SYN_SENT;
		return;
	}
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE || is_another(sk, &c->ends, protocol, PROBED)) /* it has ended */
		return;
	unfinished = is_closed_by_owner(sk, c);
	if (unfinished)
		shared.living.unfinished++;
	else
		shared.living.open++;
	operation = living_operation(unfinished);
	e = begin_of(c, operation, ATTRIBUTION_STORED, protocol, 0);
	if (!e)
		return;
	if (operation == OP_CLOSE)
		fill_unfinished(e, c);
	read_counters(e, sk, c, protocol, PROBED);
	/* What we read belongs to this connection only if it is still there. If it has ended meanwhile, its hook has reported that */
	if (bpf_map_lookup_elem(&connections, &key) != c || c->start != e->start || c->start_cpu != e->start_cpu || c->reported ||
	    (operation == OP_CLOSE && !claim_end(c, level)))
		withdraw(e);
	else
		submit(e);
}
