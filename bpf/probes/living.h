/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is told of connections that have not ended: from time to time, if asked for, what each has carried so far; and as the recording ends, of
 * those that are open, and of those that their owner has closed and TCP has not finished.
 */
#pragma once

#include "report.h"

static __always_inline bool is_in_part(u64 key)
{
	u32 mixed = (u32)(key >> 6) * 0x9e3779b1U >> 8;

	return shared.parts < 2 || mixed % shared.parts == shared.part;
}

/* By close() or exit the socket is dead to the file table; by shutdown() in both directions it will carry nothing more */
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

static __always_inline void tell_living(u64 key, enum level level)
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
		shared.unanswered += c->failure == FAILURE_NONE && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_SYN_SENT;
		return;
	}
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE || is_another(sk, &c->ends, protocol, PROBED)) /* has ended */
		return;
	unfinished = is_closed_by_owner(sk, c);
	if (unfinished)
		shared.unfinished++;
	else
		shared.open++;
	operation = living_operation(unfinished);
	e = begin_of(c, operation, ATTRIBUTION_STORED, protocol, 0);
	if (!e)
		return;
	if (operation == OP_CLOSE)
		fill_unfinished(e, c);
	read_counters(e, sk, c, protocol, PROBED);
	/* What was read is of this connection if it is still there; and one that has ended meanwhile was told by its hook */
	if (bpf_map_lookup_elem(&connections, &key) != c || c->start != e->start || c->start_cpu != e->start_cpu || c->told || (operation == OP_CLOSE && !claim_end(c, level)))
		withdraw(e);
	else
		submit(e);
}
