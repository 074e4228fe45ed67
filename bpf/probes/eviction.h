/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What happens when the map of connections is full: an old connection makes room for a new one (it is evicted). It is the
 * oldest connection of the process that has most. User space looks for such victims once the map is nearly full. It walks
 * the map twice: first to count the connections of each process, then to list those of one process. It sorts them, the
 * oldest first, and leaves them in `shared.eviction`.
 */
#pragma once

#include "report.h"

/* Counts a connection for its owner. Processes that share a place count as one */
static __always_inline void count_owner(const struct connection *c)
{
	shared.eviction.owners[c->owner.pid % EVICTION_SLOTS]++;
}

static __always_inline void list_victim(u64 key, const struct connection *c)
{
	u32 place = shared.eviction.listed;

	if (c->owner.pid % EVICTION_SLOTS != shared.eviction.chosen || place >= VICTIM_SLOTS)
		return;
	shared.eviction.victims[place].key = key;
	shared.eviction.victims[place].start = c->start;
	shared.eviction.listed = place + 1;
}

/*
 * Evicts one connection. Two processors may choose the same victim: the second finds that it is gone, and takes the next.
 * The end of an evicted connection cannot be reported, so it is counted as lost. A connection that nobody has accepted is
 * not counted: its accept() will see it again.
 */
static __always_inline bool evict_one(enum level level)
{
	u32 place = shared.eviction.used;
	struct connection *c;
	u64 key;

	if (place >= shared.eviction.ready || place >= VICTIM_SLOTS)
		return false;
	shared.eviction.used = place + 1;
	key = shared.eviction.victims[place].key;
	c = bpf_map_lookup_elem(&connections, &key);
	if (!c || c->start != shared.eviction.victims[place].start || !claim_end(c, level))
		return false;
	if (c->owner.pid && c->failure != FAILURE_REPORTED)
		COUNT(evicted);
	return !bpf_map_delete_elem(&connections, &key);
}

#define MOST_TRIES 8

ON_ITS_OWN int make_room(void)
{
	for (int i = 0; i < MOST_TRIES; i++)
		if (evict_one(PROBED))
			return 1;
	return 0;
}

ON_ITS_OWN int make_room_legacy(void)
{
	for (int i = 0; i < MOST_TRIES; i++)
		if (evict_one(LEGACY))
			return 1;
	return 0;
}

/* Inserts a connection. `flags` as for bpf_map_update_elem(). True: it is in the map now, even if another program inserted it */
static __always_inline bool follow_connection(u64 key, const struct connection *c, u64 flags, enum level level)
{
	long error = bpf_map_update_elem(&connections, &key, c, flags);

	if (error == -E2BIG && (swaps(level) ? make_room() : make_room_legacy()))
		error = bpf_map_update_elem(&connections, &key, c, flags);
	if (error == -E2BIG)
		shared.eviction.wanted = 1;
	return error != -E2BIG && error != -ENOMEM;
}
