/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From 6.1 on the kernel does not run a program that is running on that processor already: a state change in softirq that interrupts the hook of
 * another one would be missed. So two programs sit at such hooks, of which at most one is busy. The first serves whatever it sees and leaves a
 * note; the second, right after it, serves what happened in softirq and bears no note.
 */
#pragma once

#include "owner.h"

#define THREAD_SIZE (16 << 10) /* x86 */

struct served {
	const struct sock *sk;
	int new_state;
};

/* The state change that the first program served last, by processor */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct served);
} last_served SEC(".maps");

static __always_inline void note_served(const struct sock *sk, int new_state)
{
	u32 first = 0;
	struct served *last = bpf_map_lookup_elem(&last_served, &first);

	if (!last)
		return;
	last->sk = sk;
	last->new_state = new_state;
}

static __always_inline bool was_served(const struct sock *sk, int new_state)
{
	u32 first = 0;
	const struct served *last = bpf_map_lookup_elem(&last_served, &first);

	return last && last->sk == sk && last->new_state == new_state;
}

static __always_inline bool is_ksoftirqd(const struct task_struct *task)
{
	return task->flags & PF_KTHREAD && *(const u64 *)task->comm == *(const u64 *)"ksoftirqd";
}

/*
 * Softirqs that interrupt a task run on a stack of their own, and the arguments of a hook lie on the stack. (The kernel's own count of this,
 * preempt_count, cannot be found on kernels built without KALLSYMS_ALL.) What is left over they leave to ksoftirqd, a task.
 */
static __always_inline bool in_softirq(const void *arguments)
{
	const struct task_struct *task = current_task(true);
	/* The verifier allows no reckoning with this pointer but to subtract it from another: of the task's address it tells the number, too */
	u64 distance = (const char *)arguments - (const char *)task;

	barrier_var(distance);
	return distance + bpf_get_current_task() - (u64)task->stack >= THREAD_SIZE || is_ksoftirqd(task);
}
