/* The arithmetic of timelines: nearest unwrapping, epochs, and the smallest legal repair. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/timeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY (INT64_MIN / 2)

/* 16 pictures, the most that are reordered, of four seconds each. Further ahead of its DTS no
 * picture is shown, and boxes say the distance in 32 bits (ISO/IEC 14496-12 section 8.8.8). */
#define REORDER_MAX_90K (INT64_C(64) * 90000)

_Static_assert(sizeof(((struct timeline *)0)->reference) == 8, "timelines are 64 bit");

void timeline_init(struct timeline *t)
{
    memset(t, 0, sizeof(*t));
}

/* The signed distance nearest to zero between two 33-bit counters. */
int64_t timeline_distance(uint64_t from, uint64_t to)
{
    return (int64_t)((to - from) << 31) >> 31;
}

void timeline_anchor(struct timeline *t, uint64_t raw_dts, int64_t start_90k)
{
    t->reference = (int64_t)(raw_dts & 0x1ffffffffu);
    t->offset = start_90k - t->reference;
    t->anchored = true;
}

static int64_t unwrap(const struct timeline *t, uint64_t raw)
{
    return t->reference + timeline_distance((uint64_t)t->reference, raw);
}

uint64_t timeline_clock(const struct timeline *t)
{
    return (uint64_t)t->offset & 0x1ffffffffu;
}

int64_t timeline_at(const struct timeline *t, uint64_t raw)
{
    assert(t->anchored);
    return unwrap(t, raw) + t->offset;
}

/* How far the newest epoch's tracks have come; a track that was silent may rejoin them there. */
static int64_t head(const struct timeline *t)
{
    int64_t most = NOBODY;

    for (size_t i = 0; i < TIMELINE_TRACKS_MAX; i++)
        if (t->tracks[i].started && t->tracks[i].epoch == t->epoch && t->tracks[i].last_dts > most)
            most = t->tracks[i].last_dts;
    return most;
}

static bool follows(const struct timeline *t, const struct timeline_track *k, int64_t dts)
{
    if (dts - k->last_dts <= -TIMELINE_BACK_90K)
        return false;
    return dts - k->last_dts < TIMELINE_JUMP_90K || dts - head(t) < TIMELINE_JUMP_90K;
}

/* Puts the track into the epoch its timestamp belongs to. True when that epoch is new. */
static bool choose_epoch(struct timeline *t, struct timeline_track *k, int64_t unwrapped)
{
    int64_t next;

    if (!k->started) {
        bool near = llabs(unwrapped + t->offset - head(t)) < TIMELINE_APART_90K;

        /* a track whose clock is another one's is put beside the others */
        k->offset = near || head(t) == NOBODY ? t->offset : head(t) - unwrapped;
        k->epoch = t->epoch;
        return false;
    }
    if (follows(t, k, unwrapped + k->offset))
        return false;
    if (k->epoch != t->epoch && follows(t, k, unwrapped + t->offset)) {
        k->offset = t->offset;
        k->epoch = t->epoch;
        return false;
    }
    next = k->last_dts + k->last_step;
    t->offset = (next > head(t) ? next : head(t) + 1) - unwrapped; /* nobody has to step back */
    k->offset = t->offset;
    k->epoch = ++t->epoch;
    t->jumps++;
    return true;
}

bool timeline_map(struct timeline *t, size_t track, uint64_t raw_pts, uint64_t raw_dts,
                  int64_t *pts_90k, int64_t *dts_90k)
{
    struct timeline_track *k = &t->tracks[track];
    int64_t unwrapped, dts, pts;
    bool jumped;

    assert(t->anchored && track < TIMELINE_TRACKS_MAX);
    unwrapped = unwrap(t, raw_dts);
    t->reference = unwrapped;
    jumped = choose_epoch(t, k, unwrapped);
    dts = unwrapped + k->offset;
    pts = dts + timeline_distance(raw_dts, raw_pts);
    if (k->started && dts <= k->last_dts) {
        dts = k->last_dts + 1;
        t->repaired++;
    }
    if (pts < dts || pts - dts > REORDER_MAX_90K) {
        pts = dts;
        t->repaired++;
    }
    if (k->started)
        k->last_step = dts - k->last_dts;
    else
        k->last_step = 1;
    k->last_dts = dts;
    k->started = true;
    *pts_90k = pts;
    *dts_90k = dts;
    return jumped;
}

bool timeline_peek(const struct timeline *t, size_t track, uint64_t raw_dts, int64_t *dts_90k)
{
    const struct timeline_track *k = &t->tracks[track];
    int64_t dts = unwrap(t, raw_dts) + k->offset;

    if (!k->started || !follows(t, k, dts) || dts <= k->last_dts)
        return false;
    *dts_90k = dts;
    return true;
}
