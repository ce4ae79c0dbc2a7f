/* What a filler is made from: the room's own last picture and its sounds' parameters, or a clip. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each blob, so that it can be had again when a worker dies. Thread:
 * control. Life:   zeroed; hole_source_take/hole_source_drop. Fails: as said.
 */
#ifndef RELAY_ROOM_HOLE_SOURCE_H
#define RELAY_ROOM_HOLE_SOURCE_H

#include "relay/room/presentation.h"
#include "relay/room/rooms_out.h"

#include <stdbool.h>
#include <stddef.h>

struct hole_source {
    struct blob *idr; /* a segment that begins with it; NULL: no picture */
    struct blob *inits[LINK_TRACKS_MAX];
    char languages[LINK_TRACKS_MAX][LINK_LANGUAGE];
    size_t count; /* of tracks: video first */
};

/* From the newest media of each rendition. False: there is nothing that could be held. */
bool hole_source_take(struct hole_source *s, const struct presentation *p);
void hole_source_drop(struct hole_source *s);
/* Sends all of it to a worker, m being LINK_FILL without a piece. False: it cannot be reached. */
bool hole_source_send(const struct hole_source *s, const struct rooms_out *out,
                      struct link_message *m);

#endif
