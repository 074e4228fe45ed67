/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Reports events of a connection: one function for each kind of event. The addresses and ports are those that were noted
 * while the connection lived. Only a failed connect() reads its port when it is reported: it had none when it was noted.
 */
#pragma once

#include "emit.h"

static __always_inline bool compare_and_swap(u32 *value, u32 from, u32 to, enum level level)
{
	if (swaps(level))
		return __sync_val_compare_and_swap(value, from, to) == from;
	/*
	 * Before 5.12 there is no such instruction. A close may run between these two lines. Then tcp_destroy_sock reports it,
	 * whichever of the two writes last.
	 */
	if (*(volatile u32 *)value != from)
		return false;
	*(volatile u32 *)value = to;
	return true;
}

/*
 * Claims the right to report an end: the program for which this returns true reports it, and no other. A hook may be
 * interrupted after it has reported the end and before it has deleted the entry (for long, from 7.0 on), and then the walk
 * or the second program finds the entry. And from 6.15 on the kernel may refuse to delete an entry, if it cannot get the
 * lock.
 */
static __always_inline bool claim_end(struct connection *c, enum level level)
{
	return compare_and_swap(&c->reported, 0, 1, level);
}

static __always_inline void report_connected(const struct connection *c, u16 protocol, u8 flags)
{
	struct event *e = begin_of(c, OP_CONNECT, ATTRIBUTION_TASK, protocol, flags);

	if (e)
		submit(e);
}

/* `l`: its listener; 0: not known */
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
		else /* the kernel has already cleared the rest */
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

/* For an end that no hook saw: did the owner call close() or send its FIN? */
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
	default: /* ETIMEDOUT, or the ICMP error that came before it */
		return REASON_TIMED_OUT;
	}
	if (c->reset == RESET_SENT)
		return REASON_RESET_SENT;
	if (c->exiting)
		return REASON_EXIT;
	if (!c->end_seen && !was_closing(c)) /* a program has read the error, and so cleared it, before we did */
		return REASON_NONE;
	return c->peer_first ? REASON_PEER_CLOSE : REASON_CLOSE;
}

/*
 * Did the owner close the connection? An end with an error counts as a close if the owner had already closed the socket:
 * then SOCK_DEAD is set, or both directions are shut. For an end that no hook saw, we assume a softirq, unless the owner had
 * begun to close.
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
	if (closed) /* a reset after shutdown() and before close() has no actor */
		set_actor(e, c);
	submit(e);
}

/*
 * Reports an end that no hook saw. `gone`: the memory of the socket belongs to another connection by now. Whether a
 * connect() was answered shows in the acknowledged bytes, which count the SYN; of a connection that is gone we assume that
 * it was not.
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
