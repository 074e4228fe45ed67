/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Reads a socket: its kind, its two ends, its counters. And finds the socket of a file descriptor. A new counter goes into
 * read_path_counters() or read_tcp_counters(), and into load_counters(): the levels of read.h read in different ways.
 */
#pragma once

#include "owner.h"

static __always_inline const struct tcp_sock *typed_tcp_sock(const struct sock *sk, enum level level)
{
	if (level == CAST)
		return sk->sk_protocol == IPPROTO_TCP ? CAST_TO(struct tcp_sock, sk) : 0;
	return level == TYPED ? (const struct tcp_sock *)bpf_skc_to_tcp_sock((void *)sk) : 0;
}

static __always_inline bool is_tcp(u16 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

/*
 * An MPTCP connection is one socket of the application, which uses several TCP sockets, its subflows. We report the former
 */
static __always_inline bool is_subflow(const struct sock *sk, u16 protocol, enum level level)
{
	const struct tcp_sock *tp = (const void *)sk;

	if (protocol != IPPROTO_TCP || !bpf_core_field_exists(tp->is_mptcp))
		return false;
	if (!loads(level))
		return BPF_CORE_READ(tp, is_mptcp);
	tp = typed_tcp_sock(sk, level);
	return tp && tp->is_mptcp;
}

static __always_inline struct sock *subflow_parent(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	struct mptcp_subflow_context *context = BPF_CORE_READ(icsk, icsk_ulp_data);

	if (!bpf_core_type_exists(struct mptcp_subflow_context) || !context)
		return 0;
	return BPF_CORE_READ(context, conn);
}

/* Has it sent anything, if only a SYN? */
static __always_inline bool has_sent(const struct sock *sk, u16 protocol)
{
	const struct mptcp_sock *msk = (const void *)sk;
	const struct tcp_sock *tp = (const void *)sk;

	if (protocol == IPPROTO_MPTCP) {
		if (!bpf_core_type_exists(struct mptcp_sock))
			return false;
		tp = (const void *)BPF_CORE_READ(msk, first);
	}
	return BPF_CORE_READ(tp, segs_out) != 0;
}

/* Does it have a subflow that has not ended? The first subflow stays in the list to the end (before 6.2: only until it ends) */
static __always_inline bool has_live_subflow(const struct sock *sk)
{
	const struct mptcp_sock *msk = (const void *)sk;
	const struct list_head *head, *entry;

	if (!bpf_core_type_exists(struct mptcp_sock))
		return true;
	head = __builtin_preserve_access_index(&msk->conn_list);
	entry = BPF_CORE_READ(msk, conn_list.next);
	if (entry == head)
		return false;
	return BPF_CORE_READ(entry, next) != head || BPF_CORE_READ(msk, first, __sk_common.skc_state) != TCP_CLOSE;
}

/* Has the peer's DATA_FIN been processed? It is to MPTCP what SOCK_DONE is to TCP. After a fallback to TCP it holds, too */
static __always_inline bool mptcp_peer_finished(const struct sock *sk)
{
	const struct mptcp_sock *msk = (const void *)sk;

	if (!bpf_core_field_exists(msk->rcv_data_fin_seq)) /* before 5.9 */
		return false;
	return BPF_CORE_READ(msk, ack_seq) == BPF_CORE_READ(msk, rcv_data_fin_seq) + 1;
}

static __always_inline u64 cookie_of(const struct net *net)
{
	return bpf_core_field_exists(net->net_cookie) ? BPF_CORE_READ(net, net_cookie) : 0;
}

/* Can anything still be sent in this namespace? One that ends drops its sockets and sends nothing */
static __always_inline bool is_alive(const struct net *net)
{
	const struct ns_common___ref *named = (const void *)net;

	if (bpf_core_field_exists(net->ns.count))
		return BPF_CORE_READ(net, ns.count.refs.counter);
	if (!bpf_core_field_exists(named->__ns_ref))
		return true;
	named = (const void *)__builtin_preserve_access_index(&net->ns);
	return BPF_CORE_READ(named, __ns_ref.refs.counter);
}

static __always_inline bool netns_selected(const struct sock *sk)
{
	const struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);

	return netns_is_selected(BPF_CORE_READ(net, ns.inum), cookie_of(net));
}

/* The protocol, if it is a TCP or MPTCP socket in a selected namespace; otherwise 0 */
static __always_inline u16 followed_protocol(const struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u16 protocol;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	return is_tcp(protocol) && netns_selected(sk) ? protocol : 0;
}

/* Not skc_num: that is 0 when a socket reaches CLOSE */
static __always_inline u16 read_sport(const struct sock *sk, enum level level)
{
	const struct tcp_sock *tp = typed_tcp_sock(sk, level);
	const struct inet_sock *inet = (const void *)sk;

	return bpf_ntohs(tp ? tp->inet_conn.icsk_inet.inet_sport : BPF_CORE_READ(inet, inet_sport));
}

/*
 * The local port that the socket holds now. inet_sport may still have the port of an earlier connect() on the same socket
 */
static __always_inline u16 held_port(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_num);
}

static __always_inline void read_ends(struct ends *ends, const struct sock *sk, enum level level)
{
	struct net *net = READ(level, sk, __sk_common.skc_net.net);
	u16 family = READ(level, sk, __sk_common.skc_family);

	ends->netns = READ(level, net, ns.inum);
	if (bpf_core_field_exists(net->net_cookie))
		ends->netns_cookie = READ(level, net, net_cookie);
	ends->family = family;
	ends->sport = read_sport(sk, level);
	ends->dport = bpf_ntohs(READ(level, sk, __sk_common.skc_dport));
	if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&ends->saddr, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&ends->daddr, sk, __sk_common.skc_v6_daddr);
	} else {
		*(__be32 *)ends->saddr = READ(level, sk, __sk_common.skc_rcv_saddr);
		*(__be32 *)ends->daddr = READ(level, sk, __sk_common.skc_daddr);
	}
}

/*
 * Does the memory of the socket belong to another connection by now? False where that is not known: for MPTCP, which sets
 * the ports of its socket at no fixed moment, and for a connection whose local port was not known when its ends were noted.
 */
static __always_inline bool is_another(const struct sock *sk, const struct ends *ends, u16 protocol, enum level level)
{
	return protocol == IPPROTO_TCP && ends->sport &&
	       (ends->sport != read_sport(sk, level) || ends->dport != bpf_ntohs(READ(level, sk, __sk_common.skc_dport)));
}

/*
 * Retransmitted bytes are counted once. `sent` is bytes_sent minus bytes_retrans. That is too much where this host's own
 * firewall dropped segments: the kernel does not count those as retransmitted. Then the sequence numbers tell how much was
 * sent; they include our SYN, where we connected, and our FIN.
 */
static __always_inline u64 sent_once(const struct connection *c, u64 sent, u64 acknowledged, u32 in_flight, u32 unsent)
{
	u64 numbers = acknowledged + in_flight - (c->role == ROLE_CONNECT);

	return sent <= numbers ? sent : numbers - (c->local_fin && !unsent);
}

/* bytes_received counts the peer's FIN. SOCK_DONE shows that it came */
static __always_inline void read_tcp_counters(struct event *e, const struct sock *sk, const struct connection *c)
{
	const struct tcp_sock *tp = (const void *)sk;
	unsigned long flags = BPF_CORE_READ(sk, __sk_common.skc_flags);
	u64 sent = BPF_CORE_READ(tp, bytes_sent) - BPF_CORE_READ(tp, bytes_retrans);
	u32 next = BPF_CORE_READ(tp, snd_nxt);
	u32 in_flight = next - BPF_CORE_READ(tp, snd_una), unsent = BPF_CORE_READ(tp, write_seq) - next;

	e->sent = sent_once(c, sent, BPF_CORE_READ(tp, bytes_acked), in_flight, unsent);
	e->received = BPF_CORE_READ(tp, bytes_received);
	if (e->received && (flags & (1UL << SOCK_DONE_BIT)))
		e->received--;
}

static __always_inline void read_path_counters(struct event *e, const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;

	e->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	e->retransmits = BPF_CORE_READ(tp, total_retrans);
}

static __always_inline void read_mptcp_path(struct event *e, const struct sock *sk)
{
	const struct mptcp_sock *msk = (const void *)sk;
	struct sock *first;

	if (!bpf_core_type_exists(struct mptcp_sock))
		return;
	first = BPF_CORE_READ(msk, first);
	if (first)
		read_path_counters(e, first);
}

/* TCP_REPAIR: the connection is being moved elsewhere (CRIU), and its close() sends nothing */
static __always_inline bool in_repair(const struct sock *sk, enum level level)
{
	const struct tcp_sock *tp = typed_tcp_sock(sk, level);

	return tp ? BPF_CORE_READ_BITFIELD(tp, repair) : BPF_CORE_READ_BITFIELD_PROBED((const struct tcp_sock *)sk, repair);
}

/* Is it an MPTCP socket whose peer speaks plain TCP? */
static __always_inline bool fell_back(const struct sock *sk)
{
	const struct inet_connection_sock *first;
	const struct mptcp_sock *msk = (const void *)sk;
	const struct mptcp_subflow_context *context;

	if (!bpf_core_type_exists(struct mptcp_sock) || !bpf_core_type_exists(struct mptcp_subflow_context))
		return false;
	first = (const void *)BPF_CORE_READ(msk, first);
	context = BPF_CORE_READ(first, icsk_ulp_data);
	return context && BPF_CORE_READ((const struct sock *)first, __sk_common.skc_state) != TCP_CLOSE &&
	       !BPF_CORE_READ_BITFIELD_PROBED(context, mp_capable);
}

/* The same as read_tcp_counters() and read_path_counters(), with plain loads */
static __always_inline void load_counters(struct event *e, const struct tcp_sock *tp, unsigned long flags, const struct connection *c)
{
	u64 received = tp->bytes_received;

	e->sent = sent_once(c, tp->bytes_sent - tp->bytes_retrans, tp->bytes_acked, tp->snd_nxt - tp->snd_una, tp->write_seq - tp->snd_nxt);
	e->received = received - (received && (flags & (1UL << SOCK_DONE_BIT)));
	e->srtt_us = tp->srtt_us >> 3;
	e->retransmits = tp->total_retrans;
}

static __always_inline void read_counters(struct event *e, const struct sock *sk, const struct connection *c, u16 protocol,
					  enum level level)
{
	const struct tcp_sock *tp = typed_tcp_sock(sk, level);
	const struct mptcp_sock *msk = (const void *)sk;
	struct sock *first;

	if (tp) {
		load_counters(e, tp, READ(level, sk, __sk_common.skc_flags), c);
		return;
	}
	if (protocol == IPPROTO_TCP) {
		read_tcp_counters(e, sk, c);
		read_path_counters(e, sk);
		return;
	}
	read_mptcp_path(e, sk);
	if (!bpf_core_type_exists(struct mptcp_sock))
		return;
	first = BPF_CORE_READ(msk, first);
	if (bpf_core_field_exists(msk->bytes_sent)) { /* 6.1 does not have it */
		e->sent = BPF_CORE_READ(msk, bytes_sent);
		e->received = BPF_CORE_READ(msk, bytes_received);
	} else if (first) {
		read_tcp_counters(e, first, c);
	}
}

/* Typed pointers do not lead to files: on TYPED, too, they are read with bpf_probe_read_kernel() */
static __always_inline struct sock *sock_of_file(const struct file *file, enum level level)
{
	const struct socket *socket;

	if (!file || (READ_FAR(level, struct file, file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = READ_FAR(level, struct file, file, private_data);
	return (struct sock *)KNOWN(level, struct sock, READ_FAR(level, struct socket, socket, sk));
}

static __always_inline struct file *file_of_fd(struct task_struct *task, u32 fd, enum level level)
{
	struct fdtable *table;
	struct file **files;
	struct file *file = 0;
	u32 count;

	table = READ(level, task, files, fdt);
	count = READ(level, table, max_fds);
	if (fd >= count)
		return 0;
	files = READ(level, table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

static __always_inline struct sock *sock_of_fd(struct task_struct *task, u32 fd, enum level level)
{
	return sock_of_file(file_of_fd(task, fd, level), level);
}

/*
 * The key of the listener from which accept() took a connection: of the socket in the descriptor that accept() was called
 * with. While accept() slept, another thread may have put another socket there. That shows in its port, and then the result
 * is 0. If accept() did not sleep, a different port proves nothing (TPROXY, a BPF program that steers). The result is good
 * only for a look-up: if the file is no socket, it is any number, and nothing is found.
 */
static __always_inline u64 listener_key_of_fd(struct task_struct *task, u32 fd, const struct sock *accepted, enum level level)
{
	const struct file *file = file_of_fd(task, fd, level);
	const struct socket *socket = file ? READ_FAR(level, struct file, file, private_data) : 0;
	const struct sock *sk = READ_FAR(level, struct socket, socket, sk);

	if (READ_FAR(level, struct inet_sock, sk, inet_sport) != READ_FAR(level, struct inet_sock, accepted, inet_sport) &&
	    (!file || !(READ_FAR(level, struct file, file, f_flags) & O_NONBLOCK)))
		return 0;
	return (u64)(unsigned long)sk;
}
