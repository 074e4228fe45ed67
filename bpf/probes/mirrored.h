/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Types that the C# side mirrors. The object's BTF holds only types that a map, a variable or a function names, and no map
 * names a record of the ring. This variable names them, so that a test can compare each mirror with the BTF
 * (tests/Bpf/MirrorTests.cs). No program reads it.
 */
#pragma once

#include "event.h"
#include "maps.h"

struct mirrored {
	struct event event;
	struct cgroup_names cgroup;
	struct image image;
	enum record_kind record_kind;
	enum operation operation;
	enum reason reason;
	enum attribution attribution;
	enum event_flags event_flags;
	enum hierarchy hierarchy;
	enum walk walk;
	enum verdict verdict;
	enum role role;
};

const struct mirrored *const volatile mirrored = 0;
