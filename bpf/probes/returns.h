/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect() and accept() return: by a tracepoint of the call, by that of every call, or as io_uring completes. */
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
 * Where the three tracepoints are not to be had (their numbers are in tracefs, which a container has not), this one sees every system call return.
 * 32-bit calls have other numbers, and the three do not see them either.
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

/* io_uring: the tracepoint changed its arguments twice; user space picks by their number in BTF */
static __always_inline int io_uring_completed(struct io_kiocb *request, s32 result, enum level level)
{
	enum { IORING_OP_ACCEPT = 13, IORING_OP_CONNECT = 16, UNKNOWN = 255 };
	u8 opcode = request ? BPF_CORE_READ(request, opcode) : UNKNOWN; /* multishot completions carry no request */
	struct sock *sk;

	if (opcode == IORING_OP_CONNECT && is_outcome(result)) {
		struct io_connect *command = (void *)request;

		if (!bpf_core_type_exists(struct io_connect))
			return 0;
		sk = sock_of_file(BPF_CORE_READ(command, file), level);
		if (sk)
			on_connect_result(sk, result, -1, BPF_CORE_READ(command, addr), false, level);
	} else if (result >= 0 && (opcode == IORING_OP_ACCEPT || opcode == UNKNOWN)) {
		sk = sock_of_fd(current_task(level), result, level);
		if (sk) {
			u64 key = key_of(sk);
			struct connection *c = bpf_map_lookup_elem(&connections, &key);

			/* any completion has a number for a result: only a socket that waits to be accepted makes it an accept */
			if (c && (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED))
				on_accepted(sk, result, 0, level);
		}
	}
	return 0;
}
