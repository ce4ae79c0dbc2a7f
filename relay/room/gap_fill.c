/* A hole's gaps: EXT-X-GAP segments of a target duration, with parts in low latency, as time goes.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/room/gap_fill.h"

#include "relay/room/tail.h"

/* A rest that is not worth a line in a playlist. */
enum { LEAST_90K = 4500 };

static int64_t longest_90k(const struct presentation *p)
{
    return (int64_t)p->target_duration_s * 90000;
}

/* What is listed at once: a part, or a segment where there are no parts. */
static int64_t step_90k(const struct presentation *p)
{
    return p->part_target_ms > 0 ? (int64_t)p->part_target_ms * 90 : longest_90k(p);
}

int gap_fill_level(struct presentation *p, int64_t now_us)
{
    int err = 0;
    for (size_t i = 0; i < p->count && err == 0; i++)
        if (window_listed(&p->renditions[i]->window) > 0)
            err = tail_level(p, p->renditions[i], now_us);
    return err;
}

/* Sound that ended before the pictures has its gaps from there on: what is missing is listed as
 * long as it is (rule 32). The break behind the hole makes the lists equal again. */
static int64_t start_in(const struct rendition *r, int64_t start_90k)
{
    const struct window_segment *last = window_last(&r->window);
    int64_t end_90k = last->start_90k + last->duration_90k;
    return end_90k < start_90k ? end_90k : start_90k;
}

/* One step in all lists; a transport stream's list has no parts and waits for the whole. */
static int list_step(struct presentation *p, int64_t *open_90k, int64_t step, bool whole,
                     int64_t now_us)
{
    int64_t start_90k = p->end_90k;
    int err = 0;
    for (size_t i = 0; i < p->count && err == 0; i++) {
        struct rendition *r = p->renditions[i];
        if (window_listed(&r->window) == 0)
            continue;
        if (r->kind != CODEC_KIND_MUXED)
            err = tail_gap_part(p, r, start_in(r, start_90k), step, *open_90k == 0, whole, now_us);
        else if (whole)
            err = tail_gap_part(p, r, start_90k - *open_90k, *open_90k + step, true, true, now_us);
    }
    *open_90k = whole ? 0 : *open_90k + step;
    return err;
}

int gap_fill_list(struct presentation *p, int64_t *open_90k, int64_t clock_90k, int64_t now_us)
{
    int64_t step = step_90k(p), before_90k = INT64_MIN;
    int err = 0, ended = 0;
    while (err == 0 && clock_90k - p->end_90k >= step && p->end_90k > before_90k) {
        before_90k = p->end_90k; /* it stands still where no list is left to add to */
        bool whole = p->part_target_ms == 0 || *open_90k + 2 * step > longest_90k(p);
        err = list_step(p, open_90k, step, whole, now_us);
        ended |= whole;
    }
    return err < 0 ? err : ended;
}

int gap_fill_end(struct presentation *p, int64_t *open_90k, int64_t end_90k, int64_t now_us)
{
    int64_t rest = end_90k - p->end_90k, step = step_90k(p);
    if (rest >= LEAST_90K)
        return list_step(p, open_90k, rest < step ? rest : step, true, now_us);
    if (*open_90k == 0)
        return 0;
    for (size_t i = 0; i < p->count; i++) {
        struct rendition *r = p->renditions[i];
        if (window_open(&r->window))
            tail_close_gap(p, r, now_us);
        else if (r->kind == CODEC_KIND_MUXED && window_listed(&r->window) > 0)
            tail_gap_part(p, r, p->end_90k - *open_90k, *open_90k, true, true, now_us);
    }
    *open_90k = 0;
    return 0;
}
