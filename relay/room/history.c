/* A room's last hour in figures: a ring of samples of whichever feed is on air. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/history.h"

#include <assert.h>
#include <stdlib.h>

enum { US_PER_S = 1000000 };

static_assert(sizeof(struct history_sample) == 28, "history.h says what a room's hour costs");

void history_fini(struct history *h)
{
    free(h->samples);
    *h = (struct history){0};
}

static uint16_t fit(uint64_t value)
{
    return value < UINT16_MAX ? (uint16_t)value : UINT16_MAX;
}

/* A count that went back is of another life of its worker. */
static uint16_t step(uint64_t now, uint64_t *before)
{
    uint64_t was = *before;
    *before = now;
    return fit(now > was ? now - was : 0);
}

static int16_t skew_of(const struct link_vitals *v)
{
    if (!v->skew_known)
        return 0;
    return (int16_t)(v->skew_ms > INT16_MAX   ? INT16_MAX
                     : v->skew_ms < INT16_MIN ? INT16_MIN
                                              : v->skew_ms);
}

static struct history_sample sample_of(struct history *h, const struct session *s, uint64_t viewers,
                                       int64_t now_us)
{
    uint64_t kbps = s->stats.bitrate_bps / 1000;
    return (struct history_sample){
        .at_s = (uint32_t)((s->opened_wall_us + (now_us - s->opened_us)) / US_PER_S),
        .bitrate_kbps = kbps < UINT32_MAX ? (uint32_t)kbps : UINT32_MAX,
        .viewers = viewers < UINT32_MAX ? (uint32_t)viewers : UINT32_MAX,
        .fps_centi = fit(s->vitals.fps_milli / 10),
        .gop_cs = fit(s->vitals.gop_last_ms / 10),
        .rtt_100us = fit(s->stats.rtt_us / 100),
        .buffer_kib = fit(s->stats.receive_buffer_bytes / 1024),
        .lost = step(s->stats.lost, &h->lost),
        .retransmitted = step(s->stats.retransmitted, &h->retransmitted),
        .dropped = step(s->stats.dropped, &h->dropped),
        .skew_ms = skew_of(&s->vitals),
    };
}

void history_second(struct history *h, const struct session *s, uint64_t viewers, int64_t now_us)
{
    /* Reports come once a second, give or take: half of one early is in time. */
    if (h->feed == s->feed && now_us < h->due_us - US_PER_S / 2)
        return;
    h->due_us = now_us + (int64_t)HISTORY_INTERVAL_S * US_PER_S;
    if (!h->samples)
        h->samples = calloc(HISTORY_SAMPLES, sizeof(*h->samples));
    bool first = h->feed != s->feed; /* counts what was lost while it rested, too */
    h->feed = s->feed;
    struct history_sample sample = sample_of(h, s, viewers, now_us);
    if (!h->samples || first)
        return;
    h->samples[h->next] = sample;
    h->next = (h->next + 1) % HISTORY_SAMPLES;
    h->count += h->count < HISTORY_SAMPLES;
}

const struct history_sample *history_at(const struct history *h, size_t i)
{
    assert(i < h->count);
    return &h->samples[(h->next + HISTORY_SAMPLES - h->count + i) % HISTORY_SAMPLES];
}
