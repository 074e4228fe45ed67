/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What differs between processor architectures: the numbers of system calls, the registers of their arguments, where the
 * kernel keeps those registers, and the size of a kernel stack.
 */
#pragma once

#include <asm/unistd.h>
#include "read.h"

#if defined(__TARGET_ARCH_x86)

/* Members of struct pt_regs */
#define CALL_NUMBER orig_ax
#define FIRST_ARGUMENT di
#define SECOND_ARGUMENT si

#define TS_COMPAT 0x0002 /* in thread_info.status: the task is in a 32-bit system call. Those have other numbers */
#define KERNEL_STACK (16 << 10)
#define REGISTERS (21 * 8)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long FIRST_ARGUMENT;
	unsigned long SECOND_ARGUMENT;
	unsigned long CALL_NUMBER;
};

#pragma clang attribute pop

#elif defined(__TARGET_ARCH_arm64)

/* Members of struct pt_regs. The result of a call takes the place of its first argument, which is kept beside the registers */
#define CALL_NUMBER syscallno
#define FIRST_ARGUMENT orig_x0
#define SECOND_ARGUMENT regs[1]

#define TIF_32BIT (1 << 22) /* in thread_info.flags: a 32-bit task. Its system calls have other numbers */
#define KERNEL_STACK (16 << 10) /* more on a kernel with larger pages: then some stacks of it share one real one, see context.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
};

#pragma clang attribute pop

#else
#error "x86-64 and arm64 are the only architectures so far: add the registers and stack sizes of another one here"
#endif

/*
 * The registers with which the current task entered its system call. Before 5.15 there is no helper; on x86-64 they lie at the
 * very top of the kernel stack. On arm64 their place differs, and KernelSupport.cs refuses those kernels
 */
static __always_inline struct pt_regs *entry_registers(enum level level)
{
#ifdef __TARGET_ARCH_x86
	if (swaps(level) && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return (struct pt_regs *)((char *)BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), stack) + KERNEL_STACK - REGISTERS);
#else
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
#endif
}

static __always_inline bool is_32_bit_call(const struct task_struct *task, enum level level)
{
#ifdef __TARGET_ARCH_x86
	return READ(level, task, thread_info.status) & TS_COMPAT;
#else
	return READ(level, task, thread_info.flags) & TIF_32BIT;
#endif
}
