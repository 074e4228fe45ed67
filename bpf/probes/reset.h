/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which side sent the reset? The error of the socket does not say. If data comes in after close(), our own kernel sends a
 * reset and calls tcp_reset() on its own socket, as if a reset had come in. So other evidence decides: what our program had
 * shut, and what has come in since. reason_of() in report.h makes the event's reason of it.
 */
#pragma once

#include "emit.h"

/* At FIN_WAIT1. A segment in the backlog is already counted as received, but the kernel processes it only after the socket is shut */
static __always_inline void note_fin(struct connection *c, const struct sock *sk, enum level level)
{
	u32 received = READ_FAR(level, struct tcp_sock, sk, data_segs_in);

	c->local_fin = READ(level, sk, sk_shutdown) & RCV_SHUTDOWN ? FIN_BOTH : FIN_HALF;
	c->data_at_fin = READ(level, sk, sk_backlog.tail) ? received - 1 : received;
}

/*
 * CLOSE without an error: did close() send a reset? From ESTABLISHED and CLOSE_WAIT nothing else leads there. After our
 * FIN, the orderly way to CLOSE is by the peer's FIN (it sets SOCK_DONE), or by the kernel's clean-up of an orphan
 * (SOCK_DEAD). If neither is set, close() found unread data.
 */
static __always_inline bool resets_at_once(const struct sock *sk, int old_state, u16 protocol)
{
	unsigned long flags;

	if (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT)
		return true;
	if (old_state != TCP_FIN_WAIT1 && old_state != TCP_FIN_WAIT2)
		return false;
	flags = BPF_CORE_READ(sk, __sk_common.skc_flags);
	if (protocol == IPPROTO_MPTCP)
		return !(flags & 1UL << SOCK_DEAD_BIT) && !mptcp_peer_finished(sk) && has_live_subflow(sk);
	return !(flags & (1UL << SOCK_DEAD_BIT | 1UL << SOCK_DONE_BIT));
}

/*
 * A close() with unread data resets an MPTCP connection. But a peer that speaks only TCP gets a FIN, except after SO_LINGER
 * 0 and after connect() to AF_UNSPEC (which does not shut the socket down first).
 */
static __always_inline bool closes_with_fin(const struct sock *sk, u8 shutdown)
{
	bool lingers = BPF_CORE_READ(sk, __sk_common.skc_flags) & (1UL << SOCK_LINGER_BIT);

	return (shutdown & 3) == 3 && fell_back(sk) && !(lingers && !BPF_CORE_READ(sk, sk_lingertime));
}

/*
 * Did a segment with data cause the end? Before the kernel answers such a segment with a reset, it counts the segment and
 * takes its acknowledgment. For a reset that came in, it does neither. Data that comes a second time causes no reset, so a
 * segment that was counted long ago proves nothing.
 */
static __always_inline bool data_came(const struct sock *sk, const struct connection *c, enum level level)
{
	u16 received = READ_FAR(level, struct tcp_sock, sk, data_segs_in);

	return received != c->data_at_fin && (u32)bpf_jiffies64() - READ_FAR(level, struct tcp_sock, sk, rcv_tstamp) <= 1;
}

/*
 * The keep-alive timer ends the wait for the peer's FIN. It sends a reset, unless the wait was set to more than the minute
 * of TIME_WAIT. The longest delay of an acknowledgment, 200 ms, tells how many jiffies a minute has.
 */
static __always_inline bool wait_ends_with_reset(const struct sock *sk, s32 linger2)
{
	const struct inet_connection_sock___keepalive *renamed = (const void *)sk;
	const struct inet_connection_sock *icsk = (const void *)sk;
	unsigned long expired;
	u32 wait, longest;

	if (bpf_core_field_exists(renamed->icsk_keepalive_timer))
		expired = BPF_CORE_READ(renamed, icsk_keepalive_timer.expires);
	else if (bpf_core_field_exists(sk->sk_timer))
		expired = BPF_CORE_READ(sk, sk_timer.expires);
	else
		return false;
	longest = bpf_core_field_exists(icsk->icsk_delack_max) ? BPF_CORE_READ(icsk, icsk_delack_max) * 5 * 60 : 0;
	if ((u32)bpf_jiffies64() - (u32)expired > longest / 600) /* it did not expire just now */
		return false;
	wait = linger2 ? (u32)linger2 : (u32)BPF_CORE_READ(sk, __sk_common.skc_net.net, ipv4.sysctl_tcp_fin_timeout);
	return wait <= longest;
}

/* CLOSE without an error, after our FIN: did the kernel send a reset for a program that has closed the socket? */
static __always_inline bool resets_orphan(const struct sock *sk, const struct connection *c, int old_state, enum level level)
{
	unsigned long flags;
	s32 linger2;

	flags = READ(level, sk, __sk_common.skc_flags);
	/* Too many orphans: our FIN is not acknowledged. SO_LINGER 0: our FIN is not even sent */
	if (old_state == TCP_LAST_ACK || old_state == TCP_CLOSING) {
		u32 write_seq = READ_FAR(level, struct tcp_sock, sk, write_seq);

		if (flags & 1UL << SOCK_DEAD_BIT)
			return READ_FAR(level, struct tcp_sock, sk, snd_una) != write_seq;
		return READ_FAR(level, struct tcp_sock, sk, snd_nxt) != write_seq;
	}
	if (!(flags & 1UL << SOCK_DEAD_BIT) || (flags & 1UL << SOCK_DONE_BIT))
		return false;
	if (old_state == TCP_FIN_WAIT1) /* too many orphans, or too little memory */
		return is_alive(BPF_CORE_READ(sk, __sk_common.skc_net.net));
	if (old_state != TCP_FIN_WAIT2)
		return false;
	linger2 = READ_FAR(level, struct tcp_sock, sk, linger2);
	if (linger2 < 0)
		return true;
	return (c->local_fin == FIN_BOTH && data_came(sk, c, level)) || wait_ends_with_reset(sk, linger2);
}

/* Decides which side sent the reset, for a CLOSE of a TCP socket that was not made by close() itself */
static __always_inline void judge_reset(struct connection *c, const struct sock *sk, int old_state, u8 shutdown, enum level level)
{
	if (!c->error) {
		if (resets_orphan(sk, c, old_state, level))
			c->reset = RESET_SENT;
		return;
	}
	if ((old_state != TCP_FIN_WAIT1 && old_state != TCP_FIN_WAIT2) || !(shutdown & RCV_SHUTDOWN))
		return;
	if (c->error == ECONNRESET) {
		if (!c->local_fin)
			c->reset = RESET_UNCLEAR;
		else if (data_came(sk, c, level))
			c->reset = c->local_fin == FIN_BOTH ? RESET_SENT : RESET_UNCLEAR;
		if (c->reset == RESET_SENT)
			c->error = 0;
	}
	c->local_fin = FIN_BOTH;
}
