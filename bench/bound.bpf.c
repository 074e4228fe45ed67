/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The bound of bench/capture: programs on the hooks that tcptracer has, which do next to nothing. A record of 64 bytes for each event of a connection,
 * no map of connections, no names, no selection. What these cost, every tracer on these hooks costs.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum { ESTABLISHED = 1, SYN_SENT = 2, CLOSE = 7 };

struct record {
	__u64 at;
	__u64 socket;
	__u64 who;
	__u64 rest[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

__u64 lost;

static __always_inline void tell(__u64 socket)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->at = bpf_ktime_get_boot_ns();
	r->socket = socket;
	r->who = bpf_get_current_pid_tgid();
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state, const void *sk, int old, int new)
{
	if (new == CLOSE ? old != SYN_SENT : new == ESTABLISHED && old == SYN_SENT)
		tell((unsigned long)sk);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int accepted(void *call)
{
	tell(0);
	return 0;
}

/* Hooks that have nothing to tell of an ordinary connection, but are dispatched for it */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_second) { return 0; }

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(destroyed) { return 0; }

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(destroyed_second) { return 0; }

SEC("tracepoint/syscalls/sys_exit_accept")
int accepted_otherwise(void *call) { return 0; }

SEC("tracepoint/syscalls/sys_exit_connect")
int connected(void *call) { return 0; }
