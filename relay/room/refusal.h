/* Feeds that may not come: what an agency's quotas say of a new one, and how it is sent away. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state, what is on air is looked at. Fails: never.
 *
 * Quotas meet who comes: those on air are left alone, and who replaces a feed of the same role
 * takes nothing more than that one.
 */
#ifndef RELAY_ROOM_REFUSAL_H
#define RELAY_ROOM_REFUSAL_H

#include "relay/room/rooms.h"

#include <stdbool.h>
#include <stdint.h>

/* What an agency's rooms take now. */
struct refusal_use {
    uint32_t live_rooms; /* with a feed, whichever and wherever */
    uint64_t bitrate_bps;
};

void refusal_use(const struct rooms *r, const struct config_agency *agency,
                 struct refusal_use *out);
/* False: a feed of that role may come to that room, as far as its agency goes; else why not. */
bool refusal_by_quota(const struct rooms *r, const struct config *c, const char *room,
                      const char *role, char why[static LINK_TEXT]);
/* To the worker of the feed that m (LINK_FEED_OPEN) announced, and to the log. */
void refusal_tell(const struct rooms_out *out, const struct link_message *m, const char *room,
                  const char *why);

#endif
