/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Finds connections in the tables of open files. The first walk over all tasks, after the hooks are attached so that none
 * is missed, finds the connections that are older than the recorder. Later walks find the owner of connections whose
 * accept() no hook saw (unseen.h counts those, and user space walks).
 */
#pragma once

#include "accept.h"

static __always_inline void note_listener(const struct sock *sk, struct task_struct *task, u64 flags, enum level level)
{
	u64 key = key_of(sk);
	struct task_struct *leader;
	struct listener l = {};

	l.pid = READ(level, task, tgid);
	l.drops = BPF_CORE_READ(sk, sk_drops.counter);
	leader = READ(level, task, group_leader);
	read_comm(l.comm, leader, level);
	l.image = image_of(task, level);
	if (bpf_map_update_elem(&listeners, &key, &l, flags) == -E2BIG)
		COUNT(listeners_full);
}

static __always_inline void learn_cookie(const struct net *net)
{
	u32 number = BPF_CORE_READ(net, ns.inum);

	for (int i = 0; i < NETNS_SLOTS; i++)
		if (number && number == config.netns[i] && !shared.netns_cookies[i])
			shared.netns_cookies[i] = cookie_of(net);
}

/*
 * Learns the cookies of the selected network namespaces. Such a namespace is that of a task, or the recorder has its file
 * open, so that the kernel cannot reuse its number before this walk.
 */
static __always_inline void learn_netns(const struct task_struct *task, const struct file *file)
{
	const char *ns;

	if (!config.netns[0])
		return;
	learn_cookie(BPF_CORE_READ(task, nsproxy, net_ns));
	ns = task->tgid == config.self ? BPF_CORE_READ(file, f_inode, i_private) : 0;
	if (ns)
		learn_cookie((const struct net *)(ns - bpf_core_field_offset(struct net, ns)));
}

static __always_inline void on_open_file(struct task_struct *task, u32 fd, const struct file *file, enum level level)
{
	struct sock *sk = sock_of_file(file, rarely(level));
	struct connection c = {};
	struct connection *known;
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
		note_listener(sk, task, BPF_NOEXIST, level);
		return;
	}
	if (!process_selected(task->tgid))
		return;
	key = key_of(sk);
	known = bpf_map_lookup_elem(&connections, &key);
	if (known) { /* a hook noted it, or a second descriptor of the same socket */
		if (known->held == HELD_SINCE && (known->role == ROLE_PASSIVE || known->role == ROLE_PASSIVE_CLOSED))
			take_accepted(sk, known, protocol, task, fd, 0, EVENT_LATE | EVENT_UNTIMED, level);
		return;
	}
	if (state == TCP_CLOSE)
		return;
	read_owner(&c.owner, task, level);
	set_start(&c, bpf_ktime_get_boot_ns());
	c.start_unknown = 1;
	c.fd = fd;
	c.role = state == TCP_SYN_SENT ? ROLE_CONNECT : ROLE_EXISTING;
	c.peer_first = state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK;
	if (state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2)
		note_fin(&c, sk, rarely(level));
	else if (state == TCP_CLOSING)
		c.local_fin = FIN_HALF;
	if (c.role == ROLE_EXISTING) {
		c.established = c.start;
		c.flow = flow_of_existing(sk, protocol);
	}
	read_ends(&c.ends, sk, PROBED);
	if (c.role == ROLE_CONNECT)
		c.ends.sport = 0; /* it may not be chosen yet */
	if (bpf_map_update_elem(&connections, &key, &c, BPF_NOEXIST)) /* a hook has just inserted it */
		return;
	if (c.role != ROLE_EXISTING)
		return;
	e = begin_of(&c, OP_EXISTING, ATTRIBUTION_TASK, protocol, EVENT_UNCOUNTED);
	if (e)
		submit(e);
}
