/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which container is it? The names of the owner's cgroup, told once, in the ring, before the first event that needs them. */
#pragma once

#include "maps.h"

static __always_inline const struct kernfs_node *parent_of(const struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->parent))
		return BPF_CORE_READ(node, parent);
	return BPF_CORE_READ((const struct kernfs_node___rcu *)node, __parent);
}

/* A function of its own, not inlined: it is rarely run, and there are many callers. If the ring is full, the next event in it tries again. */
static __noinline int tell_cgroup(const struct kernfs_node *node, u64 id, u32 hierarchy)
{
	struct cgroup_key key = { .id = id, .hierarchy = hierarchy };
	const struct kernfs_node *parent;
	struct cgroup_names *names;
	u32 generation = shared.generation;
	u32 level;

	names = bpf_ringbuf_reserve(&ring, sizeof(*names), 0);
	if (!names)
		return 0;
	names->id = id;
	names->hierarchy = hierarchy;
	for (level = 0; level < CGROUP_LEVELS; level++) {
		parent = node ? parent_of(node) : 0;
		if (!parent) /* the root's name is empty */
			break;
		bpf_probe_read_kernel_str(names->names[level], CGROUP_NAME, BPF_CORE_READ(node, name));
		node = parent;
	}
	names->levels = level;
	bpf_ringbuf_submit(names, BPF_RB_NO_WAKEUP); /* an event follows */
	bpf_map_update_elem(&told_cgroups, &key, &generation, BPF_ANY);
	return 0;
}

static __always_inline bool cgroup_told(u64 id, u32 hierarchy)
{
	struct cgroup_key key = { .id = id, .hierarchy = hierarchy };
	const u32 *generation = bpf_map_lookup_elem(&told_cgroups, &key);

	return generation && *generation == shared.generation;
}
