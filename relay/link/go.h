/* LINK_FEED_GO: where on the room's timeline a feed starts. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; plain data inside a link_message. Thread: any. Life: a message. Fails: never.
 *
 * A room's main feed is put where the room's last one ended. A feed that `joins` brings the same
 * picture from the same encoder: it is told which of the encoder's timestamps is where on the
 * timeline, at a point where a segment of the main feed begins, and cuts like that feed from there.
 * A feed that `goes_on` has the same access units as the one before it, to the bit: it is told
 * where each track of that one ended, and goes on there without a break.
 */
#ifndef RELAY_LINK_GO_H
#define RELAY_LINK_GO_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_TS_PIDS = 4,  /* of a room's transport stream: PAT, PMT, video, audio */
    LINK_GO_TRACKS = 8 /* as LINK_TRACKS_MAX */
};

struct link_go {
    int64_t start_90k; /* main: the DTS its first video sample gets; joins: a PTS ... */
    int64_t at_us;     /* main: start_90k is then; what begins later starts as much later. 0: it
                          starts there whenever it does */
    uint64_t raw_90k;  /* ... that the encoder calls this (33 bit): sequence 0 starts */
    bool goes_on;      /* raw_90k is start_90k, and each track has samples ... */
    int64_t from_90k[LINK_GO_TRACKS];  /* ... from this DTS on */
    int64_t resume_wall_us;            /* a rested feed begins at its keyframe nearest to this */
    bool joins;                        /* its sound is left out */
    uint32_t target_duration_s;        /* of the room, when frozen already; else 0 */
    uint32_t part_ms;                  /* PART-TARGET, for the room's life; 0: no parts */
    bool part_ranges;                  /* parts are byte ranges of their segments */
    uint8_t ts_counters[LINK_TS_PIDS]; /* where the room's transport stream goes on */
};

#endif
