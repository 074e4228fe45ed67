/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Ends that no hook saw: a kernel may keep some processes out of our sight, with the softirqs that interrupt them, and by chance those may end
 * anybody's connection. User space has the map of connections walked from time to time: a hook runs before the socket is in state CLOSE, so one that
 * is, and is still in the map, was missed. A freed socket's memory keeps its addresses and counters until it is used again.
 */
#pragma once

#include "accept.h"

#define LONGEST_SYSTEM_CALL 1000000000ULL /* SYN_SENT is told before it is the socket's state, and a failed connect() where it returns */

static __always_inline void on_followed(u64 key, const struct connection *followed)
{
	const struct sock *sk = (const void *)(unsigned long)key;
	struct connection c;
	u16 protocol;

	if (followed->role == ROLE_PASSIVE || followed->role == ROLE_PASSIVE_CLOSED || followed->failure != FAILURE_NONE)
		return;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
		return;
	if (!followed->established && bpf_ktime_get_boot_ns() - followed->start < LONGEST_SYSTEM_CALL)
		return;
	__builtin_memcpy(&c, followed, sizeof(c));
	if (bpf_map_delete_elem(&connections, &key)) /* a hook was quicker after all */
		return;
	if (!BPF_CORE_READ(sk, __sk_common.skc_dport)) { /* a new socket, or disconnected: nothing of the connection is left */
		COUNT(outcomes_missed);
		return;
	}
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (!c.error)
		c.error = BPF_CORE_READ(sk, sk_err);
	c.end_unseen = 1;
	c.start_unknown = 1; /* so that no duration is made of when we looked */
	if (c.role == ROLE_CONNECT && !c.established)
		report_connect_failed(sk, &c, protocol, c.error, REASON_NONE, EVENT_LATE);
	else
		report_closed(sk, &c, protocol, false, EVENT_LATE, false);
}
