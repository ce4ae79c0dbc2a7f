/* The form in which rooms travel: one record a parcel, for handover.c and handover_taker.c. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; pointers inside the copied structures mean nothing to the receiver. Thread: any.
 * Life: a parcel. Fails: never.
 *
 * Order: PAST, WORKER ..., then for each room ROOM, RENDITION ..., SEGMENT ... of each rendition,
 * DATERANGE ..., INIT ... of its session, STITCH ... of a segment that two feeds make together, and
 * for each role ROLE, INIT ..., HELD ..., and the samples of its HISTORY; then DONE. A blob's
 * descriptor comes in a BLOB before its first mention; blobs are numbered from 1.
 */
#ifndef RELAY_ROOM_HANDOVER_FORM_H
#define RELAY_ROOM_HANDOVER_FORM_H

#include "relay/room/room_inside.h"
#include "relay/room/rooms.h"
#include "relay/room/worker_entry.h"

#include <stdbool.h>
#include <stdint.h>

enum handover_kind {
    FORM_PAST = 1,
    FORM_WORKER,
    FORM_BLOB,
    FORM_ROOM,
    FORM_RENDITION,
    FORM_SEGMENT,
    FORM_DATERANGE,
    FORM_INIT,
    FORM_STITCH,
    FORM_ROLE,
    FORM_HELD,
    FORM_HISTORY,
    FORM_DONE,
};

enum { FORM_NONE = -1 };

struct form_worker {
    uint32_t index;
    struct worker_entry entry;
};

struct form_blob {
    uint32_t bytes;
    char etag[24];
};

struct form_room {
    struct room room;
    int32_t renditions[LINK_TRACK_SLOTS]; /* of its session's tracks, by place */
};

struct form_segment {
    uint32_t rendition;
    bool retained;
    uint32_t blob, init, file; /* 0: none */
    struct window_segment segment;
    /* its parts follow */
};

struct form_init {
    int32_t role; /* by its place; FORM_NONE: the room's session */
    uint32_t track, slot, blob;
    struct session_init init;
};

/* One file of a track; the rest is in the room's record. */
enum form_stitch_file { FORM_STITCH_KEPT, FORM_STITCH_WHOLE, FORM_STITCH_SOURCE };

struct form_stitch {
    uint32_t track, file;
};

struct form_role {
    int32_t place, rendition;
    struct role role;
};

struct form_held {
    int32_t role;
    struct link_message m; /* its descriptor beside it */
};

#endif
