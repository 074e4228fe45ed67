/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Entry points only: each names its hook and hands on. A program called *_typed or *_legacy is the same for older kernels (read.h);
 * user space loads one of them (Facility.cs).
 */
#include <linux/bpf.h>
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "accept.h"
#include "context.h"
#include "existing.h"
#include "unseen.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline int state_changed(const struct sock *sk, int old_state, int new_state, enum level level)
{
	u16 protocol = sk->sk_protocol;
	const struct net *net;

	/* MPTCP repeats transitions; its accepted child goes straight from LISTEN to ESTABLISHED */
	if (!is_tcp(protocol) || old_state == new_state)
		return 0;
	net = sk->__sk_common.skc_net.net;
	if (config.netns[0] && !netns_is_selected(net->ns.inum, bpf_core_field_exists(net->net_cookie) ? net->net_cookie : 0))
		return 0;
	if (old_state == TCP_LISTEN && new_state != TCP_ESTABLISHED && new_state != TCP_SYN_RECV) {
		on_listener_closed(sk, net->ns.inum, level);
		return 0;
	}
	switch (new_state) {
	case TCP_LISTEN:
		note_listener(sk, current_task(level), BPF_ANY, level);
		break;
	case TCP_SYN_SENT:
		if (!is_subflow(sk, protocol, level))
			on_syn_sent(sk, protocol, level);
		break;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		on_fin_sent(sk, new_state, protocol, level);
		break;
	case TCP_ESTABLISHED:
		if (!is_subflow(sk, protocol, level) && !(old_state == TCP_LISTEN && protocol == IPPROTO_TCP))
			on_established(sk, old_state, protocol, level);
		break;
	case TCP_CLOSE_WAIT:
		on_fin_received(sk);
		break;
	case TCP_CLOSE:
		if (is_subflow(sk, protocol, level))
			on_subflow_failed(sk, old_state, sk->sk_err);
		else
			on_closed(sk, old_state, protocol, sk->sk_err, sk->sk_shutdown, level);
		break;
	}
	return 0;
}

/*
 * From 5.12 on two programs sit at this hook (context.h), each of a few instructions: the work is done by a third, to which both jump. The
 * verifier reads that once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} workers SEC(".maps");

/*
 * Two of the worker can run on one processor, one in a softirq that interrupts the other: the kernel's check for that is of the programs at the hook.
 * From 6.13 on it relies on its check and gives each program one stack for each processor (private stack), so that the two would write over each other:
 * an event told twice, with another one's owner, or not at all. A program with a tail call has none. This one is never taken.
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

/* At accept(), too: user space attaches it to both */
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
	fd = BPF_CORE_READ(regs, di);
	sk = noted ? (struct sock *)(unsigned long)noted : sock_of_fd(current_task(level), fd, level);
	if (sk)
		on_connect_result(sk, result, fd, (const void *)BPF_CORE_READ(regs, si), noted != 0, level);
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

/*
 * Where the three tracepoints are not to be had (their numbers are in tracefs, which a container has not), this one sees every system call return.
 * 32-bit calls have other numbers, and the three do not see them either.
 */
static __always_inline int call_returned(const struct pt_regs *regs, s64 result, enum level level)
{
	u64 number = regs->orig_ax;

	if (number != SYS_CONNECT && number != SYS_ACCEPT && number != SYS_ACCEPT4)
		return 0;
	if (READ(level, current_task(level), thread_info.status) & TS_COMPAT)
		return 0;
	if (number == SYS_CONNECT)
		return connect_returned(result, level);
	on_accept_result(result, level);
	return 0;
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

/* io_uring: the tracepoint changed its arguments twice; TcpProbe picks by their number in BTF */
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

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_3, void *ring_context, void *request, struct io_uring_cqe *cqe)
{
	return io_uring_completed(request, cqe->res, PROBED);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_7, void *ring_context, void *request, u64 user_data, int result)
{
	return io_uring_completed(request, result, PROBED);
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(io_uring_complete_4, void *ring_context, u64 user_data, int result)
{
	return io_uring_completed(0, result, LEGACY);
}

/* -- COMMAND: children of a selected process, and of our own, are selected before they run their first instruction */
static __always_inline int select_child(const struct task_struct *parent, const struct task_struct *child)
{
	u32 pid = parent->tgid;
	u32 child_pid = child->tgid;
	u8 selected = 1;

	if (pid == child_pid || (pid != config.self && !bpf_map_lookup_elem(&processes, &pid)))
		return 0;
	if (bpf_map_update_elem(&processes, &child_pid, &selected, BPF_ANY))
		COUNT(processes_full);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct *parent, struct task_struct *child)
{
	return select_child(parent, child);
}

/* The same, should the first be busy: see context.h */
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
 * The walk through the map of connections, started by user space. From 5.14 on it is a program that user space calls; before, an iterator, which some
 * kernels refuse.
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
