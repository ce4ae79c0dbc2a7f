/* The cut rules, and the memory of the last cuts for tracks that lag. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/segmenter.h"

#include <string.h>

void segmenter_init(struct segmenter *s, uint32_t segment_ms, uint32_t max_target_s,
                    uint64_t max_bytes, uint32_t target_duration_s, uint64_t first_sequence)
{
    memset(s, 0, sizeof(*s));
    s->target_90k = (int64_t)segment_ms * 90;
    s->max_target_s = max_target_s;
    s->max_bytes = max_bytes;
    s->target_duration_s = target_duration_s;
    s->first_sequence = first_sequence;
}

/* The longest segment of the leader for a target duration. Half a second over still rounds to it;
 * the tracks that follow end up to a frame of audio later, which is 128 ms at 8 kHz. */
static int64_t longest_for(uint32_t seconds)
{
    return (int64_t)seconds * 90000 + 90000 * 3 / 10;
}

static int64_t longest(const struct segmenter *s)
{
    return longest_for(s->target_duration_s ? s->target_duration_s : s->max_target_s);
}

int64_t segmenter_earliest_90k(const struct segmenter *s)
{
    return s->astray ? 0 : s->target_90k * 9 / 10;
}

enum segmenter_verdict segmenter_next(const struct segmenter *s, const struct segmenter_unit *u,
                                      int64_t start_90k, int64_t last_90k, uint64_t bytes)
{
    int64_t length = u->dts_90k - start_90k;

    if (length > longest(s) && last_90k > start_90k)
        return SEGMENTER_CUT_BEFORE;
    if (u->must_cut)
        return SEGMENTER_CUT_HERE;
    if (u->random_access && length > 0 && length >= segmenter_earliest_90k(s))
        return SEGMENTER_CUT_HERE;
    if (length >= longest(s) || bytes > s->max_bytes)
        return SEGMENTER_CUT_HERE;
    return SEGMENTER_GO_ON;
}

const struct segmenter_cut *segmenter_cut(struct segmenter *s, int64_t present_90k,
                                          int64_t capture_wall_us, bool random_access)
{
    struct segmenter_cut *c = &s->cuts[s->count % SEGMENTER_CUTS];
    const struct segmenter_cut *last = s->count ? &s->cuts[(s->count - 1) % SEGMENTER_CUTS] : NULL;

    /* A new leader may be a little behind the old one; a gap between cuts must have a length. */
    if (last && present_90k <= last->present_90k) {
        capture_wall_us += (last->present_90k + 1 - present_90k) * 100 / 9;
        present_90k = last->present_90k + 1;
    }
    c->sequence = s->first_sequence + s->count;
    c->present_90k = present_90k;
    c->capture_wall_us = capture_wall_us;
    c->discontinuity = s->discontinuity;
    s->discontinuity = false;
    s->astray = !random_access;
    s->count++;
    return c;
}

const struct segmenter_cut *segmenter_find(const struct segmenter *s, uint64_t sequence)
{
    uint64_t n = sequence - s->first_sequence;

    if (sequence < s->first_sequence || n >= s->count || s->count - n > SEGMENTER_CUTS)
        return NULL;
    return &s->cuts[n % SEGMENTER_CUTS];
}

uint64_t segmenter_sequence(const struct segmenter *s)
{
    return s->first_sequence + s->count - (s->count > 0);
}

static uint32_t seconds_up(int64_t ticks)
{
    return (uint32_t)((ticks + 89999) / 90000);
}

void segmenter_freeze(struct segmenter *s, int64_t first_90k, uint32_t keyint, uint32_t fps_num,
                      uint32_t fps_den)
{
    uint32_t seconds = seconds_up(s->target_90k), need;

    if (s->target_duration_s)
        return;
    if (first_90k > longest_for(seconds))
        seconds = seconds_up(first_90k);
    if (keyint && keyint < 100000 && fps_num && fps_den) {
        need = seconds_up((int64_t)keyint * 90000 * fps_den / fps_num);
        if (need > seconds && need <= s->max_target_s)
            seconds = need;
    }
    s->target_duration_s = seconds < s->max_target_s ? seconds : s->max_target_s;
    if (s->target_duration_s < 1)
        s->target_duration_s = 1;
}
