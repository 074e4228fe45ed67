/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * In whose context? From 6.1 on the kernel does not run a program that is running on that processor already: a state change in softirq that
 * interrupts the hook of another one would be missed. So there are two programs at such hooks: while the one for tasks works, the other is free.
 */
#pragma once

#include "owner.h"

#define THREAD_SIZE (16 << 10) /* x86; whatever it is, both programs come to the same answer */

static __always_inline bool is_ksoftirqd(const struct task_struct *task)
{
	return task->flags & PF_KTHREAD && *(const u64 *)task->comm == *(const u64 *)"ksoftirqd";
}

/*
 * Softirqs that interrupt a task run on a stack of their own, and the arguments of a hook lie on the stack. (The kernel's own count of this,
 * preempt_count, cannot be found on kernels built without KALLSYMS_ALL.) What is left over they leave to ksoftirqd, a task: seen on 6.18, where it
 * ran through a hundred packets while the program of the task before it still counted as running.
 */
static __always_inline bool in_softirq(const void *arguments)
{
	const struct task_struct *task = current_task(true);
	/* The verifier allows no reckoning with this pointer but to subtract it from another: of the task's address it tells the number, too */
	u64 distance = (const char *)arguments - (const char *)task;

	barrier_var(distance);
	return distance + bpf_get_current_task() - (u64)task->stack >= THREAD_SIZE || is_ksoftirqd(task);
}
