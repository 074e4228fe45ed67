/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entry points only: each names its hook and calls the function that does the work. A program called *_typed or *_legacy is
 * the same program for older kernels (read.h). User space loads one of these variants (Facilities.cs).
 */
#include <linux/bpf.h>
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "arch.h"
#include "children.h"
#include "context.h"
#include "existing.h"
#include "mirrored.h"
#include "returns.h"
#include "state.h"
#include "unseen.h"
#include "uring.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/*
 * From 5.12 on two programs sit at the hook of state changes (context.h). Both have only a few instructions and jump to a
 * third program, the worker. So the verifier checks the worker's many instructions once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} workers SEC(".maps");

/*
 * The worker can run twice on one processor: in a task, and in a softirq that interrupts it. The kernel prevents that only
 * for programs that sit at the hook themselves. From 6.13 on it gives a program one stack for each processor (private
 * stack), and two runs of the worker would write over each other: an event would be reported twice, with another
 * connection's owner, or not at all. A program with a tail call gets no private stack. So this one has a tail call, which
 * is never executed.
 */
static __always_inline void keep_off_private_stack(void *ctx, int old_state)
{
	if (old_state < 0)
		bpf_tail_call(ctx, &workers, 1);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_change, const struct sock *sk, int old_state, int new_state)
{
	if (needs_second(new_state))
		note_served(ctx, sk, new_state);
	bpf_tail_call(ctx, &workers, 0);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_change_second, const struct sock *sk, int old_state, int new_state)
{
	if (needs_second(new_state) && !was_served(ctx, sk, new_state) && !is_noted(sk, new_state))
		bpf_tail_call(ctx, &workers, 0);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_worker, const struct sock *sk, int old_state, int new_state)
{
	keep_off_private_stack(ctx, old_state);
	return state_changed(KNOWN(CAST, struct sock, sk), old_state, new_state, CAST);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_worker_typed, const struct sock *sk, int old_state, int new_state)
{
	keep_off_private_stack(ctx, old_state);
	return state_changed(sk, old_state, new_state, TYPED);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_change_legacy, const struct sock *sk, int old_state, int new_state)
{
	return state_changed(sk, old_state, new_state, LEGACY);
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(socket_destroyed, const struct sock *sk)
{
	note_served(ctx, sk, DESTROYED);
	on_destroyed(sk, PROBED);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(socket_destroyed_second, const struct sock *sk)
{
	if (!was_served(ctx, sk, DESTROYED))
		on_destroyed(sk, PROBED);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(socket_destroyed_legacy, const struct sock *sk)
{
	on_destroyed(sk, LEGACY);
	return 0;
}

/* User space attaches it to sys_exit_accept, too */
SEC("tracepoint/syscalls/sys_exit_accept4")
int accept_exit(struct syscall_exit *exit)
{
	on_accept_result(exit->result, CAST);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept_exit_typed(struct syscall_exit *exit)
{
	on_accept_result(exit->result, TYPED);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accept_exit_legacy(struct syscall_exit *exit)
{
	on_accept_result(exit->result, LEGACY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int connect_exit(struct syscall_exit *exit)
{
	return connect_returned(exit->result, PROBED);
}

SEC("tracepoint/syscalls/sys_exit_connect")
int connect_exit_legacy(struct syscall_exit *exit)
{
	return connect_returned(exit->result, LEGACY);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *regs, long result)
{
	return call_returned(regs, result, CAST);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit_typed, struct pt_regs *regs, long result)
{
	return call_returned(regs, result, TYPED);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit_legacy, struct pt_regs *regs, long result)
{
	return call_returned(regs, result, LEGACY);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_3, void *uring, void *request, struct io_uring_cqe *cqe)
{
	return io_uring_completed(uring, request, cqe->res, PROBED);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_7, void *uring, void *request, u64 user_data, int result)
{
	return io_uring_completed(uring, request, result, PROBED);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_4, void *uring, u64 user_data, int result)
{
	return io_uring_completed(uring, 0, result, LEGACY);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	return select_child(parent, child);
}

/* Serves while the first program is busy, see context.h */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked_second, struct task_struct *parent, struct task_struct *child)
{
	return select_child(parent, child);
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(process_freed, struct task_struct *task)
{
	u32 pid = task->tgid;

	if (task->pid == pid)
		bpf_map_delete_elem(&processes, &pid);
	return 0;
}

static __always_inline int list_open_file(struct bpf_iter__task_file *ctx, enum level level)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file)
		return 0;
	learn_netns(task, file);
	on_open_file(task, ctx->fd, file, level);
	return 0;
}

SEC("iter/task_file")
int open_sockets(struct bpf_iter__task_file *ctx)
{
	return list_open_file(ctx, PROBED);
}

SEC("iter/task_file")
int open_sockets_legacy(struct bpf_iter__task_file *ctx)
{
	return list_open_file(ctx, LEGACY);
}

/*
 * The walk through the map of connections. User space starts it. From 5.14 on it is a program that user space calls.
 * Before, it is an iterator, which some kernels refuse.
 */
static long follow(void *connections_map, const void *key, void *value, void *context)
{
	on_followed(*(const u64 *)key, value, PROBED);
	return 0;
}

static long look_at_listener(void *listeners_map, const void *key, void *value, void *context)
{
	const u64 *address = key;

	count_dropped((const void *)(unsigned long)*address, value, PROBED);
	return 0;
}

SEC("syscall")
int walk(void *context)
{
	bpf_for_each_map_elem(&connections, follow, 0, 0);
	if (shared.walk == WALK_LAST && !shared.part)
		bpf_for_each_map_elem(&listeners, look_at_listener, 0, 0);
	return 0;
}

static __always_inline int list_connection(struct bpf_iter__bpf_map_elem *ctx, enum level level)
{
	const u64 *key = ctx->key;
	const struct connection *c = ctx->value;

	if (key && c)
		on_followed(*key, c, level);
	return 0;
}

SEC("iter/bpf_map_elem")
int walk_iterator(struct bpf_iter__bpf_map_elem *ctx)
{
	return list_connection(ctx, PROBED);
}

SEC("iter/bpf_map_elem")
int walk_iterator_legacy(struct bpf_iter__bpf_map_elem *ctx)
{
	return list_connection(ctx, LEGACY);
}
