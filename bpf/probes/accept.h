/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * accept(): told where it returns, in the task that gets the connection. Never from the state change: that runs in softirq, on loopback
 * in the client's name.
 */
#pragma once

#include "close.h"

static __always_inline void set_listener(struct event *e, u64 key)
{
	struct listener *l = key ? bpf_map_lookup_elem(&listeners, &key) : 0;

	if (!l)
		return;
	e->other_pid = l->pid;
	__builtin_memcpy(e->other_comm, l->comm, sizeof(e->other_comm));
}

/* What happened to a connection before we first saw it */
static __always_inline void note_past(struct connection *c, const struct sock *sk)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	c->peer_first = state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK;
	c->role = state == TCP_CLOSE ? ROLE_PASSIVE_CLOSED : ROLE_PASSIVE;
	if (state == TCP_CLOSE)
		c->error = BPF_CORE_READ(sk, sk_err);
	c->start_unknown = state != TCP_SYN_RECV; /* TCP Fast Open: accepted before it is established, it begins now */
}

static __always_inline void on_accepted(struct sock *sk, s32 fd, u64 listening, bool modern)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	u16 protocol = c ? BPF_CORE_READ(sk, sk_protocol) : followed_protocol(sk); /* what is in the map was looked at before */
	struct connection first_seen = {};
	struct event *e = 0;

	if (!protocol)
		return;
	if (is_subflow(sk, protocol, false)) {
		struct sock *parent = subflow_parent(sk);

		if (parent) {
			sk = parent;
			protocol = IPPROTO_MPTCP;
			key = key_of(sk);
			c = bpf_map_lookup_elem(&connections, &key);
		}
	}
	if (!c && protocol == IPPROTO_MPTCP)
		c = bpf_map_lookup_elem(&ended, &key);
	if (!process_selected(current_pid())) {
		if (c)
			forget(sk, protocol);
		return;
	}
	if (!c) {
		first_seen.early_accept = 1;
		note_past(&first_seen, sk);
		set_start(&first_seen, bpf_ktime_get_boot_ns());
		first_seen.established = first_seen.start;
		bpf_map_update_elem(&connections, &key, &first_seen, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&connections, &key);
		if (!c) {
			COUNT(connections_full);
			return;
		}
	}
	if (c->role != ROLE_PASSIVE && c->role != ROLE_PASSIVE_CLOSED)
		return;
	read_owner(&c->owner, current_task(modern), modern);
	c->fd = fd;
	/* Reserved before the swap, so that the close cannot overtake it in the ring. (5.10's verifier wants one NULL check only.) */
	if (operation_selected(OP_ACCEPT) && port_selected(sk))
		e = begin(OP_ACCEPT, &c->owner);
	if (e) {
		set_connection(e, c);
		read_ends(e, sk, false);
		set_listener(e, listening);
		e->attribution = ATTRIBUTION_TASK;
		if (protocol == IPPROTO_MPTCP)
			e->flags |= EVENT_MPTCP;
		submit(e);
	}
	if (!compare_and_swap(&c->role, ROLE_PASSIVE, ROLE_ACCEPT, modern)) {
		report_closed(sk, c, protocol, c->reset_sent, 0, false);
		forget(sk, protocol);
	}
}

static __always_inline void on_accept_result(s64 result, bool modern)
{
	struct task_struct *task = current_task(modern);
	struct sock *sk;

	if (result < 0)
		return;
	sk = sock_of_fd(task, result, modern);
	if (sk)
		on_accepted(sk, result, socket_key_of_fd(task, BPF_CORE_READ(entry_registers(modern), di), modern), modern);
}
