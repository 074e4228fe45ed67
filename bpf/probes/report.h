/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is told of a connection: one function for each kind of event. The ends are those noted while it lived; only a connect() that failed looks for
 * its port now, which it did not have yet when it was noted.
 */
#pragma once

#include "emit.h"

static __always_inline bool compare_and_swap(u32 *value, u32 from, u32 to, enum level level)
{
	if (swaps(level))
		return __sync_val_compare_and_swap(value, from, to) == from;
	/* before 5.12 there is no such instruction; tcp_destroy_sock tells of a close that slips between these two lines, whoever writes last */
	if (*(volatile u32 *)value != from)
		return false;
	*(volatile u32 *)value = to;
	return true;
}

/*
 * Whoever claims an end tells of it, and nobody else. A hook may be interrupted between telling and forgetting, from 7.0 on for long, while the walk or
 * the second program looks at the same entry. And the kernel may refuse to delete an entry, if its lock is not to be had (from 6.15 on).
 */
static __always_inline bool claim_end(struct connection *c, enum level level)
{
	return compare_and_swap(&c->told, 0, 1, level);
}

static __always_inline void report_connected(const struct connection *c, u16 protocol, u8 flags)
{
	struct event *e = begin_of(c, OP_CONNECT, ATTRIBUTION_TASK, protocol, flags);

	if (e)
		submit(e);
}

/* `l`: its listener, where it is known */
static __always_inline void report_accepted(const struct connection *c, u16 protocol, const struct listener *l, u8 flags)
{
	struct event *e = begin_of(c, OP_ACCEPT, c->owner.pid ? ATTRIBUTION_TASK : ATTRIBUTION_NONE, protocol, flags);

	if (!e)
		return;
	if (l)
		set_listener(e, l);
	submit(e);
}

static __always_inline void report_connect_failed(const struct sock *sk, struct connection *c, u16 protocol, u16 error, u8 reason, u8 flags)
{
	struct event *e;

	if (!operation_selected(OP_CONNECT_FAILED))
		return;
	if (!(flags & EVENT_UNCOUNTED)) {
		if (!(flags & EVENT_LATE) || BPF_CORE_READ(sk, __sk_common.skc_dport))
			read_ends(&c->ends, sk, PROBED);
		else /* the rest is wiped by now */
			c->ends.sport = read_sport(sk, PROBED);
		if (protocol == IPPROTO_TCP && (flags & EVENT_NO_SYN || c->failure == FAILURE_PENDING))
			c->ends.sport = held_port(sk);
	}
	e = begin_of(c, OP_CONNECT_FAILED, ATTRIBUTION_TASK, protocol, flags);
	if (!e)
		return;
	e->error = error;
	e->reason = reason;
	if (!(flags & EVENT_UNCOUNTED)) {
		if (protocol == IPPROTO_TCP)
			read_path_counters(e, sk);
		else
			read_mptcp_path(e, sk);
		e->srtt_us = 0;
	}
	submit(e);
}

/* Of an end that no hook saw: whether its owner's side had at least begun to close */
static __always_inline bool was_closing(const struct connection *c)
{
	return c->actor || c->local_fin;
}

static __always_inline u8 reason_of(const struct connection *c)
{
	switch (c->error) {
	case 0:
		break;
	case EPIPE: /* a reset in CLOSE_WAIT */
	case ECONNRESET:
		return c->reset == RESET_UNCLEAR ? REASON_RESET : REASON_RESET_RECEIVED;
	case ECONNABORTED:
		return REASON_KILLED;
	default: /* ETIMEDOUT, or the ICMP error that went before it */
		return REASON_TIMED_OUT;
	}
	if (c->reset == RESET_SENT)
		return REASON_RESET_SENT;
	if (c->exiting)
		return REASON_EXIT;
	if (!c->end_seen && !was_closing(c)) /* its error was read before we looked */
		return REASON_NONE;
	return c->peer_first ? REASON_PEER_CLOSE : REASON_CLOSE;
}

/*
 * With an error it is the owner's close all the same if the socket had been closed before: it is dead to the file table then, or shut in both directions. An end that no hook
 * saw came in softirq, unless its owner had begun to close.
 */
static __always_inline bool is_close(const struct sock *sk, const struct connection *c, enum level level)
{
	if (!c->end_seen)
		return was_closing(c);
	return !c->error || (!c->held && (c->local_fin == FIN_BOTH || (READ(level, sk, __sk_common.skc_flags) & (1UL << SOCK_DEAD_BIT))));
}

static __always_inline void report_closed(const struct sock *sk, const struct connection *c, u16 protocol, u8 flags, enum level level)
{
	bool closed = is_close(sk, c, level);
	struct event *e = begin_of(c, closed ? OP_CLOSE : OP_UNKNOWN, c->owner.pid ? ATTRIBUTION_STORED : ATTRIBUTION_NONE, protocol, flags);

	if (!e)
		return;
	if (!(flags & EVENT_UNCOUNTED))
		read_counters(e, sk, c, protocol, level);
	e->error = c->error;
	e->reason = reason_of(c);
	e->closed = c->closed;
	if (closed) /* of a reset after shutdown(), before close(), nobody is the actor either */
		set_actor(e, c);
	submit(e);
}

/*
 * An end that no hook saw, noticed now. `gone`: its socket is another one already. Whether a connect() had been answered shows in what was
 * acknowledged (its SYN counts); one that is gone was never seen to be.
 */
static __always_inline void report_unseen_end(const struct sock *sk, struct connection *c, bool gone)
{
	const struct tcp_sock *tp = (const void *)sk;
	u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	u8 flags = EVENT_LATE | (c->end_seen ? 0 : EVENT_UNTIMED) | (gone ? EVENT_UNCOUNTED : 0);

	if (!gone && !c->end_seen && !c->error) {
		u16 error = BPF_CORE_READ(sk, sk_err);

		if (error != c->unread_error)
			c->error = error;
		if (c->local_fin && (BPF_CORE_READ(sk, sk_shutdown) & RCV_SHUTDOWN))
			c->reset = RESET_UNCLEAR;
	}
	if (c->role == ROLE_CONNECT && !c->established) {
		if (gone || c->failure || !(protocol == IPPROTO_TCP && BPF_CORE_READ(tp, bytes_acked))) {
			report_connect_failed(sk, c, protocol, c->error, REASON_NONE, flags);
			return;
		}
		read_ends(&c->ends, sk, PROBED);
		report_connected(c, protocol, EVENT_LATE | EVENT_UNTIMED);
	}
	report_closed(sk, c, protocol, flags, PROBED);
}
