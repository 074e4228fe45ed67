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

/* A socket that waits to be accepted. Any completion of io_uring has a number for a result: only such a socket makes it an accept */
static __always_inline bool waits_for_accept(const struct sock *sk)
{
	u64 key = key_of(sk);
	struct connection *c = sk ? bpf_map_lookup_elem(&connections, &key) : 0;

	return c && (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED);
}

/* In the ring's own table of files, where no descriptor leads to. The low bits of what lies there are flags */
static __always_inline struct sock *sock_of_slot(const struct io_ring_ctx *uring, u32 slot, enum level level)
{
	const struct io_fixed_file *fixed;
	struct io_rsrc_node **nodes, *node = 0;
	unsigned long file = 0;

	if (bpf_core_field_exists(uring->file_table.data.nodes)) {
		if (slot >= BPF_CORE_READ(uring, file_table.data.nr))
			return 0;
		nodes = BPF_CORE_READ(uring, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), &nodes[slot]);
		file = BPF_CORE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(uring->file_table.files)) {
		if (slot >= BPF_CORE_READ(uring, nr_user_files))
			return 0;
		fixed = BPF_CORE_READ(uring, file_table.files);
		bpf_probe_read_kernel(&file, sizeof(file), &fixed[slot]);
	}
	return sock_of_file((const struct file *)(file & ~7UL), level);
}

static __always_inline void io_uring_accepted(const struct io_ring_ctx *uring, const struct io_accept *command, s32 result, enum level level)
{
	u32 slot = command && bpf_core_field_exists(command->file_slot) ? BPF_CORE_READ(command, file_slot) : 0;
	struct sock *sk = slot ? 0 : sock_of_fd(current_task(level), result, level);
	u64 listening = command && bpf_core_type_exists(struct io_accept) ? key_of(sock_of_file(BPF_CORE_READ(command, file), level)) : 0;
	s32 fd = result;

	if (!waits_for_accept(sk)) {
		fd = -1;
		sk = sock_of_slot(uring, slot && slot != ~0U ? slot - 1 : result, level);
		if (!waits_for_accept(sk))
			return;
	}
	on_accepted(sk, fd, listening, level);
}

/* io_uring: the tracepoint changed its arguments twice; user space picks by their number in BTF */
static __always_inline int io_uring_completed(const struct io_ring_ctx *uring, struct io_kiocb *request, s32 result, enum level level)
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
		io_uring_accepted(uring, opcode == UNKNOWN ? 0 : (const void *)request, result, level);
	}
	return 0;
}
