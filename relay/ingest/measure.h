/* What a feed is like, measured while it passes: the facts for the front's doctor. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the worker's loop. Life: a value, zero to begin with; a new feed, or one
 *         that comes back, begins with zero again.
 * Fails:  never; what cannot be told stays 0.
 *
 * A second of packets is a second that had some: while nothing comes, nothing is known anew.
 */
#ifndef RELAY_INGEST_MEASURE_H
#define RELAY_INGEST_MEASURE_H

#include "relay/ingest/access_units.h"
#include "relay/ingest/ts_filter.h"
#include "relay/link/stats.h"
#include "relay/link/vitals.h"

#include <stdbool.h>
#include <stdint.h>

enum { MEASURE_PICTURES = 16 }; /* H.264 E.2.1, H.265 A.4.1: no decoder reorders over more */

struct measure_second {
    uint64_t bytes, packets, lost, retransmitted, dropped, ts_errors;
    uint32_t frames, advance_90k; /* pictures, and what their DTS went on by */
    uint32_t gop_longest_90k, open_gops, reorder, b_frames, dts_back;
    uint32_t pcrs, pcr_longest_90k;
};

struct measure {
    struct measure_second seconds[LINK_VITALS_S]; /* a ring; `at` is the one that runs */
    uint32_t at, watched_s;
    struct link_feed_stats before; /* at the end of the second before */
    bool begun;                    /* there is a `before` */
    struct {
        uint64_t dts; /* 33 bit */
        bool begun;
        uint32_t silent_s;
        uint32_t usual_90k[2]; /* from one DTS to the next: the last two that were whole */
        uint32_t hurt;         /* so many units more may stand behind a loss ... */
        uint64_t damage;       /* ... that was seen */
        int64_t damage_us;     /* in this turn of the loop */
    } tracks[TS_TRACKS_MAX];
    bool gop_begun, gop_known, gop_open;
    int64_t clock_90k, keyframe_90k; /* the pictures' DTS without wraps; of the last keyframe */
    uint32_t gop_last_90k;
    uint32_t pts_90k[MEASURE_PICTURES]; /* of the last pictures, a ring; 32 bits of clock_90k */
    uint32_t pictures, b_run;
    bool skew_known;
    int64_t skew_90k;       /* the least of this second, whatever its sign */
    struct link_vitals set; /* what the newest SPS says */
};

/* Each access unit, with the layout that it belongs to. damage: a number that moves when packets
 * were lost; now_us: one for all that a turn of the loop brings. Returns how many of its track are
 * missing before it, by the distance that they usually have; without a loss a long distance is the
 * encoder's. */
uint32_t measure_unit(struct measure *m, const struct ts_layout *l, const struct access_unit *u,
                      uint64_t damage, int64_t now_us);
/* Once a second: stats are the feed's of now; takes what the clock has counted. */
void measure_second(struct measure *m, const struct ts_layout *l, const struct link_feed_stats *s,
                    struct ts_clock *clock, struct link_vitals *out);

#endif
