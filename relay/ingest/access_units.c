/* Where one access unit ends and the next begins. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/access_units.h"

#include "relay/ingest/audio_units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TS_PACKET_BYTES = 188, /* libavformat cuts a piece before the packet that would not fit */
    STEP_90K_DEFAULT = 3000,
};

struct access_units {
    uint32_t track;
    enum codec_id codec;
    size_t max_bytes;
    access_unit_fn *fn;
    void *ctx;
    struct access_units_count count;
    /* video */
    struct nal *nals; /* CODEC_NALS_MAX of them */
    uint64_t last_dts;
    int64_t step_90k; /* from one DTS to the next, for units without their own */
    bool skipping;    /* pieces of a picture too large to carry */
    struct audio_units *audio;
};

static void on_audio(void *ctx, const uint8_t *frame, size_t len, uint64_t pts);

int access_units_new(struct access_units **out, uint32_t track, enum codec_id codec,
                     size_t max_bytes, access_unit_fn *fn, void *ctx)
{
    struct access_units *a = calloc(1, sizeof(*a));

    *out = NULL;
    if (!a)
        return -ENOMEM;
    a->track = track;
    a->codec = codec;
    a->max_bytes = max_bytes;
    a->fn = fn;
    a->ctx = ctx;
    a->step_90k = STEP_90K_DEFAULT;
    if (codec_kind(codec) == CODEC_KIND_VIDEO)
        a->nals = malloc(CODEC_NALS_MAX * sizeof(*a->nals));
    else if (audio_units_new(&a->audio, codec, on_audio, a))
        a->audio = NULL;
    if (!a->nals && !a->audio) {
        free(a);
        return -ENOMEM;
    }
    *out = a;
    return 0;
}

void access_units_free(struct access_units **a)
{
    if (!*a)
        return;
    free((*a)->nals);
    audio_units_free(&(*a)->audio);
    free(*a);
    *a = NULL;
}

void access_units_count(const struct access_units *a, struct access_units_count *out)
{
    *out = a->count;
    if (a->audio)
        out->lost_sync += audio_units_lost_sync(a->audio);
}

static bool is_slice(enum codec_id codec, const struct nal *n)
{
    if (n->len == 0)
        return false;
    return codec == CODEC_H264 ? (n->data[0] & 0x1f) >= 1 && (n->data[0] & 0x1f) <= 5
                               : (n->data[0] >> 1 & 0x3f) < 32;
}

static bool is_delimiter(enum codec_id codec, const struct nal *n)
{
    if (n->len == 0)
        return false;
    return codec == CODEC_H264 ? (n->data[0] & 0x1f) == 9 : (n->data[0] >> 1 & 0x3f) == 35;
}

/* How many NAL units from nals[0] on make one access unit. A second field without a delimiter stays
 * with the first: ISO/IEC 14496-15 keeps both in one sample. */
static size_t unit_length(const struct access_units *a, const struct nal *nals, size_t n)
{
    bool slice = false;

    for (size_t i = 0; i < n; i++) {
        if (slice && is_delimiter(a->codec, &nals[i]))
            return i;
        slice = slice || is_slice(a->codec, &nals[i]);
    }
    return n;
}

static void give_video(struct access_units *a, const struct nal *nals, size_t n, uint64_t pts,
                       uint64_t dts, bool last)
{
    const uint8_t *end = nals[n - 1].data + nals[n - 1].len;
    struct access_unit u = {.track = a->track,
                            .raw_pts = pts,
                            .raw_dts = dts,
                            .nals = nals,
                            .nal_count = n,
                            .last = last,
                            .data = nals[0].data,
                            .len = (size_t)(end - nals[0].data)};

    a->fn(a->ctx, &u);
}

static void note_time(struct access_units *a, uint64_t dts)
{
    int64_t step = (int64_t)((dts - a->last_dts) << 31) >> 31;

    if (step > 0 && step < 90000)
        a->step_90k = step;
    a->last_dts = dts;
}

static void take_video(struct access_units *a, const uint8_t *data, size_t len, uint64_t pts,
                       uint64_t dts, bool continued)
{
    size_t n = nal_split(data, len, a->nals, CODEC_NALS_MAX), from = 0;

    if (n > CODEC_NALS_MAX) {
        a->count.oversize++;
        return;
    }
    if (n == 0 || (continued && !codec_nal_starts_au(a->codec, &a->nals[0]))) {
        a->count.corrupt++; /* the rest of a picture that was given out without it */
        return;
    }
    note_time(a, dts);
    while (from < n) {
        size_t units = unit_length(a, a->nals + from, n - from);

        give_video(a, a->nals + from, units, pts, dts, from + units == n);
        from += units;
        pts += (uint64_t)a->step_90k; /* 2.4.3.7: the time is the first unit's */
        dts += (uint64_t)a->step_90k;
    }
}

static void on_audio(void *ctx, const uint8_t *frame, size_t len, uint64_t pts)
{
    struct access_units *a = ctx;
    struct access_unit u = {
        .track = a->track, .raw_pts = pts, .raw_dts = pts, .data = frame, .len = len};

    a->fn(a->ctx, &u);
}

void access_units_take(struct access_units *a, const uint8_t *data, size_t len, bool has_time,
                       uint64_t raw_pts, uint64_t raw_dts, bool corrupt)
{
    if (len == 0)
        return;
    if (corrupt) {
        a->count.corrupt++;
        if (a->audio)
            audio_units_break(a->audio);
        return;
    }
    if (a->audio) {
        a->count.corrupt += !audio_units_take(a->audio, data, len, has_time, raw_pts);
        return;
    }
    /* a picture of max_bytes or more comes in pieces, and is left out */
    if (len + TS_PACKET_BYTES > a->max_bytes || (!has_time && a->skipping)) {
        a->count.oversize += has_time || !a->skipping;
        a->skipping = true;
        return;
    }
    a->skipping = false;
    if (!has_time) /* 2.7.4: a PES need not say its time */
        raw_pts = raw_dts = a->last_dts + (uint64_t)a->step_90k;
    take_video(a, data, len, raw_pts, raw_dts, !has_time);
}
