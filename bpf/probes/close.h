/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The end of a connection. `current` is the process that closed it only while the kernel works for that process: when it
 * sends a FIN, and at CLOSE without an error. A reset or a time-out can interrupt any task, on loopback the peer's. Then
 * nobody closed the connection.
 */
#pragma once

#include "connect.h"
#include "reset.h"

/*
 * The current task ends: does its whole process end? A thread with its own table of files closes them as it ends, while the
 * other threads go on.
 */
static __always_inline bool process_ends(void)
{
	const struct signal_struct *signal = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), signal);

	return !BPF_CORE_READ(signal, live.counter) || (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT);
}

static __always_inline void note_actor(struct connection *c, enum level level)
{
	struct task_struct *task = current_task(level);
	struct task_struct *leader;
	u32 flags;

	flags = READ(level, task, flags);
	if (c->actor || (flags & PF_KTHREAD)) /* a kernel worker closes MPTCP and io_uring sockets for others: it is no actor */
		return;
	c->actor = READ(level, task, tgid);
	c->exiting = (flags & PF_EXITING) && process_ends();
	leader = READ(level, task, group_leader);
	read_comm(c->actor_comm, leader, level);
}

/*
 * A socket is being destroyed: did close() end it? close() shuts it in both directions. The end of its listener, before
 * accept(), shuts it in neither.
 */
static __always_inline bool was_closed(const struct sock *sk)
{
	return (BPF_CORE_READ(sk, sk_shutdown) & 3) == 3;
}

/*
 * Reports an accept() that no hook saw: by a 32-bit program, or by io_uring into its own table of files. It is reported
 * when a process closes the connection, and we take that process for the one that accepted. If the connection has ended
 * before, it is reported when its socket is destroyed.
 */
static __always_inline void recover_accept(const struct sock *sk, struct connection *c, u16 protocol, enum level level)
{
	u32 role = c->role;

	if (role == ROLE_PASSIVE) {
		if (!BPF_CORE_READ(sk, sk_socket))
			return;
	} else if (role != ROLE_PASSIVE_CLOSED || c->owner.pid || c->held == HELD_BEFORE || !was_closed(sk)) {
		return;
	}
	if (current_is_kernel() || !process_selected(current_pid()) || !compare_and_swap(&c->role, role, ROLE_ACCEPT, level))
		return;
	if (role == ROLE_PASSIVE_CLOSED)
		c->held = HELD_SEEN;
	read_owner(&c->owner, current_task(level), level);
	if (protocol == IPPROTO_MPTCP)
		read_ends(&c->ends, sk, level);
	report_accepted(c, protocol, 0, EVENT_LATE | EVENT_UNTIMED);
}

static __always_inline void on_fin_sent(const struct sock *sk, int new_state, u16 protocol, enum level level)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (!c)
		return;
	if (new_state == TCP_FIN_WAIT1)
		note_fin(c, sk, level);
	if (!c->closed && (new_state == TCP_LAST_ACK || c->local_fin == FIN_BOTH))
		c->closed = bpf_ktime_get_boot_ns();
	c->unread_error = sk->sk_err;
	recover_accept(sk, c, protocol, level);
	note_actor(c, level);
}

static __always_inline void on_fin_received(const struct sock *sk)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (c && !c->local_fin)
		c->peer_first = 1;
}

/*
 * Reports a connection whose owner is not known: no hook saw its accept(), and a kernel thread closed it, as it does with
 * the files of an io_uring.
 */
static __always_inline void report_of_nobody(const struct sock *sk, struct connection *c, u16 protocol, enum level level)
{
	if (!claim_end(c, level) || !process_selected(0))
		return;
	report_accepted(c, protocol, 0, EVENT_LATE | EVENT_UNTIMED);
	report_closed(sk, c, protocol, c->end_seen ? 0 : EVENT_LATE | EVENT_UNTIMED, PROBED);
}

/* Moves the entry of an MPTCP socket to `ended`: no hook sees its destruction */
static __always_inline void set_aside(const struct sock *sk, const struct connection *c)
{
	u64 key = key_of(sk);

	bpf_map_update_elem(&ended, &key, c, BPF_ANY);
	bpf_map_delete_elem(&connections, &key);
}

static __always_inline void on_connect_ended(const struct sock *sk, struct connection *c, u16 protocol, u8 shutdown, enum level level)
{
	enum syn_sent_end how = c->error || (shutdown & 3) == 3 ? GIVEN_UP : how_syn_sent_ended(sk, protocol, level);

	if (how == FAILED_IN_CONNECT) {
		c->failure = FAILURE_PENDING;
	} else {
		if (claim_end(c, level))
			report_connect_failed(sk, c, protocol, c->error, c->error || how == FAILED_IN_WRITE ? REASON_NONE : REASON_ABORTED,
					      how == FAILED_IN_WRITE ? EVENT_NO_SYN : 0);
		c->failure = FAILURE_REPORTED;
	}
	if (protocol == IPPROTO_MPTCP)
		set_aside(sk, c);
}

/*
 * Is it an error that did not end the connection, and that no program has read? Such an error comes from an ICMP message
 * where IP_RECVERR is set, or from a broken TLS record. The socket had it when its FIN was sent. Or it has it in a close()
 * that resets: only such a close() sets CLOSE while both directions are shut and no FIN was sent.
 */
static __always_inline bool is_unread_error(const struct connection *c, int old_state, u16 protocol, u16 error, u8 shutdown)
{
	if (protocol == IPPROTO_TCP && error == c->unread_error)
		return true;
	return (shutdown & 3) == 3 && (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT);
}

/*
 * CLOSE of an MPTCP socket that has no error: did it end because its last subflow ended? No, if its program closed it while
 * data was unread (then it is shut down), and no, if both ends had finished.
 */
static __always_inline bool ended_with_subflow(const struct sock *sk, int old_state, u8 shutdown)
{
	if (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT)
		return (shutdown & 3) != 3 && !has_live_subflow(sk);
	return (old_state == TCP_FIN_WAIT1 || old_state == TCP_FIN_WAIT2) && !mptcp_peer_finished(sk) && !has_live_subflow(sk);
}

/* Notes whether somebody holds a connection that no hook saw accepted */
static __always_inline void note_held(struct connection *c, const struct sock *sk, enum level level)
{
	if (READ(level, sk, sk_socket))
		c->held = HELD_SEEN;
	else if (READ(level, sk, __sk_common.skc_flags) & (1UL << SOCK_DEAD_BIT))
		c->held = HELD_BEFORE;
}

static __always_inline void on_closed(const struct sock *sk, int old_state, u16 protocol, u16 error, u8 shutdown, enum level level)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (!c)
		return;
	if (is_another(sk, &c->ends, protocol, level)) {
		report_replaced(sk, c, level);
		bpf_map_delete_elem(&connections, &key);
		return;
	}
	c->end_seen = 1;
	if (!error && protocol == IPPROTO_MPTCP && ended_with_subflow(sk, old_state, shutdown))
		error = c->subflow_error;
	if (error && !is_unread_error(c, old_state, protocol, error, shutdown))
		c->error = error;
	if (c->role == ROLE_CONNECT && !c->established) {
		if (old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV) {
			on_connect_ended(sk, c, protocol, shutdown, level);
			return;
		}
		/* The old state proves that it was established, and that the kernel skipped that hook (context.h) */
		on_connected(sk, c, protocol, EVENT_LATE | EVENT_UNTIMED, level);
	}
	/*
	 * All of this comes before the swap of the role. From then on the entry belongs to accept(), which may be about to
	 * return. If there is no accept(), tcp_destroy_sock deletes the entry.
	 */
	if (!c->error && resets_at_once(sk, old_state, protocol)) {
		recover_accept(sk, c, protocol, level);
		note_actor(c, level);
		if (protocol == IPPROTO_TCP ? !in_repair(sk, level) : !closes_with_fin(sk, shutdown))
			c->reset = RESET_SENT;
	} else if (protocol == IPPROTO_TCP) {
		judge_reset(c, sk, old_state, shutdown, level);
	}
	if (c->role == ROLE_PASSIVE)
		note_held(c, sk, level);
	if (compare_and_swap(&c->role, ROLE_PASSIVE, ROLE_PASSIVE_CLOSED, level)) {
		if (protocol == IPPROTO_MPTCP)
			set_aside(sk, c);
		return;
	}
	if (claim_end(c, level))
		report_closed(sk, c, protocol, 0, level);
	bpf_map_delete_elem(&connections, &key);
}

static __always_inline void on_destroyed(const struct sock *sk, enum level level)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	u16 protocol;

	if (!c)
		return;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	recover_accept(sk, c, protocol, level);
	/* A connection that has an owner was accepted: a race has written over its role, see compare_and_swap() */
	if (c->role == ROLE_PASSIVE || (c->role == ROLE_PASSIVE_CLOSED && !(config.legacy && c->owner.pid)))
		was_closed(sk) ? report_of_nobody(sk, c, protocol, level) : report_never_accepted(c, level);
	else if (c->failure != FAILURE_REPORTED && claim_end(c, level))
		report_unseen_end(sk, c, is_another(sk, &c->ends, protocol, PROBED));
	bpf_map_delete_elem(&connections, &key);
}

/* The error of an MPTCP socket is set only after its CLOSE, or never. So we take the error of its subflow */
static __always_inline void on_subflow_failed(const struct sock *sk, int old_state, u16 error)
{
	struct sock *parent = subflow_parent(sk);
	u64 key = key_of(parent);
	struct connection *c = parent ? bpf_map_lookup_elem(&connections, &key) : 0;

	if (!c || (old_state == TCP_SYN_SENT && c->established)) /* one more path failed, and the others go on */
		return;
	c->subflow_error = error;
	if (old_state == TCP_SYN_SENT)
		c->error = error;
}
