/* A room's picture: which keyframe it is to be made of, and the one that viewers are shown. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; it is the room's. Thread: control. Life: the room's. Fails: never. */
#ifndef RELAY_ROOM_ROOM_PICTURE_H
#define RELAY_ROOM_ROOM_PICTURE_H

#include "relay/room/blob.h"
#include "relay/room/picture_turn.h"
#include "relay/room/room.h"

#include <stdbool.h>
#include <stdint.h>

/* A moof with its first sample in file, and the init segment that it needs. */
struct keyframe {
    struct blob *init, *file; /* the room's */
    uint32_t offset, bytes;
};

bool room_is_fed(const struct room *r);
bool room_is_public(const struct room *r); /* its doors are open: doors.h */
/* The newest one of a room with a feed on air; false: there is none. */
bool room_keyframe(const struct room *r, struct keyframe *out);
const struct picture_turn *room_turn(const struct room *r);
struct picture_turn *room_take_turn(struct room *r); /* to move it */
/* Shows jpeg from now on; takes its own reference. NULL: nothing. wall_us: when its turn began. */
void room_set_picture(struct room *r, struct blob *jpeg, int64_t wall_us);

#endif
