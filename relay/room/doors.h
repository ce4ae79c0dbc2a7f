/* When viewers may see a room: at once, or when its feed has been found to be well. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; whether it is open is the presentation's (is_public), so that it outlives upgrades
 * and, in the journal, crashes. Thread: control. Life: no state. Fails: never.
 *
 * Who is in stays in: a light that turns red later closes nothing. A room whose list has ended has
 * its doors closed again by the next feed.
 */
#ifndef RELAY_ROOM_DOORS_H
#define RELAY_ROOM_DOORS_H

#include "relay/room/room.h"

/* A new room, or a new list in an old one; what the journal says of viewers before stays so. */
void doors_begin(struct room *r);
void doors_close(struct room *r);
/* With each second of a feed: opens them when the light has been green for as long as the doctor
 * watches a feed, or when the configuration no longer waits. */
void doors_second(struct room *r, int64_t now_us);
/* An organizer opens them, whatever the doctor says; who: for the log. */
void doors_open_by_hand(struct room *r, const char *who);

#endif
