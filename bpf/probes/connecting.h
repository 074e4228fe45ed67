/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The socket of the connect() that a thread is in, noted at SYN_SENT and taken as connect() returns. By then another thread
 * may have put another socket into the descriptor. The place is chosen by the low bits of the thread's number, so that a
 * note costs only two stores. If two threads share a place, the later note counts.
 */
#pragma once

#include "maps.h"

#define CONNECTING_SLOTS 4096

struct connecting {
	u64 socket;
	u64 tid;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONNECTING_SLOTS);
	__type(key, u32);
	__type(value, struct connecting);
} connecting SEC(".maps");

static __always_inline struct connecting *connecting_of_thread(u32 tid)
{
	u32 place = tid % CONNECTING_SLOTS;

	return bpf_map_lookup_elem(&connecting, &place);
}

static __always_inline void note_connecting(const struct sock *sk, u32 tid)
{
	struct connecting *call = connecting_of_thread(tid);

	if (!call)
		return;
	call->socket = (unsigned long)sk;
	call->tid = tid;
}

/* The socket in which the call that returns now reached SYN_SENT; 0: it did not, or another thread wrote over the note */
static __always_inline u64 take_connecting(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct connecting *call = connecting_of_thread(tid);

	if (!call || call->tid != tid)
		return 0;
	call->tid = 0;
	return call->socket;
}
