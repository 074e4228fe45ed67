/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Who is it? Identity from a task. Direct loads need a task pointer that the verifier knows, which kernels before 5.12 do not give. */
#pragma once

#include "cgroup.h"

/*
 * One member chain, read directly (`modern`) or through bpf_probe_read_kernel(). Directly costs nothing when it runs, but each load costs the
 * verifier some searches through all the kernel's types by name, up to a millisecond in all: for what is hot.
 */
#define READ(modern, dst, task, ...)                                          \
	do {                                                                  \
		if (modern)                                                   \
			(dst) = DIRECT(task, __VA_ARGS__);                    \
		else                                                          \
			(dst) = BPF_CORE_READ(task, __VA_ARGS__);             \
	} while (0)
#define DIRECT_1(t, a) (t)->a
#define DIRECT_2(t, a, b) (t)->a->b
#define DIRECT_3(t, a, b, c) (t)->a->b->c
#define DIRECT_4(t, a, b, c, d) (t)->a->b->c->d
#define DIRECT_PICK(_1, _2, _3, _4, name, ...) name
#define DIRECT(t, ...) DIRECT_PICK(__VA_ARGS__, DIRECT_4, DIRECT_3, DIRECT_2, DIRECT_1)(t, __VA_ARGS__)

static __always_inline struct task_struct *current_task(bool modern)
{
	return modern ? (struct task_struct *)bpf_get_current_task_btf() : (struct task_struct *)bpf_get_current_task();
}

static __always_inline void read_comm(char *to, const struct task_struct *task, bool modern)
{
	const u64 *comm = (const void *)__builtin_preserve_access_index(&task->comm);

	if (!modern) {
		bpf_probe_read_kernel(to, 16, comm);
		return;
	}
	((u64 *)to)[0] = comm[0]; /* every comm of ours lies on a multiple of eight */
	((u64 *)to)[1] = comm[1];
}

/* The memory controller's cgroup: where container runtimes put the container on a v1 or hybrid machine. On v2 it is the unified one. */
static __always_inline u64 memory_cgroup(const struct css_set *set, const struct kernfs_node **node, bool modern)
{
	struct cgroup_subsys_state *state = 0;
	struct cgroup_subsys_state *const *entry;
	u64 id;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return 0;
	id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	entry = (const void *)((const char *)__builtin_preserve_access_index(&set->subsys) + id * sizeof(void *));
	if (modern) {
		*node = (*entry)->cgroup->kn;
		return (*node)->id;
	}
	bpf_probe_read_kernel(&state, sizeof(state), entry);
	*node = BPF_CORE_READ(state, cgroup, kn);
	return BPF_CORE_READ(*node, id);
}

/*
 * PID is the process, so COMM is the process's too (its leader's): a thread pool's names, or io_uring's iou-wrk-*, would tell nobody which
 * command it was.
 */
static __always_inline void read_owner(struct owner *owner, struct task_struct *task, bool modern)
{
	struct task_struct *leader;
	const struct kernfs_node *unified, *memory = 0;
	struct css_set *set;

	READ(modern, owner->pid, task, tgid);
	READ(modern, owner->tid, task, pid);
	READ(modern, owner->uid, task, cred, uid.val);
	READ(modern, owner->gid, task, cred, gid.val);
	READ(modern, owner->ppid, task, real_parent, tgid);
	READ(modern, owner->mntns, task, nsproxy, mnt_ns, ns.inum); /* nsproxy is NULL in a task that exits: either way that reads as 0 */
	READ(modern, leader, task, group_leader);
	read_comm(owner->comm, leader, modern);
	READ(modern, leader, task, real_parent, group_leader);
	read_comm(owner->pcomm, leader, modern);
	READ(modern, set, task, cgroups);
	READ(modern, unified, set, dfl_cgrp, kn);
	READ(modern, owner->cgroup, unified, id);
	owner->cgroup_v1 = memory_cgroup(set, &memory, modern);
	if (memory == unified)
		owner->cgroup_v1 = 0;
	owner->slot = slot_of_cgroup(unified, owner->cgroup, HIERARCHY_UNIFIED, modern);
	if (owner->cgroup_v1)
		owner->slot_v1 = slot_of_cgroup(memory, owner->cgroup_v1, HIERARCHY_MEMORY, modern);
}

static __always_inline bool process_selected(u32 pid)
{
	if (pid == config.self)
		return false;
	return !config.by_process || bpf_map_lookup_elem(&processes, &pid);
}

static __always_inline u32 current_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}
