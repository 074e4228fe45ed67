/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect() and accept() return: seen by the tracepoint of the call, or by the tracepoint of every call. */
#pragma once

#include "accept.h"

static __always_inline int connect_returned(s64 result, enum level level)
{
	u64 noted = take_connecting();
	struct pt_regs *regs;
	struct sock *sk;
	s32 fd;

	if (!is_outcome(result))
		return 0;
	level = rarely(level);
	regs = entry_registers(level);
	fd = BPF_CORE_READ(regs, FIRST_ARGUMENT);
	sk = noted ? (struct sock *)(unsigned long)noted : sock_of_fd(current_task(level), fd, level);
	if (sk)
		on_connect_result(sk, result, fd, (const void *)BPF_CORE_READ(regs, SECOND_ARGUMENT), noted != 0, level);
	return 0;
}

/*
 * Serves where the tracepoints of accept(), accept4() and connect() cannot be opened: their numbers are in tracefs, which a
 * container may not have. This hook sees every system call return. It leaves out 32-bit calls, which have other numbers and
 * which those tracepoints do not see, either.
 */
static __always_inline int call_returned(const struct pt_regs *regs, s64 result, enum level level)
{
	u64 number = regs->CALL_NUMBER;

	if (number != __NR_connect && number != __NR_accept && number != __NR_accept4)
		return 0;
	if (is_32_bit_call(current_task(level), level))
		return 0;
	if (number == __NR_connect)
		return connect_returned(result, level);
	on_accept_result(result, level);
	return 0;
}
