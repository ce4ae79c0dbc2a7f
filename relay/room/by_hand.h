/* What an organizer does to a room by hand: feeds are sent away, main or backup is chosen. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state; what is chosen is the pair's (on_air.h).
 * Fails: never. All of it may be said twice: the second time changes nothing.
 */
#ifndef RELAY_ROOM_BY_HAND_H
#define RELAY_ROOM_BY_HAND_H

#include "relay/room/on_air.h"
#include "relay/room/room.h"

#include <stdbool.h>
#include <stddef.h>

struct kick {
    const char *role;    /* "main", "backup", or a further feed's; NULL: whoever is on air */
    const char *who;     /* for the log */
    size_t told, missed; /* out: feeds that were told to leave; whose worker was not reachable */
};

/* Sends feeds away. */
void room_kick(struct room *r, struct kick *k);
/* choice: of viewers' picture from now on, while it is of use; who: for the log. */
void room_choose(struct room *r, enum on_air_choice choice, const char *who);
/* The room is over: its feeds are sent away, viewers find nothing any more, and its state is
 * ROOM_GONE. Its numbers are noted, so that a room of that name goes on above them. */
void room_close(struct room *r, const char *why, int64_t now_us, int64_t wall_us);
/* Tells the worker of s to end it; it says LINK_FEED_CLOSED when it has. False: it is not
 * reachable.
 */
bool room_stop_feed(const struct room *r, const struct session *s, const char *why);

#endif
