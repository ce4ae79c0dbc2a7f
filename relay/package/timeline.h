/* A feed's 33-bit timestamps on the room's 64-bit timeline: unwrapped, anchored, kept legal. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing outside itself. Thread: the worker's loop. Life: init, caller's memory.
 *
 * ISO/IEC 13818-1 section 2.4.3.7: PTS and DTS count 90 kHz modulo 2^33 (26 h 30 m 43 s). All
 * tracks of a feed share one unwrapping reference, so their distance is kept. A jump (backwards, or
 * forwards by more than TIMELINE_JUMP_90K) starts a new epoch: the room's timeline goes on without
 * a hole, the other tracks follow into the epoch when their own timestamps jump.
 */
#ifndef RELAY_PACKAGE_TIMELINE_H
#define RELAY_PACKAGE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMELINE_TRACKS_MAX = 8 };
#define TIMELINE_JUMP_90K  (2 * 90000)  /* a longer hole is a jump */
#define TIMELINE_BACK_90K  (90000 / 10) /* DTS this far behind is nudged, further is a jump */
#define TIMELINE_APART_90K (3 * 90000)  /* a track that begins this far from the others is moved */
#define TIMELINE_UNSET     INT64_MIN

struct timeline {
    bool anchored;
    int64_t reference; /* the last unwrapped raw timestamp of any track */
    int64_t offset;    /* of the newest epoch: timeline = unwrapped + offset */
    uint32_t epoch;
    struct timeline_track {
        bool started;
        uint32_t epoch;
        int64_t offset;
        int64_t last_dts, last_step; /* on the timeline */
    } tracks[TIMELINE_TRACKS_MAX];
    uint64_t repaired, jumps;
};

void timeline_init(struct timeline *t);
/* From now on raw_dts stands for start_90k on the room's timeline. */
void timeline_anchor(struct timeline *t, uint64_t raw_dts, int64_t start_90k);
/* Where (pts, dts) would fall before the anchor is known: distance from raw reference `from`. */
int64_t timeline_distance(uint64_t from, uint64_t to);

/* What the newest epoch adds to raw timestamps, modulo 2^33: the clock that a feed's renditions
 * share.
 */
uint64_t timeline_clock(const struct timeline *t);
/* Where a raw timestamp beside the tracks (a splice point's) falls, by the newest epoch. */
int64_t timeline_at(const struct timeline *t, uint64_t raw);

/* Maps one access unit's raw timestamps. DTS on a track always grows; PTS is never below DTS.
 * Returns true when this unit started a new epoch (a jump). */
bool timeline_map(struct timeline *t, size_t track, uint64_t raw_pts, uint64_t raw_dts,
                  int64_t *pts_90k, int64_t *dts_90k);
/* Where timeline_map will put a DTS that is announced for the track's next unit. False: it will
 * need a repair or an epoch, so nothing can be said yet. */
bool timeline_peek(const struct timeline *t, size_t track, uint64_t raw_dts, int64_t *dts_90k);

#endif
