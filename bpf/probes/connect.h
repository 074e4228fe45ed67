/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect(): noted at SYN_SENT, where `current` is always the connecting thread, and reported once, when its outcome is known. */
#pragma once

#include "arch.h"
#include "connecting.h"
#include "eviction.h"
#include "unaccepted.h"

static __always_inline bool is_write(u64 number)
{
	return number == __NR_sendto || number == __NR_sendmsg || number == __NR_sendmmsg || number == __NR_write || number == __NR_writev;
}

static __always_inline s32 connecting_fd(const struct sock *sk, u32 tid, enum level level)
{
	struct pt_regs *regs = entry_registers(level);
	u64 number = READ_FAR(level, struct pt_regs, regs, CALL_NUMBER);

	if (number == __NR_connect)
		note_connecting(sk, tid);
	/*
	 * The descriptor is the first argument of these calls. (TCP Fast Open connects by a write.) Other calls (io_uring)
	 * do not show it
	 */
	return number == __NR_connect || is_write(number) ? (s32)READ_FAR(level, struct pt_regs, regs, FIRST_ARGUMENT) : -1;
}

enum syn_sent_end {
	FAILED_IN_CONNECT, /* the return of connect() will tell the errno */
	FAILED_IN_WRITE, /* TCP Fast Open: no hook tells the errno */
	GIVEN_UP, /* shutdown(), or connect() to AF_UNSPEC */
};

/*
 * SYN_SENT ended without an error, and not by close(). The system call that ended it is still running: its number tells
 * how, and for connect() also its address. An io_uring worker is in no system call that we can read. For it we assume: a
 * connect() that has sent its SYN was given up, and did not fail.
 */
static __always_inline enum syn_sent_end how_syn_sent_ended(const struct sock *sk, u16 protocol, enum level level)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct pt_regs *regs = entry_registers(level);
	u64 number = BPF_CORE_READ(regs, CALL_NUMBER);
	u16 family = AF_INET;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		number = 0;
	if (number == __NR_connect)
		bpf_probe_read_user(&family, sizeof(family), (const void *)BPF_CORE_READ(regs, SECOND_ARGUMENT));
	if (number == __NR_shutdown || family == AF_UNSPEC)
		return GIVEN_UP;
	if (is_write(number))
		return FAILED_IN_WRITE;
	return number == __NR_connect || !has_sent(sk, protocol) ? FAILED_IN_CONNECT : GIVEN_UP;
}

/*
 * Reports an old connection that a new one at the same address replaces. No hook saw the end of the old one, and no walk
 * through the map has found it yet (unseen.h). Or the connect() of the old one failed, and no hook saw that call return or
 * that socket end.
 */
static __always_inline void report_replaced(const struct sock *sk, struct connection *old, enum level level)
{
	if (old->role == ROLE_PASSIVE || old->role == ROLE_PASSIVE_CLOSED)
		count_never_accepted(old, level);
	else if (claim_end(old, level) && old->failure != FAILURE_REPORTED)
		report_unseen_end(sk, old, true);
}

static __always_inline void on_syn_sent(const struct sock *sk, u16 protocol, enum level level)
{
	u64 key = key_of(sk);
	struct connection *old = bpf_map_lookup_elem(&connections, &key);
	struct connection c = {};

	if (old)
		report_replaced(sk, old, level);
	if (!process_selected(current_pid())) {
		if (old)
			bpf_map_delete_elem(&connections, &key);
		return;
	}
	read_owner(&c.owner, current_task(level), level);
	set_start(&c, bpf_ktime_get_boot_ns());
	read_ends(&c.ends, sk, level);
	/*
	 * The kernel may choose the port later, and what is here may be the port of an earlier attempt: it is read again at the
	 * outcome
	 */
	c.ends.sport = 0;
	c.role = ROLE_CONNECT;
	c.fd = connecting_fd(sk, c.owner.tid, level);
	if (protocol == IPPROTO_MPTCP)
		bpf_map_delete_elem(&ended, &key);
	if (!follow_connection(key, &c, BPF_ANY, level))
		COUNT(connections_full);
}

/*
 * Did a listener make it, and has nobody accepted it yet? A socket that connects (to itself, or two to each other) has a
 * struct socket from the start.
 */
static __always_inline bool is_child(const struct sock *sk)
{
	return !BPF_CORE_READ(sk, sk_socket);
}

/* Reports that connect() succeeded. Its own hook calls this, or a later hook that notices that the kernel skipped the first */
static __always_inline void on_connected(const struct sock *sk, struct connection *c, u16 protocol, u8 flags, enum level level)
{
	u64 now = bpf_ktime_get_boot_ns();

	if (swaps(level)) {
		if (__sync_val_compare_and_swap(&c->established, 0, now))
			return;
	} else {
		c->established = now;
	}
	read_ends(&c->ends, sk, level);
	c->flow = read_flow(sk, protocol, ROLE_CONNECT, level);
	report_connected(c, protocol, flags);
}

static __always_inline void on_established(const struct sock *sk, int old_state, u16 protocol, enum level level)
{
	u64 key = key_of(sk);
	struct connection *c = bpf_map_lookup_elem(&connections, &key);
	struct connection passive = {};

	if (c && (old_state == TCP_SYN_RECV || old_state == TCP_LISTEN) && is_child(sk)) {
		report_replaced(sk, c, level);
		bpf_map_delete_elem(&connections, &key);
		c = 0;
	} else if (c && c->role == ROLE_CONNECT) {
		if (!c->established)
			on_connected(sk, c, protocol, 0, level);
		return;
	}
	/* A connect of a process that is not selected. Or accept() took it already, in SYN_RECV (TCP Fast Open) */
	if (old_state == TCP_SYN_SENT || c)
		return;
	passive.role = ROLE_PASSIVE;
	passive.fd = -1;
	set_start(&passive, bpf_ktime_get_boot_ns());
	passive.established = passive.start;
	read_ends(&passive.ends, sk, level);
	passive.flow = read_flow(sk, protocol, ROLE_PASSIVE, level);
	if (protocol == IPPROTO_MPTCP)
		bpf_map_delete_elem(&ended, &key);
	/*
	 * If the map is full, accept() tries again, and counts the connection if that fails, too. BPF_NOEXIST: with TCP Fast
	 * Open accept() may be returning on another processor right now. What accept() inserts must not be overwritten.
	 */
	follow_connection(key, &passive, BPF_NOEXIST, level);
}

static __always_inline void forget(const struct sock *sk, u16 protocol)
{
	u64 key = key_of(sk);

	bpf_map_delete_elem(&connections, &key);
	if (protocol == IPPROTO_MPTCP)
		bpf_map_delete_elem(&ended, &key);
}

static __always_inline bool is_zero(const u8 *address)
{
	return !*(const u32 *)address && !*(const u32 *)(address + 4) && !*(const u32 *)(address + 8) && !*(const u32 *)(address + 12);
}

static __always_inline bool is_mapped(const u8 *address)
{
	return !*(const u32 *)address && !*(const u32 *)(address + 4) && *(const u32 *)(address + 8) == bpf_htonl(0xffff);
}

/* The address that the program passed to connect(). A socket that failed early does not have it, or no longer has it */
static __always_inline void read_requested_address(struct ends *ends, const void *address)
{
	struct {
		u16 family;
		u16 port;
		u8 rest[24];
	} asked = {};

	if (bpf_probe_read_user(&asked, 16, address))
		return;
	if (asked.family == AF_INET6 && bpf_probe_read_user(&asked, sizeof(asked), address))
		return;
	if (asked.family != ends->family)
		return;
	ends->dport = bpf_ntohs(asked.port);
	if (asked.family == AF_INET)
		__builtin_memcpy(ends->daddr, asked.rest, 4);
	else
		__builtin_memcpy(ends->daddr, asked.rest + 4, 16);
	if (asked.family == AF_INET6 && is_mapped(ends->daddr) && is_zero(ends->saddr))
		/* The socket has no local address yet. It would have been an IPv4 address, so mark it as v4-mapped */
		ends->saddr[10] = ends->saddr[11] = 0xff;
}

/*
 * From include/linux/errno.h, which no user-space header has. With these results the kernel restarts connect(), or the
 * connect goes on in the background.
 */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

/* Does this result of connect() say that the connection failed? */
static __always_inline bool is_outcome(s64 result)
{
	switch (-result) {
	case EINTR: /* it goes on in the background */
	case EAGAIN:
	case EISCONN:
	case EALREADY:
	case EINPROGRESS:
	case ECANCELED: /* io_uring */
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		return false;
	}
	return result < 0;
}

/*
 * Does the result tell the end of an earlier connection on the same socket, which is reported already? A connect() that
 * sent nothing cannot fail with these errors.
 */
static __always_inline bool is_end_of_earlier(s64 result)
{
	switch (-result) {
	case EPIPE:
	case ECONNABORTED: /* a program has read the error before */
	case ECONNRESET:
	case ETIMEDOUT:
		return true;
	}
	return false;
}

/*
 * connect() returned an error. Two failures can be reported only here: a connect() that failed before it sent a SYN, and
 * one whose errno only its return tells. `sent`: this very call had reached SYN_SENT, so the entry in the map belongs to it.
 */
static __always_inline void on_connect_result(const struct sock *sk, s64 result, s32 fd, const void *address, bool sent, enum level level)
{
	u16 protocol = followed_protocol(sk);
	u64 key = key_of(sk);
	struct connection *c;
	struct connection failed = {};
	struct event *e;

	if (!protocol || !process_selected(current_pid()))
		return;
	c = bpf_map_lookup_elem(&connections, &key);
	if (!c && protocol == IPPROTO_MPTCP)
		c = bpf_map_lookup_elem(&ended, &key);
	if (c && c->failure == FAILURE_NONE) {
		if (c->established || c->role != ROLE_CONNECT || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
			return; /* connected, accepted or still trying: the error is about this call, and not about the connection */
		c->failure = FAILURE_UNSEEN;
	}
	/* Reported already. If another thread shut it down, connect() returns ECONNRESET or ECONNABORTED */
	if (c && c->failure == FAILURE_REPORTED && (sent || c->error == -result || is_end_of_earlier(result))) {
		forget(sk, protocol);
		return;
	}
	/* A socket that is connected or listens did not fail: another socket had its descriptor, or the error is about the call */
	if (!c && (sent || is_end_of_earlier(result) || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE))
		return;
	if (c && (c->failure == FAILURE_PENDING || c->failure == FAILURE_UNSEEN)) {
		if (!claim_end(c, level))
			return;
		failed = *c;
	} else {
		read_owner(&failed.owner, current_task(rarely(level)), rarely(level));
		set_start(&failed, bpf_ktime_get_boot_ns());
		failed.start_unknown = 1;
		failed.fd = fd;
	}
	if (c)
		forget(sk, protocol);
	read_ends(&failed.ends, sk, PROBED);
	if (protocol == IPPROTO_TCP && failed.failure != FAILURE_UNSEEN)
		failed.ends.sport = held_port(sk);
	read_requested_address(&failed.ends, address);
	e = begin_of(&failed, OP_CONNECT_FAILED, ATTRIBUTION_TASK, protocol, failed.failure == FAILURE_UNSEEN ? EVENT_LATE : EVENT_NO_SYN);
	if (!e)
		return;
	e->error = -result;
	submit(e);
}
