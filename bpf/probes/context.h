/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Two programs at one hook. From 6.1 on the kernel skips a program that is already running on the processor. So the program
 * would miss a state change in a softirq that interrupts it. Since 7.0 a task may be pre-empted at a tracepoint, and the
 * program would also miss the state changes of the next task. Therefore two programs sit at such a hook: while one is busy,
 * the other is free. The first program serves every call and leaves a note. The second runs right after it and serves the
 * calls that have no note.
 */
#pragma once

#include "arch.h"
#include "maps.h"
#include "owner.h"

#define NOTES_SHIFT 6
#define DESTROYED 0 /* no state has this number */

struct note {
	const struct sock *sk;
	u64 stack;
	s32 what;
	u32 padding;
};

/*
 * The notes of the first program, by processor and kernel stack. Each task has a stack of its own, and so have the softirqs
 * of each processor: on one stack nothing can run between the first program and the second. The second program removes the
 * note. It does not find the note if another stack has the same place, or if the task moved to another processor between
 * the two programs. So the second program also checks the map (is_noted()).
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << NOTES_SHIFT);
	__type(key, u32);
	__type(value, struct note);
} notes SEC(".maps");

/*
 * Can the first program be busy at such a state change? If a task cannot be pre-empted at a tracepoint, only a softirq
 * interrupts the program. Then a state change that only a task itself makes needs no second program.
 */
static __always_inline bool needs_second(int new_state)
{
	switch (new_state) {
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSE:
		return true;
	case TCP_SYN_RECV: /* of no interest */
	case TCP_FIN_WAIT2:
	case TCP_TIME_WAIT:
	case TCP_CLOSING:
		return false;
	}
	return config.preemptible;
}

/* Identifies the kernel stack that we run on: the arguments of a hook lie on it */
static __always_inline u64 stack_of(const void *arguments)
{
	/*
	 * The verifier hides the number behind `arguments`, and allows only the difference to another pointer. Of the task
	 * it gives the number, too
	 */
	u64 distance = (const char *)arguments - (const char *)bpf_get_current_task_btf();

	barrier_var(distance);
	return (distance + bpf_get_current_task()) / KERNEL_STACK;
}

static __always_inline struct note *note_of(u64 stack)
{
	u32 place = (u32)stack * 0x9e3779b1U >> (32 - NOTES_SHIFT);

	return bpf_map_lookup_elem(&notes, &place);
}

static __always_inline void note_served(const void *arguments, const struct sock *sk, s32 what)
{
	u64 stack = stack_of(arguments);
	struct note *note = note_of(stack);

	if (!note)
		return;
	note->sk = sk;
	note->stack = stack;
	note->what = what;
}

static __always_inline bool was_served(const void *arguments, const struct sock *sk, s32 what)
{
	u64 stack = stack_of(arguments);
	struct note *note = note_of(stack);

	if (!note || note->sk != sk || note->stack != stack || note->what != what)
		return false;
	note->sk = 0;
	return true;
}

/*
 * Did the first program serve this, by what it left in the map of connections? A connection that begins twice, or ends
 * twice, would be reported though there is none.
 */
static __always_inline bool is_noted(const struct sock *sk, int new_state)
{
	u64 key = (unsigned long)sk;
	const struct connection *c = bpf_map_lookup_elem(&connections, &key);

	if (!c)
		return false;
	if (new_state == TCP_SYN_SENT)
		return c->role == ROLE_CONNECT && !c->established && !c->end_seen && c->owner.tid == (u32)bpf_get_current_pid_tgid();
	return new_state == TCP_CLOSE && c->end_seen;
}
