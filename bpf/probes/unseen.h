/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Finds what no hook saw. A kernel may hide some processes from BPF, with the softirqs that interrupt them, and those may
 * end anybody's connection. And some ways to accept() have no hook. So user space walks the map of connections from time to
 * time. Hooks run before the state of a socket changes. So a socket in a state that we have no event for means that its
 * hook was missed.
 */
#pragma once

#include "accept.h"
#include "living.h"

/*
 * In ns. The hook of SYN_SENT runs before that state is set, and a failed connect() is reported only when it returns. Until
 * then the walk waits
 */
#define LONGEST_SYSTEM_CALL 1000000000ULL

static __always_inline bool is_freed(const struct sock *sk)
{
	return !BPF_CORE_READ(sk, __sk_common.skc_refcnt.refs.counter);
}

/* May there be something to report? Runs for every entry of the map, so it is cheap */
static __always_inline bool is_suspect(const struct sock *sk, const struct connection *c, u8 state)
{
	if (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED)
		return BPF_CORE_READ(sk, sk_socket) || is_freed(sk);
	if (!c->established)
		return state != TCP_SYN_SENT && state != TCP_SYN_RECV;
	return state == TCP_CLOSE || is_another(sk, &c->ends, BPF_CORE_READ(sk, sk_protocol), PROBED);
}

/* No hook saw an accept() of this connection. If it has a struct socket, somebody has accepted it, or is just doing so */
static __always_inline void on_unaccepted(const struct sock *sk, struct connection *c, u8 state, enum level level)
{
	if (is_freed(sk)) {
		count_never_accepted(c, level);
		forget(sk, IPPROTO_TCP);
	} else if (state != TCP_LISTEN && !is_another(sk, &c->ends, BPF_CORE_READ(sk, sk_protocol), PROBED)) {
		if (c->held == HELD_SEEN)
			COUNT(accepts_unseen);
		if (c->held < HELD_SINCE)
			c->held++;
	}
}

static __always_inline void on_unestablished(const struct sock *sk, struct connection *c, u8 state, enum level level)
{
	u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	bool freed = is_freed(sk);

	if (c->failure != FAILURE_NONE && !freed) /* the hook of connect()'s return, or of the end of the socket, is still to come */
		return;
	if (state == TCP_CLOSE || state == TCP_LISTEN) {
		if (bpf_ktime_get_boot_ns() - c->start < LONGEST_SYSTEM_CALL)
			return;
		if (c->failure != FAILURE_REPORTED && claim_end(c, level))
			report_unseen_end(sk, c, state == TCP_LISTEN);
		c->failure = FAILURE_REPORTED;
		if (freed || state == TCP_LISTEN)
			forget(sk, protocol);
	} else if (swaps(level) && !is_child(sk)) { /* without compare-and-swap two programs could report it at the same time */
		on_connected(sk, c, protocol, EVENT_LATE | EVENT_UNTIMED, level);
	}
}

static __always_inline void look_for_unseen(u64 key, const struct connection *listed, enum level level)
{
	const struct sock *sk = (const void *)(unsigned long)key;
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct connection *c, *still;
	struct connection copy;
	bool gone;

	if (!is_suspect(sk, listed, state))
		return;
	/* The entry may change while we read it. If it belongs to the same connection before and after, the copy is good */
	c = bpf_map_lookup_elem(&connections, &key);
	if (!c)
		return;
	copy = *c;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	gone = is_another(sk, &copy.ends, BPF_CORE_READ(sk, sk_protocol), PROBED);
	still = bpf_map_lookup_elem(&connections, &key);
	if (!still || still->start != copy.start || still->start_cpu != copy.start_cpu || !is_suspect(sk, &copy, state))
		return;
	if (copy.role == ROLE_PASSIVE || copy.role == ROLE_PASSIVE_CLOSED)
		on_unaccepted(sk, still, state, level);
	else if (!copy.established)
		on_unestablished(sk, still, state, level);
	else if (claim_end(still, level)) {
		if (still->start != copy.start) { /* another connection has the entry by now */
			still->reported = 0;
			return;
		}
		bpf_map_delete_elem(&connections, &key);
		report_unseen_end(sk, &copy, gone);
	}
}

/* A walk calls it for each connection in the map */
static __always_inline void on_followed(u64 key, const struct connection *listed, enum level level)
{
	switch (shared.walk) {
	case WALK_COUNT:
		count_owner(listed);
		break;
	case WALK_LIST:
		list_victim(key, listed);
		break;
	case WALK_PROGRESS:
	case WALK_LAST:
		if (is_in_part(key))
			report_living(key, level);
		break;
	default:
		shared.eviction.entries++;
		look_for_unseen(key, listed, level);
	}
}
