/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The connect() that a thread is in, from SYN_SENT to its return: by then another thread can have put another socket into its descriptor. By the low
 * bits of the thread's number, so that noting costs no more than two stores; where two threads share a place the later one has it.
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

/* In which socket the call that returns now had got to SYN_SENT, if it had */
static __always_inline u64 take_connecting(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct connecting *call = connecting_of_thread(tid);

	if (!call || call->tid != tid)
		return 0;
	call->tid = 0;
	return call->socket;
}
