/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Which container is it? The names of the owner's cgroup are sent once, before the first event in that cgroup. */
#pragma once

#include "maps.h"
#include "read.h"

static __always_inline const struct kernfs_node *parent_of(const struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->parent))
		return BPF_CORE_READ(node, parent);
	return BPF_CORE_READ((const struct kernfs_node___rcu *)node, __parent);
}

/*
 * A slot is the generation and, in its lower part, a number that counts up. User space begins a new generation long before
 * a number comes again. A slot of an older generation has no verdict. Number 0 has none, either: kernels before 5.12 cannot
 * count without races, and use only that number.
 */
static __always_inline u32 next_slot(enum level level)
{
	u32 number = swaps(level) ? __sync_fetch_and_add(&shared.last_slot, 1) % (CGROUP_SLOTS - 1) + 1 : 0;

	return shared.generation * CGROUP_SLOTS + number;
}

/* Sends the names of a cgroup. `address`: of its kernfs_node. If the ring is full, the next event in the cgroup tries again. */
ON_ITS_OWN u32 tell_cgroup(u64 address, u64 id, u32 hierarchy, u32 slot)
{
	const struct kernfs_node *node = (const void *)(unsigned long)address;
	struct cgroup_key key = { .id = id, .hierarchy = hierarchy };
	const struct kernfs_node *parent;
	struct cgroup_names *names;
	u32 level;

	names = bpf_ringbuf_reserve(&ring, sizeof(*names), 0);
	if (!names)
		return 0;
	__builtin_memset(names, 0, __builtin_offsetof(struct cgroup_names, names));
	names->kind = RECORD_CGROUP;
	names->id = id;
	names->hierarchy = hierarchy;
	names->slot = slot;
	for (level = 0; level < CGROUP_LEVELS; level++) {
		parent = node ? parent_of(node) : 0;
		if (!parent) /* the root's name is empty */
			break;
		bpf_probe_read_kernel_str(names->names[level], CGROUP_NAME, BPF_CORE_READ(node, name));
		node = parent;
	}
	names->levels = level + (level == CGROUP_LEVELS && node && parent_of(node));
	bpf_ringbuf_submit(names, BPF_RB_NO_WAKEUP); /* an event follows */
	bpf_map_update_elem(&reported_cgroups, &key, &slot, BPF_ANY);
	return slot;
}

static __always_inline u32 slot_of_cgroup(const struct kernfs_node *node, u64 id, u32 hierarchy, enum level level)
{
	struct cgroup_key key = { .id = id, .hierarchy = hierarchy };
	const u32 *slot;

	if (config.no_cgroup_names)
		return 0;
	slot = bpf_map_lookup_elem(&reported_cgroups, &key);
	return slot && *slot / CGROUP_SLOTS == shared.generation ? *slot : tell_cgroup(number_of(node), id, hierarchy, next_slot(level));
}

static __always_inline u8 verdict_of(u32 slot)
{
	return slot / CGROUP_SLOTS == shared.generation ? shared.verdicts[slot % CGROUP_SLOTS] : VERDICT_NONE;
}

/* On a v1 or hybrid machine a process is in a container if one hierarchy says so, and on the host only if both do */
static __always_inline bool unwanted(const struct owner *owner)
{
	u8 unified = verdict_of(owner->slot), memory = owner->cgroup_v1 ? verdict_of(owner->slot_v1) : VERDICT_HOST_UNWANTED;

	return (unified | memory) & VERDICT_CONTAINER_UNWANTED || (unified & memory & VERDICT_HOST_UNWANTED);
}
