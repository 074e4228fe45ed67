/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From 6.1 on the kernel does not run a program that is running on that processor already. A state change in softirq that interrupts the hook of
 * another one would be missed; and since 7.0, where a task may be pre-empted at a tracepoint, so would one of the task that takes its turn. So two
 * programs sit at such hooks, of which one is free. The first serves whatever it sees and leaves a note; the second, right after it, serves what
 * bears no note.
 */
#pragma once

#include "maps.h"
#include "owner.h"

#define THREAD_SIZE (16 << 10) /* x86 */
#define NOTES_SHIFT 6
#define DESTROYED 0 /* no state has this number */

struct note {
	const struct sock *sk;
	u64 stack;
	s32 what;
	u32 padding;
};

/*
 * What the first program served, by processor and the stack that it ran on: each task and each processor's softirqs have their own, on which nothing
 * comes between the two. Emptied by the second. A note is missed where two stacks share a place, or the task was taken to another processor between
 * the two: so the second looks at what it is about to do, too.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << NOTES_SHIFT);
	__type(key, u32);
	__type(value, struct note);
} notes SEC(".maps");

/*
 * Whether the first program can be busy when this happens: where nothing but a softirq comes between, what a task does by itself needs no second one.
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

/* The arguments of a hook lie on the stack */
static __always_inline u64 stack_of(const void *arguments)
{
	/* The verifier allows no reckoning with this pointer but to subtract another from it: of the task's address it tells the number, too */
	u64 distance = (const char *)arguments - (const char *)bpf_get_current_task_btf();

	barrier_var(distance);
	return (distance + bpf_get_current_task()) / THREAD_SIZE;
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

/* By what the first left in the map: beginning twice, or ending twice, would tell of a connection that is not */
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
