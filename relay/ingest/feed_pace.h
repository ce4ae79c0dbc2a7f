/* How much news a feed may make in a second, however few bytes it takes to make it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the worker's. Life: a value, zero to begin with.
 * Fails:  those that return a text: NULL, or the sentence with which the feed is ended.
 *
 * Every part and segment costs the front a descriptor, a message and new playlists, which all rooms
 * wait for. A clock that jumps at each picture, or runs a thousand times too fast, would make
 * thousands a second out of a few kilobytes each.
 */
#ifndef RELAY_INGEST_FEED_PACE_H
#define RELAY_INGEST_FEED_PACE_H

#include "relay/link/message.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FEED_PACE_CHANGES = 16, /* new tables, parameters or clocks; an encoder needs a few an hour */
    FEED_PACE_NEWS = 1024,  /* parts and segments; 8 tracks that catch up after 10 s make 450 */
    FEED_PACE_MARKS = 16    /* those of 10 s that come at once are all compared */
};

struct feed_pace {
    uint32_t changes, news, marks, jumps[LINK_TRACK_SLOTS]; /* in this second */
};

/* New tables or parameters. */
const char *feed_pace_change(struct feed_pace *p);
/* A part, or a segment of that track; jump: a discontinuity stands before it. */
const char *feed_pace_news(struct feed_pace *p, uint32_t track, bool jump);
/* May one more LINK_FEED_MARK be sent? What is left out is not compared, and nobody's fault: after
 * a black-out much comes at once. */
bool feed_pace_mark(struct feed_pace *p);
/* The next second begins. */
void feed_pace_second(struct feed_pace *p);

#endif
