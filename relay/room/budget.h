/* What a presentation keeps in memory and for how long: sliding, expiry, the budget of bytes. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: functions on a presentation. Fails: never.
 */
#ifndef RELAY_ROOM_BUDGET_H
#define RELAY_ROOM_BUDGET_H

#include "relay/room/presentation.h"
#include "relay/room/pressure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever they last, no list has more. */
enum {
    BUDGET_LIST_MAX = 8192,
    BUDGET_LIST_MIN = 6,       /* rule 23 */
    BUDGET_RETAINED_MAX = 1024 /* each costs a descriptor of those that all rooms share */
};

struct budget_limits {
    uint32_t segments;   /* to be listed, when window_ms is 0 */
    uint32_t window_ms;  /* how long the lists are to be */
    uint64_t room_bytes; /* what the windows may hold */
};

/* Slides all renditions to one first MSN, so that what the limits want stays listed in each, as far
 * as three quarters of the bytes go, but 6 segments and 3 target durations in any case (rule 23);
 * drops what was retained long enough (rule 24), and renditions that the session does not have once
 * nothing but gaps is left of them. */
void budget_slide(struct presentation *p, const struct budget_limits *l, int64_t now_us);
/* Drops retained segments whose time is over. True when there were any. */
bool budget_expire(struct presentation *p, int64_t now_us);
/* Keeps within the budget of bytes, and of BUDGET_RETAINED_MAX files behind the lists: retained
 * segments go first, then the oldest listed ones of all
 * renditions. Returns how many listed ones went. */
size_t budget_shed(struct presentation *p, uint64_t budget_bytes);
/* What it holds, what of that a live list wants (as budget_slide), and what that will come to. */
void budget_weigh(const struct presentation *p, struct pressure_weight *out);
/* Because all rooms together hold too much: keeps level_bytes, or what budget_weigh calls the floor
 * where that is more. The lists slide to three quarters of it, then what is retained goes, the
 * oldest first: at most so many segments at once. Returns how many went. */
size_t budget_give_up(struct presentation *p, uint64_t level_bytes, size_t most_segments,
                      int64_t now_us);
uint64_t budget_used_bytes(const struct presentation *p);

#endif
