/* The public list of rooms, /live/rooms.json: made again when it changed, once a second at most. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the text it published last. Thread: control. Life: zero to begin with; room_list_fini.
 * Fails:  never; without memory the last list stays.
 */
#ifndef RELAY_ROOM_ROOM_LIST_H
#define RELAY_ROOM_ROOM_LIST_H

#include "relay/base/text.h"
#include "relay/room/rooms.h"

#include <stdbool.h>
#include <stdint.h>

struct room_list {
    struct text rooms; /* the list without the time it was made */
    int64_t checked_us;
    bool made;
};

void room_list_fini(struct room_list *l);
/* {rooms: [...], generated} to out->publish. */
void room_list_refresh(struct room_list *l, const struct rooms *rooms, const struct config *config,
                       const struct rooms_out *out, int64_t now_us, int64_t wall_us);

#endif
