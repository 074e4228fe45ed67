/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect() and accept() by io_uring: reported as the request completes. With the few types of io_uring that this needs (as
 * in kernel.h).
 */
#pragma once

#include "accept.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_uring_cqe {
	s32 res;
};

struct io_kiocb {
	u8 opcode;
};

struct io_connect {
	struct file *file;
	void *addr;
};

struct io_accept {
	struct file *file; /* the listener */
	/*
	 * 5.15. 0: the connection gets a descriptor. Otherwise it gets a place in the ring's own table: the place plus 1,
	 * or ~0 for any free one
	 */
	u32 file_slot;
};

/* since 6.13 */
struct io_rsrc_node {
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

/* before 6.13 */
struct io_fixed_file {
	unsigned long file_ptr;
};

struct io_file_table {
	struct io_rsrc_data data;
	struct io_fixed_file *files;
};

struct io_ring_ctx {
	struct io_file_table file_table;
	unsigned int nr_user_files;
};

#pragma clang attribute pop

/*
 * Does this socket wait to be accepted? Where the request is unknown, only that shows that its result is the descriptor of
 * an accept: completions of every kind have a number as their result.
 */
static __always_inline bool waits_for_accept(const struct sock *sk)
{
	u64 key = key_of(sk);
	struct connection *c = sk ? bpf_map_lookup_elem(&connections, &key) : 0;

	return c && (c->role == ROLE_PASSIVE || c->role == ROLE_PASSIVE_CLOSED);
}

/* The socket in the ring's own table of files, which has no descriptor. The low bits of an entry are flags */
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

static __always_inline u64 listener_key_of(const struct io_accept *command, enum level level)
{
	return command && bpf_core_type_exists(struct io_accept) ? key_of(sock_of_file(BPF_CORE_READ(command, file), level)) : 0;
}

static __always_inline void io_uring_accepted(const struct io_ring_ctx *uring, const struct io_accept *command, s32 result,
					      enum level level)
{
	u32 slot = command && bpf_core_field_exists(command->file_slot) ? BPF_CORE_READ(command, file_slot) : 0;
	struct sock *sk = slot ? 0 : sock_of_fd(current_task(level), result, level);
	u64 listener_key = listener_key_of(command, level);
	s32 fd = result;

	if (!waits_for_accept(sk)) {
		fd = -1;
		sk = sock_of_slot(uring, slot && slot != ~0U ? slot - 1 : result, level);
		if (!waits_for_accept(sk))
			return;
	}
	on_accepted(sk, fd, listener_key, level);
}

/* The tracepoint changed its arguments twice. User space chooses the program by their number in BTF */
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
