/* How far an encoder's clock has run from ours, and how a room's dates follow. */
/* SPDX-License-Identifier: MIT */
/*
 * Two quartz clocks are up to 100 ppm apart: over three days the dates of a feed that is never
 * interrupted would be 26 s off. Dates follow by small steps between segments, the media's own
 * timestamps stay.
 *
 * Owns:   nothing. Thread: control. Life: zeroed; begins anew with each discontinuity.
 * Fails:  never. What comes late (a stall, a busy machine) is not drift: only the most punctual of
 *         some segments counts.
 */
#ifndef RELAY_ROOM_DRIFT_H
#define RELAY_ROOM_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_SEGMENTS = 4 }; /* at least so many lie between two steps */

struct drift {
    uint64_t sequence; /* the discontinuity sequence that it was measured in */
    bool based;
    uint32_t count; /* segments since it was looked at last, and ... */
    int64_t span_us, least_us;
    int64_t base_us; /* how late the most punctual segment was at first */
};

/* A segment of length_us whose end, by its date, is late_us old. Returns by how much the dates of
 * those that follow must be later than they would be (below 0: earlier); one part in 8000 of the
 * time that has passed at the most. */
int64_t drift_take(struct drift *d, uint64_t sequence, int64_t length_us, int64_t late_us);

#endif
