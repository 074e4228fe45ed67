/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What was there before us: one walk over every task's open files, after the hooks are attached, so that nothing falls between. */
#pragma once

#include "emit.h"

static __always_inline void note_listener(const struct sock *sk, struct task_struct *task, u64 flags, bool modern)
{
	u64 key = key_of(sk);
	struct task_struct *leader;
	struct listener l = {};

	READ(modern, l.pid, task, tgid);
	READ(modern, leader, task, group_leader);
	read_comm(l.comm, leader, modern);
	bpf_map_update_elem(&listeners, &key, &l, flags);
}

static __always_inline void on_open_file(struct task_struct *task, u32 fd, const struct file *file, bool modern)
{
	struct sock *sk = sock_of_file(file);
	struct connection c = {};
	struct event *e;
	u16 protocol;
	u8 state;
	u64 key;

	if (!sk)
		return;
	protocol = followed_protocol(sk);
	if (!protocol)
		return;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (state == TCP_LISTEN) {
		note_listener(sk, task, BPF_NOEXIST, true);
		return;
	}
	if (state == TCP_CLOSE || !process_selected(task->tgid))
		return;
	read_owner(&c.owner, task, modern);
	set_start(&c, bpf_ktime_get_boot_ns());
	c.start_unknown = 1;
	c.fd = fd;
	c.role = state == TCP_SYN_SENT ? ROLE_CONNECT : ROLE_EXISTING;
	c.peer_first = state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK;
	c.local_fin = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING;
	if (c.role == ROLE_EXISTING)
		c.established = c.start;
	key = key_of(sk);
	/* Fails for one that the hooks know already, and for a second descriptor of the same socket */
	if (bpf_map_update_elem(&connections, &key, &c, BPF_NOEXIST))
		return;
	if (c.role != ROLE_EXISTING || !operation_selected(OP_EXISTING) || !port_selected(sk))
		return;
	e = begin(OP_EXISTING, &c.owner);
	if (!e)
		return;
	set_connection(e, &c);
	read_ends(e, sk, false);
	e->attribution = ATTRIBUTION_TASK;
	if (protocol == IPPROTO_MPTCP)
		e->flags |= EVENT_MPTCP;
	submit(e);
}
