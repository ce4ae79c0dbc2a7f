/* What a presentation keeps in memory and for how long: sliding, expiry, the budget of bytes. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: functions on a presentation. Fails: never.
 */
#ifndef RELAY_ROOM_BUDGET_H
#define RELAY_ROOM_BUDGET_H

#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever they last, no list has more. */
enum { BUDGET_LIST_MAX = 4096 };

/* Slides all renditions to one first MSN, so that at least `segments` segments and 3 target
 * durations (rule 23) stay listed in each; drops what was retained long enough (rule 24), and
 * renditions that the session does not have once nothing but gaps is left of them. */
void budget_slide(struct presentation *p, uint32_t segments, int64_t now_us);
/* Drops retained segments whose time is over. True when there were any. */
bool budget_expire(struct presentation *p, int64_t now_us);
/* Keeps within the budget: retained segments go first, then the oldest listed ones of all
 * renditions. Returns how many listed ones went. */
size_t budget_shed(struct presentation *p, uint64_t budget_bytes);
uint64_t budget_used_bytes(const struct presentation *p);

#endif
