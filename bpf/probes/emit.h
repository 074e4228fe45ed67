/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From a connection to an event in the ring. Every event passes begin() and submit(). begin() counts what is not wanted or
 * does not fit.
 */
#pragma once

#include "flow.h"
#include "owner.h"
#include "socket.h"

static __always_inline bool port_selected(const struct ends *ends)
{
	u16 port;

	if (!config.by_port)
		return true;
	port = ends->sport;
	if (bpf_map_lookup_elem(&ports, &port))
		return true;
	port = ends->dport;
	return bpf_map_lookup_elem(&ports, &port);
}

static __always_inline bool operation_selected(enum operation operation)
{
	return config.operations & (1u << operation);
}

static __always_inline struct event *begin(enum operation operation, const struct owner *owner)
{
	struct event *e;

	if (config.by_workload && unwanted(owner)) {
		COUNT(unwanted);
		return 0;
	}
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (!e) {
		COUNT(ring_full);
		return 0;
	}
	COUNT(produced);
	__builtin_memset(e, 0, sizeof(*e));
	e->kind = RECORD_EVENT;
	e->operation = operation;
	e->timestamp = bpf_ktime_get_boot_ns();
	e->fd = -1;
	return e;
}

static __always_inline void submit(struct event *e)
{
	u64 wake = BPF_RB_NO_WAKEUP;

	if (shared.idle) {
		shared.idle = 0;
		wake = BPF_RB_FORCE_WAKEUP;
	}
	bpf_ringbuf_submit(e, wake);
}

/* Takes back an event that turned out to be wrong */
static __always_inline void withdraw(struct event *e)
{
	bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
	UNCOUNT(produced);
}

static __always_inline void set_owner(struct event *e, const struct owner *owner)
{
	e->pid = owner->pid;
	e->tid = owner->tid;
	e->uid = owner->uid;
	e->gid = owner->gid;
	e->ppid = owner->ppid;
	e->mntns = owner->mntns;
	e->cgroup = owner->cgroup;
	e->cgroup_v1 = owner->cgroup_v1;
	e->image = owner->image;
	__builtin_memcpy(e->comm, owner->comm, sizeof(e->comm));
	__builtin_memcpy(e->parent_comm, owner->parent_comm, sizeof(e->parent_comm));
}

static __always_inline void set_ends(struct event *e, const struct ends *ends)
{
	e->netns_cookie = ends->netns_cookie;
	e->netns = ends->netns;
	e->family = ends->family;
	e->sport = ends->sport;
	e->dport = ends->dport;
	__builtin_memcpy(e->saddr, ends->saddr, sizeof(e->saddr));
	__builtin_memcpy(e->daddr, ends->daddr, sizeof(e->daddr));
}

static __always_inline void set_connection(struct event *e, const struct connection *c)
{
	set_owner(e, &c->owner);
	set_ends(e, &c->ends);
	e->start = c->start;
	e->start_cpu = c->start_cpu;
	e->fd = c->fd;
	e->flow = c->flow;
	if (c->start_unknown)
		e->flags |= EVENT_UNTIMED;
}

static __always_inline u8 mptcp_flag(u16 protocol)
{
	return protocol == IPPROTO_MPTCP ? EVENT_MPTCP : 0;
}

/* Begins an event with all that the map has of its connection. 0: the event is not wanted, or does not fit */
static __always_inline struct event *begin_of(const struct connection *c, enum operation operation, enum attribution attribution,
					      u16 protocol, u8 flags)
{
	struct event *e;

	if (!operation_selected(operation) || !port_selected(&c->ends))
		return 0;
	e = begin(operation, &c->owner);
	if (!e)
		return 0;
	set_connection(e, c);
	e->attribution = attribution;
	e->flags |= flags | mptcp_flag(protocol);
	return e;
}

/* Writes who called listen() into the event of a connection that waited to be accepted */
static __always_inline void set_listener(struct event *e, const struct listener *l)
{
	e->other_pid = l->pid;
	__builtin_memcpy(e->other_comm, l->comm, sizeof(e->other_comm));
}

/* Writes who closed the connection into the event of its end */
static __always_inline void set_actor(struct event *e, const struct connection *c)
{
	e->other_pid = c->actor;
	__builtin_memcpy(e->other_comm, c->actor_comm, sizeof(e->other_comm));
}

/*
 * The last start on each processor. The kernel's clock may step back a little when it is corrected, and no two connections
 * may get one identity.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} last_start SEC(".maps");

static __always_inline void set_start(struct connection *c, u64 now)
{
	u32 only = 0;
	u64 *last = bpf_map_lookup_elem(&last_start, &only);

	if (last) {
		if (now <= *last)
			now = *last + 1;
		*last = now;
	}
	c->start = now;
	c->start_cpu = bpf_get_smp_processor_id();
}

static __always_inline u64 key_of(const struct sock *sk)
{
	return (u64)(unsigned long)sk;
}
