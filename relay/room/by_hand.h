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

#include <stddef.h>

/* role: "main", "backup", or a further feed's; NULL: whoever is on air. who: for the log and for
 * the publisher. Returns how many feeds were told to leave. */
size_t room_kick(struct room *r, const char *role, const char *who);
/* choice: of viewers' picture from now on, while it is of use; who: for the log. */
void room_choose(struct room *r, enum on_air_choice choice, const char *who);
/* Tells the worker of s to end it; it says LINK_FEED_CLOSED when it has. */
void room_stop_feed(const struct room *r, const struct session *s, const char *why);

#endif
