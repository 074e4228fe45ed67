/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel types that the probes read, with only the members that they read. CO-RE relocates each access against the BTF
 * of the running kernel. So the name and the kind of a member matter here; its order, its size and its neighbours do not. A
 * vmlinux.h would serve, too. But without it no BTF is needed to build, and a reader can see what we depend on.
 *
 * A number such as 5.12 is the first Linux release that has the member or type. A type with ___ in its name is the type
 * without that suffix, as other releases have it (bpf_core_field_exists() tells which).
 */
#pragma once

#include <asm/errno.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define O_NONBLOCK 04000
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define SIGNAL_GROUP_EXIT 0x00000004
#define RCV_SHUTDOWN 1

enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

/* include/net/sock.h, enum sock_flags: unchanged since 2.6 */
#define SOCK_DEAD_BIT 0
#define SOCK_DONE_BIT 1
#define SOCK_LINGER_BIT 4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	u8 bytes[16];
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct ns_common {
	unsigned int inum;
	refcount_t count;
};

/* since 6.18 */
struct ns_common___ref {
	refcount_t __ns_ref;
};

struct netns_ipv4 {
	int sysctl_tcp_fin_timeout; /* in jiffies */
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
	u64 net_cookie; /* 5.12. Before, it is an atomic64_t, which CO-RE takes for another member: it reads as absent */
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num; /* the local port in host order; 0: the socket holds none (it is neither bound nor connected) */
	u16 skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
	refcount_t skc_refcnt;
};

struct timer_list {
	unsigned long expires;
};

struct sock {
	struct sock_common __sk_common;
	struct {
		void *tail;
	} sk_backlog; /* segments that arrived while a system call had the socket locked */
	struct timer_list sk_timer; /* TCP's keep-alive timer. Since 6.19: icsk_keepalive_timer */
	u16 sk_protocol;
	u8 sk_shutdown;
	int sk_err;
	/*
	 * Of a listener: SYNs and last segments of handshakes that it dropped because its accept queue was full, and resets
	 * that came too late
	 */
	atomic_t sk_drops;
	/* Of a listener: connections in its accept queue. The queue is full at sk_max_ack_backlog + 1 */
	u32 sk_ack_backlog, sk_max_ack_backlog;
	unsigned long sk_lingertime;
	struct socket *sk_socket; /* NULL before accept() and after close() */
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	u32 icsk_delack_max; /* 200 ms in jiffies */
	void *icsk_ulp_data;
};

/* since 6.19 */
struct inet_connection_sock___keepalive {
	struct timer_list icsk_keepalive_timer;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 data_segs_in;
	u32 segs_out;
	u32 srtt_us;
	u32 total_retrans;
	u32 rcv_tstamp; /* the jiffy of the last acknowledgment that was accepted. A reset is no acknowledgment */
	u32 snd_una;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 write_seq;
	int linger2; /* TCP_LINGER2: jiffies to wait for the peer's FIN; 0: the default; below 0: do not wait */
	bool is_mptcp;
	u8 repair : 1;
};

struct list_head {
	struct list_head *next;
};

struct mptcp_sock {
	struct inet_connection_sock sk;
	u64 bytes_sent;
	u64 bytes_received;
	u64 ack_seq;
	u64 rcv_data_fin_seq;
	struct list_head conn_list;
	struct sock *first;
};

struct mptcp_subflow_context {
	u32 mp_capable : 1; /* the peer speaks MPTCP */
	struct sock *conn;
};

struct qstr {
	u64 hash_len; /* the length is the upper half */
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct socket {
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	void *i_private; /* in the file of a namespace: its struct ns_common */
};

struct file {
	unsigned int f_flags;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	u64 id;
	const char *name;
	struct kernfs_node *parent;
};

/* since 6.15 */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

enum cgroup_subsys_id {
	memory_cgrp_id, /* its value differs between kernels: read it with bpf_core_enum_value() */
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct thread_info {
#ifdef __TARGET_ARCH_x86
	u32 status;
#else
	unsigned long flags;
#endif
};

struct signal_struct {
	atomic_t live; /* threads that have not begun to end */
	unsigned int flags;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	struct file *exe_file;
};

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	u64 self_exec_id;
	u64 start_boottime; /* 5.5 */
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct files_struct *files;
	struct signal_struct *signal;
	void *stack;
	char comm[16];
};

struct bpf_iter__task_file {
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

/* since 5.9 */
struct bpf_iter__bpf_map_elem {
	void *key;
	void *value;
};

#pragma clang attribute pop

/* The argument of a syscalls/sys_exit_* tracepoint. Its layout is part of the kernel's ABI towards perf */
struct syscall_exit {
	u64 common;
	s64 number;
	s64 result;
};
