/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Who is it? The owner's identity, read from its task. */
#pragma once

#include "cgroup.h"
#include "image.h"

static __always_inline struct task_struct *current_task(enum level level)
{
	if (loads(level))
		return (struct task_struct *)KNOWN(level, struct task_struct, bpf_get_current_task_btf());
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline void read_comm(char *to, const struct task_struct *task, enum level level)
{
	const u64 *comm = (const void *)__builtin_preserve_access_index(&task->comm);

	if (!loads(level)) {
		bpf_probe_read_kernel(to, 16, comm);
		return;
	}
	((u64 *)to)[0] = comm[0]; /* in all our structs a comm begins at a multiple of eight */
	((u64 *)to)[1] = comm[1];
}

/*
 * The memory controller's cgroup. On a v1 or hybrid machine container runtimes put the container there. On a v2 machine it
 * is the unified cgroup.
 */
static __always_inline u64 memory_cgroup(const struct css_set *set, const struct kernfs_node **node, enum level level)
{
	struct cgroup_subsys_state *state = 0;
	struct cgroup_subsys_state *const *entry;
	u64 id;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return 0;
	id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	entry = (const void *)((const char *)__builtin_preserve_access_index(&set->subsys) + id * sizeof(void *));
	if (loads(level)) {
		*node = (*entry)->cgroup->kn;
		return (*node)->id;
	}
	bpf_probe_read_kernel(&state, sizeof(state), entry);
	*node = BPF_CORE_READ(state, cgroup, kn);
	return BPF_CORE_READ(*node, id);
}

/*
 * PID is the process, so COMM is the name of the process, too: that of its first thread. The names of a thread pool's
 * threads, or iou-wrk-* of io_uring, would tell nobody which command it was.
 */
static __always_inline void read_owner(struct owner *owner, struct task_struct *task, enum level level)
{
	struct task_struct *leader;
	const struct kernfs_node *unified, *memory = 0;
	struct css_set *set;

	owner->pid = READ(level, task, tgid);
	owner->tid = READ(level, task, pid);
	owner->uid = READ(level, task, cred, uid.val);
	owner->gid = READ(level, task, cred, gid.val);
	owner->ppid = READ(level, task, real_parent, tgid);
	owner->mntns = READ(level, task, nsproxy, mnt_ns, ns.inum); /* 0 in a task that exits: nsproxy is NULL */
	leader = READ(level, task, group_leader);
	read_comm(owner->comm, leader, level);
	leader = READ(level, task, real_parent, group_leader);
	read_comm(owner->parent_comm, leader, level);
	set = READ(level, task, cgroups);
	unified = READ(level, set, dfl_cgrp, kn);
	owner->cgroup = READ(level, unified, id);
	owner->cgroup_v1 = memory_cgroup(set, &memory, level);
	if (memory == unified)
		owner->cgroup_v1 = 0;
	owner->slot = slot_of_cgroup(unified, owner->cgroup, HIERARCHY_UNIFIED, level);
	if (owner->cgroup_v1)
		owner->slot_v1 = slot_of_cgroup(memory, owner->cgroup_v1, HIERARCHY_MEMORY, level);
	owner->image = image_of(task, level);
}

/* Without the hook at fork: is one of the current process's ancestors selected, or the recorder itself? */
static __noinline bool comes_of_selected(void)
{
	enum { MOST_ANCESTORS = 32 };
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	for (int i = 0; i < MOST_ANCESTORS; i++) {
		u32 pid;

		task = BPF_CORE_READ(task, real_parent);
		pid = BPF_CORE_READ(task, tgid);
		if (!pid)
			return false;
		if (pid == config.self || bpf_map_lookup_elem(&processes, &pid))
			return true;
	}
	return false;
}

static __always_inline bool process_selected(u32 pid)
{
	if (pid == config.self)
		return false;
	if (!config.by_process || bpf_map_lookup_elem(&processes, &pid))
		return true;
	return config.by_ancestry && comes_of_selected();
}

static __always_inline bool current_is_kernel(void)
{
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), flags) & PF_KTHREAD;
}

static __always_inline u32 current_pid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}
