/* LINK_FILL: what a worker shall publish in a room that has no feed, piece by piece. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; plain data inside a link_message. Thread: any. Life: a message. Fails: never.
 *
 * With each piece but the end travels a descriptor. The worker begins with the last piece, answers
 * as for a feed (LINK_TRACK, LINK_PART, LINK_SEGMENT) and ends with LINK_FEED_CLOSED.
 */
#ifndef RELAY_LINK_FILL_H
#define RELAY_LINK_FILL_H

#include "relay/link/go.h"

#include <stdbool.h>
#include <stdint.h>

enum link_fill_piece {
    LINK_FILL_INIT,  /* a track's init segment: hold it with these parameters, a sound in silence */
    LINK_FILL_IDR,   /* a segment of the video that begins with the picture to be held */
    LINK_FILL_SLATE, /* a clip (package/film.h) */
    LINK_FILL_END,   /* end where end_90k is: the room is live again from there */
};

struct link_fill {
    uint32_t piece; /* enum link_fill_piece */
    uint32_t bytes; /* of the descriptor's file */
    bool last;      /* all that is needed was sent */
    int64_t end_90k;
    struct link_go go; /* the filler runs with the clock from there on */
};

/* LINK_SLATE: the clip of a file that the configuration names. */
struct link_slate {
    uint64_t name;  /* slates_name of the file's name as it is configured */
    uint32_t bytes; /* of the file */
    bool first;     /* forget those of the configuration before; comes without a file */
};

#endif
