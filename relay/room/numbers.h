/* Where a room's numbers begin, so that none ever goes back: not for a viewer of years either. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: pure functions over a journal's memory. Fails: never.
 *
 * Two witnesses, and the higher one is believed. The clock: MEDIA-SEQUENCE starts at the seconds
 * since 2026-01-01T00:00:00Z, parts at eight times that, DISCONTINUITY-SEQUENCE at a six-hundredth,
 * so a machine that lost everything goes on without having kept anything. The journal: what the
 * clock cannot know (TARGETDURATION, PART-TARGET, the last date, more than one break in ten
 * minutes) and what it says wrong when it was set back.
 */
#ifndef RELAY_ROOM_NUMBERS_H
#define RELAY_ROOM_NUMBERS_H

#include "relay/room/journal.h"
#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stdint.h>

/* The least numbers that any room has. */
void numbers_first(struct presentation_start *floor);
/* Where a room of that name begins: above floor, its own past (j NULL: none) and the clock's. */
void numbers_start(const struct journal *j, const char *room,
                   const struct presentation_start *floor, int64_t wall_us,
                   struct presentation_start *out);
/* Writes down where it is now, if that moved. over: nobody watches it any more. */
void numbers_note(struct journal *j, const char *room, const struct presentation *p, bool over,
                  int64_t wall_us);

#endif
