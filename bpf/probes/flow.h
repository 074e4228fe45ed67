/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The same number at both ends of a connection, through whatever changes addresses and ports between them: the two initial sequence numbers, the lower one first.
 * Not the client's first: of two that connect to each other one may be a client that got a SYN, the other one that got its answer, and neither knows of the other.
 * They are found from where the numbers stand now and how far they have come: so at any moment of a connection's life.
 */
#pragma once

#include "socket.h"

static __always_inline u64 flow_of(u32 one, u32 other)
{
	return one <= other ? (u64)one << 32 | other : (u64)other << 32 | one;
}

/* bytes_received counts the peer's FIN, but not its SYN */
static __always_inline u32 first_received(const struct tcp_sock *tp, enum level level)
{
	return READ(level, tp, rcv_nxt) - 1 - (u32)READ(level, tp, bytes_received);
}

/* bytes_acked counts our FIN; our SYN only where we connected, for a socket that accept() returns begins behind it */
static __always_inline u32 first_sent(const struct tcp_sock *tp, bool connected, enum level level)
{
	return READ(level, tp, snd_una) - (u32)READ(level, tp, bytes_acked) - (connected ? 0 : 1);
}

static __always_inline u64 flow_of_tcp(const struct tcp_sock *tp, enum role role, enum level level)
{
	u32 received = first_received(tp, level), sent = first_sent(tp, role == ROLE_CONNECT, level);

	/* A socket that was moved here (TCP_REPAIR) is connected without a SYN */
	return role != ROLE_CONNECT || READ(level, tp, bytes_acked) ? flow_of(sent, received) : 0;
}

/* Of an MPTCP connection, its first subflow's */
static __always_inline u64 read_flow(const struct sock *sk, u16 protocol, enum role role, enum level level)
{
	const struct tcp_sock *tp = typed_tcp_sock(sk, level);
	const struct mptcp_sock *msk = (const void *)sk;

	if (tp)
		return flow_of_tcp(tp, role, level);
	tp = (const void *)sk;
	if (protocol == IPPROTO_MPTCP)
		tp = bpf_core_type_exists(struct mptcp_sock) ? (const void *)BPF_CORE_READ(msk, first) : 0;
	return tp ? flow_of_tcp(tp, role, rarely(level)) : 0;
}

/*
 * Of one that was there before us. What was sent tells where its numbers began, and that tells whether it connected. While it sends or receives, the
 * counters do not fit together: then it is not known.
 */
static __always_inline u64 flow_of_existing(const struct sock *sk, u16 protocol)
{
	const struct tcp_sock *tp = (const void *)sk;
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	u64 sent, received;
	u32 next, first, flow_sent, flow_received;

	if (protocol != IPPROTO_TCP || (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT && state != TCP_FIN_WAIT2))
		return 0;
	next = BPF_CORE_READ(tp, snd_nxt);
	sent = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
	received = BPF_CORE_READ(tp, bytes_received);
	first = next - 1 - (u32)sent - (state == TCP_FIN_WAIT2); /* our FIN */
	flow_received = first_received(tp, PROBED);
	flow_sent = first_sent(tp, true, PROBED);
	if (next != BPF_CORE_READ(tp, snd_nxt) || sent != BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans) ||
	    received != BPF_CORE_READ(tp, bytes_received))
		return 0;
	if (first == flow_sent)
		return flow_of(flow_sent, flow_received);
	return first == flow_sent - 1 ? flow_of(first, flow_received) : 0;
}
