/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The flow: a number that is the same at both ends of a connection, even if something between them changes addresses and
 * ports. It is made of the two initial sequence numbers, the lower one first. (Client first would not do. If two sockets
 * connect to each other, neither knows that the other is a client, too.) An initial sequence number is the current one
 * minus the bytes so far. So it can be computed at any moment of a connection's life.
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

/* bytes_acked counts our FIN. It counts our SYN only where we connected: a socket that accept() returns begins after its SYN */
static __always_inline u32 first_sent(const struct tcp_sock *tp, bool connected, enum level level)
{
	return READ(level, tp, snd_una) - (u32)READ(level, tp, bytes_acked) - (connected ? 0 : 1);
}

static __always_inline u64 flow_of_tcp(const struct tcp_sock *tp, enum role role, enum level level)
{
	u32 received = first_received(tp, level), sent = first_sent(tp, role == ROLE_CONNECT, level);

	/* Without an acknowledged SYN the socket was moved here by TCP_REPAIR */
	return role != ROLE_CONNECT || READ(level, tp, bytes_acked) ? flow_of(sent, received) : 0;
}

/* An MPTCP connection has the flow of its first subflow */
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
 * For a connection that is older than the recorder. The bytes sent tell where its numbers began, and that tells whether it
 * connected or was accepted. While it sends or receives, the counters do not fit together: then the flow is not known.
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
