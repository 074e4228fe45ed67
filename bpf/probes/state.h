/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The state of a TCP socket changes: what each change means for its connection. */
#pragma once

#include "close.h"
#include "existing.h"
#include "unaccepted.h"

static __always_inline int state_changed(const struct sock *sk, int old_state, int new_state, enum level level)
{
	u16 protocol = sk->sk_protocol;
	const struct net *net;

	/* MPTCP repeats transitions. An MPTCP socket that accept() returns goes from LISTEN straight to ESTABLISHED */
	if (!is_tcp(protocol) || old_state == new_state)
		return 0;
	net = sk->__sk_common.skc_net.net;
	if (config.netns[0] && !netns_is_selected(net->ns.inum, bpf_core_field_exists(net->net_cookie) ? net->net_cookie : 0))
		return 0;
	if (old_state == TCP_LISTEN && new_state != TCP_ESTABLISHED && new_state != TCP_SYN_RECV) {
		on_listener_closed(sk, net->ns.inum, level);
		return 0;
	}
	switch (new_state) {
	case TCP_LISTEN:
		note_listener(sk, current_task(level), BPF_ANY, level);
		break;
	case TCP_SYN_SENT:
		if (!is_subflow(sk, protocol, level))
			on_syn_sent(sk, protocol, level);
		break;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		on_fin_sent(sk, new_state, protocol, level);
		break;
	case TCP_ESTABLISHED:
		if (!is_subflow(sk, protocol, level) && !(old_state == TCP_LISTEN && protocol == IPPROTO_TCP))
			on_established(sk, old_state, protocol, level);
		break;
	case TCP_CLOSE_WAIT:
		on_fin_received(sk);
		break;
	case TCP_CLOSE:
		if (is_subflow(sk, protocol, level))
			on_subflow_failed(sk, old_state, sk->sk_err);
		else
			on_closed(sk, old_state, protocol, sk->sk_err, sk->sk_shutdown, level);
		break;
	}
	return 0;
}
