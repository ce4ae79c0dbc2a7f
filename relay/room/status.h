/* What a room is doing, for pages: status.json and its entry in rooms.json. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: pure functions. Fails: never; a failed text says so itself.
 * Public: no addresses, no keys. Figures that wobble are rounded, so that the text rarely changes.
 */
#ifndef RELAY_ROOM_STATUS_H
#define RELAY_ROOM_STATUS_H

#include "relay/base/text.h"
#include "relay/room/room.h"

#define STATUS_TYPE "application/json"

/* {room, title, state, since, video, audio, left_out, target_duration_s, part_target_ms, segments,
 * message, on_air, roles, health} */
void status_render(struct text *t, const struct room_facts *f);
/* {name, title, state, since, width, height, fps, codec, bitrate_bps, url} */
void status_render_entry(struct text *t, const struct room_facts *f);
/* "live", "waiting" or "ended": what a viewer may expect. */
const char *status_word(const struct room_facts *f);

#endif
