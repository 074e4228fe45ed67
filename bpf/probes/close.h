/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The end of a connection. Who closed it is `current` only where the kernel runs on the closer's behalf: on sending a FIN, and on
 * CLOSE without an error. A reset or time-out arrives in whatever context, on loopback in the peer's: then nobody closed it.
 */
#pragma once

#include "connect.h"

static __always_inline void note_actor(struct connection *c, bool modern)
{
	struct task_struct *task = current_task(modern);
	struct task_struct *leader;
	u32 flags;

	READ(modern, flags, task, flags);
	if (c->actor || (flags & PF_KTHREAD)) /* a kworker closes MPTCP and io_uring sockets: not an actor */
		return;
	READ(modern, c->actor, task, tgid);
	c->exiting = (flags & PF_EXITING) != 0;
	READ(modern, leader, task, group_leader);
	read_comm(c->actor_comm, leader, modern);
}

static __always_inline u8 reason_of(const struct connection *c, bool reset_sent)
{
	switch (c->error) {
	case 0:
		break;
	case 32: /* EPIPE: a reset in CLOSE_WAIT */
	case 104: /* ECONNRESET */
		return REASON_RESET_RECEIVED;
	case 103: /* ECONNABORTED */
		return REASON_KILLED;
	default: /* ETIMEDOUT, or the ICMP error that went before it */
		return REASON_TIMED_OUT;
	}
	if (reset_sent)
		return REASON_RESET_SENT;
	if (c->exiting)
		return REASON_EXIT;
	return c->peer_first ? REASON_PEER_CLOSE : REASON_CLOSE;
}

static __always_inline void report_closed(const struct sock *sk, const struct connection *c, u16 protocol, bool reset_sent, u8 flags, bool typed)
{
	/* With an error it is the owner's close all the same if the socket had been closed before: it is dead to the file table then */
	bool closed = !c->error || (READ_SOCK(typed, sk, __sk_common.skc_flags) & (1UL << SOCK_DEAD_BIT));
	enum operation operation = closed ? OP_CLOSE : OP_UNKNOWN;
	struct event *e;

	if (!operation_selected(operation) || !port_selected(sk))
		return;
	e = begin(operation);
	if (!e)
		return;
	set_connection(e, c);
	read_ends(e, sk, typed);
	read_counters(e, sk, protocol, typed);
	e->attribution = ATTRIBUTION_STORED;
	e->error = c->error;
	e->reason = reason_of(c, reset_sent);
	e->flags |= flags;
	e->other_pid = c->actor;
	__builtin_memcpy(e->other_comm, c->actor_comm, sizeof(e->other_comm));
	submit(e);
}

static __always_inline bool compare_and_swap(u32 *role, u32 from, u32 to, bool modern)
{
	if (modern)
		return __sync_val_compare_and_swap(role, from, to) == from;
	/* before 5.12 there is no such instruction; tcp_destroy_sock tells of a close that slips between these two lines, whoever writes last */
	if (*(volatile u32 *)role != from)
		return false;
	*(volatile u32 *)role = to;
	return true;
}

static __always_inline void on_fin_sent(const struct sock *sk, int new_state, bool modern)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (!c)
		return;
	if (new_state == TCP_FIN_WAIT1)
		c->local_fin = 1;
	note_actor(c, modern);
}

static __always_inline void on_fin_received(const struct sock *sk)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (c && !c->local_fin)
		c->peer_first = 1;
}

static __always_inline void on_closed(const struct sock *sk, int old_state, u16 protocol, u16 error, u8 shutdown, bool modern)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	bool reset_sent;
	u8 flags = 0;

	if (!c)
		return;
	if (error)
		c->error = error;
	if (c->role == ROLE_CONNECT && !c->established) {
		if (old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV) {
			if (!c->error && (shutdown & 3) != 3) {
				c->failure = FAILURE_PENDING;
				return;
			}
			report_connect_failed(sk, c, c->error, 0);
			c->failure = FAILURE_REPORTED;
			return;
		}
		/* The old state proves an ESTABLISHED whose hook was skipped (a softirq may not re-enter a program on its processor) */
		c->established = bpf_ktime_get_boot_ns();
		report_connected(sk, c, protocol, EVENT_LATE, modern);
		flags = EVENT_LATE;
	}
	reset_sent = !c->error && (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT);
	if (reset_sent)
		note_actor(c, modern);
	if (compare_and_swap(&c->role, ROLE_PASSIVE, ROLE_PASSIVE_CLOSED, modern)) {
		c->failure = reset_sent; /* accept() may be on its way back to tell; else tcp_destroy_sock drops it */
		return;
	}
	report_closed(sk, c, protocol, reset_sent, flags, modern);
	bpf_map_delete_elem(&connections, &key);
}

static __always_inline void on_destroyed(const struct sock *sk)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	u16 protocol;

	if (!c)
		return;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	/* With an owner it was accepted: its role was written over, see compare_and_swap() */
	if (c->role == ROLE_PASSIVE || (c->role == ROLE_PASSIVE_CLOSED && !(config.legacy && c->owner.pid)))
		COUNT(never_accepted);
	else if (c->role == ROLE_CONNECT && !c->established) {
		if (c->failure != FAILURE_REPORTED)
			report_connect_failed(sk, c, c->error, EVENT_LATE);
	} else
		report_closed(sk, c, protocol, false, EVENT_LATE, false);
	bpf_map_delete_elem(&connections, &key);
}

/* The MPTCP socket's own error is set only after its CLOSE: take it from the subflow's */
static __always_inline void on_subflow_failed(const struct sock *sk, u16 error)
{
	struct sock *parent = subflow_parent(sk);
	u64 key = key_of(parent);
	struct connection *c = parent ? bpf_map_lookup_elem(&connections, &key) : 0;

	if (c)
		c->error = error;
}
