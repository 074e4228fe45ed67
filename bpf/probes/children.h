/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* For `-- COMMAND`: children of a selected process, and of the recorder itself, are selected before they run their first instruction. */
#pragma once

#include "maps.h"

static __always_inline int select_child(const struct task_struct *parent, const struct task_struct *child)
{
	u32 pid = parent->tgid;
	u32 child_pid = child->tgid;
	u8 selected = 1;

	if (pid == child_pid || (pid != config.self && !bpf_map_lookup_elem(&processes, &pid)))
		return 0;
	if (bpf_map_update_elem(&processes, &child_pid, &selected, BPF_ANY))
		COUNT(processes_full);
	return 0;
}
