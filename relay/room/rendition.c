/* One rendition of a room: what one media playlist carries, over all sessions of the room. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/rendition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool rendition_is_public(const struct rendition *r)
{
    return !r->joins || r->joined;
}

int rendition_new(struct rendition **out, enum codec_kind kind, uint32_t rank)
{
    struct rendition *r = calloc(1, sizeof(*r));
    *out = r;
    if (!r)
        return -ENOMEM;
    const char *stem = kind == CODEC_KIND_VIDEO   ? "video"
                       : kind == CODEC_KIND_AUDIO ? "audio"
                                                  : "ts";
    r->kind = kind;
    r->rank = rank;
    if (rank == 1)
        snprintf(r->name, sizeof(r->name), "%s", stem);
    else
        snprintf(r->name, sizeof(r->name), "%s-%u", stem, rank);
    window_init(&r->window);
    return 0;
}

void rendition_free(struct rendition **r)
{
    if (!*r)
        return;
    window_fini(&(*r)->window);
    sheet_fini(&(*r)->media);
    sheet_fini(&(*r)->iframes);
    shelf_unref(&(*r)->shelf);
    free(*r);
    *r = NULL;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* The rates that cameras have; a measured rate within 1 % is meant to be one of them. */
static uint32_t usual_rate(uint32_t milli)
{
    static const uint32_t usual[] = {23976, 24000, 25000, 29970, 30000, 50000, 59940, 60000};
    uint32_t best = (milli + 500) / 1000 * 1000;
    uint32_t nearest = milli / 100;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (distance(usual[i], milli) <= nearest) {
            nearest = distance(usual[i], milli);
            best = usual[i];
        }
    }
    return best;
}

static uint32_t measured_rate(const struct window *w)
{
    uint64_t samples = 0, ticks = 0;
    for (size_t i = w->retained; i < w->retained + window_whole(w); i++) {
        if (w->items[i].gap)
            continue;
        samples += w->items[i].samples;
        ticks += (uint64_t)w->items[i].duration_90k;
    }
    uint64_t milli = ticks > 0 ? samples * 90000 * 1000 / ticks : 0;
    return milli > 0 && milli < 1000000 ? usual_rate((uint32_t)milli) : 0;
}

static uint32_t declared_rate(const struct track_params *p)
{
    if (p->fps_num == 0 || p->fps_den == 0)
        return 0;
    uint64_t milli = ((uint64_t)p->fps_num * 1000 + p->fps_den / 2) / p->fps_den;
    return milli >= 1000 && milli <= 480000 ? (uint32_t)milli : 0;
}

void rendition_measure(struct rendition *r, uint32_t target_duration_s)
{
    bandwidth_update(&r->bandwidth, &r->window, target_duration_s, false);
    if (r->kind != CODEC_KIND_VIDEO)
        return;
    bandwidth_update(&r->iframe_bandwidth, &r->window, target_duration_s, true);
    uint32_t milli = declared_rate(&r->params);
    if (milli == 0) {
        milli = measured_rate(&r->window);
        /* A variable rate wobbles; the declared one follows only a real change. */
        if (r->fps_milli > 0 && distance(milli, r->fps_milli) < r->fps_milli / 20)
            return;
    }
    if (milli > 0)
        r->fps_milli = milli;
}
