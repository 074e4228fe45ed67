/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * accept() is reported where it returns, because that code runs in the task that gets the connection. The state change
 * cannot be used: it runs in a softirq, which on loopback interrupts the client's task.
 */
#pragma once

#include "close.h"

/* The listener with this key; 0: not known */
static __always_inline struct listener *listener_taken_from(u64 key, enum level level)
{
	struct listener *l = key ? bpf_map_lookup_elem(&listeners, &key) : 0;

	if (l)
		count_dropped((const void *)(unsigned long)key, l, level);
	return l;
}

/*
 * Gives a connection its owner and reports the accept. The report comes before the swap of the role, so that the close
 * cannot overtake it in the ring. If the connection has ended before, this reports the end, too.
 */
static __always_inline void take_accepted(const struct sock *sk, struct connection *c, u16 protocol, struct task_struct *task, s32 fd,
					  u64 listener_key, u8 flags, enum level level)
{
	read_owner(&c->owner, task, level);
	c->fd = fd;
	if (protocol == IPPROTO_MPTCP) /* until now `ends` were the listener's */
		read_ends(&c->ends, sk, PROBED);
	if (!c->flow)
		c->flow = read_flow(sk, protocol, ROLE_PASSIVE, PROBED);
	report_accepted(c, protocol, listener_taken_from(listener_key, level), flags);
	if (!compare_and_swap(&c->role, ROLE_PASSIVE, ROLE_ACCEPT, level)) {
		if (claim_end(c, level)) /* it ended while it waited for accept(); when, is not known any more */
			report_closed(sk, c, protocol, flags | EVENT_UNTIMED, PROBED);
		forget(sk, protocol);
	}
}

/* What happened to a connection before we first saw it */
static __always_inline void note_past(struct connection *c, const struct sock *sk)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	c->peer_first = state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK;
	c->role = state == TCP_CLOSE ? ROLE_PASSIVE_CLOSED : ROLE_PASSIVE;
	if (state == TCP_CLOSE)
		c->error = BPF_CORE_READ(sk, sk_err);
	c->start_unknown = state != TCP_SYN_RECV; /* with TCP Fast Open it may be accepted before it is established: it begins now */
}

/* Was this socket never returned by accept()? */
static __always_inline bool never_accepted(const struct sock *sk)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state == TCP_LISTEN || state == TCP_SYN_SENT;
}

static __always_inline void on_accepted(struct sock *sk, s32 fd, u64 listener_key, enum level level)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	/* Entries of the map were checked when they were inserted */
	u16 protocol = c ? BPF_CORE_READ(sk, sk_protocol) : followed_protocol(sk);
	struct connection first_seen = {};

	if (!protocol)
		return;
	if (is_subflow(sk, protocol, far(level))) {
		struct sock *parent = subflow_parent(sk);

		if (parent) {
			sk = (struct sock *)KNOWN(level, struct sock, parent);
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
	if (c && is_another(sk, &c->ends, protocol, far(level))) {
		/* No hook saw the end of the old connection, nor the beginning of this one */
		report_replaced(sk, c, level);
		bpf_map_delete_elem(&connections, &key);
		c = 0;
	}
	if (!c) {
		if (never_accepted(sk)) /* another socket has the descriptor by now */
			return;
		note_past(&first_seen, sk);
		set_start(&first_seen, bpf_ktime_get_boot_ns());
		first_seen.established = first_seen.start;
		read_ends(&first_seen.ends, sk, far(level));
		follow_connection(key, &first_seen, BPF_NOEXIST, level);
		c = bpf_map_lookup_elem(&connections, &key);
		if (!c) {
			COUNT(connections_full);
			return;
		}
	}
	if (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED)
		take_accepted(sk, c, protocol, current_task(level), fd, listener_key, 0, level);
}

static __always_inline void on_accept_result(s64 result, enum level level)
{
	struct task_struct *task = current_task(level);
	struct pt_regs *regs;
	struct sock *sk;

	if (result < 0)
		return;
	sk = sock_of_fd(task, result, level);
	if (!sk)
		return;
	regs = entry_registers(level);
	on_accepted(sk, result, listener_key_of_fd(task, READ_FAR(level, struct pt_regs, regs, FIRST_ARGUMENT), sk, level), level);
}
