/* Where one audio frame ends and the next begins. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/audio_units.h"

#include "codecs/audio_frame.h"
#include "codecs/latm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct audio_units {
    enum codec_id codec;
    audio_unit_fn *fn;
    void *ctx;
    uint8_t carry[AUDIO_FRAME_MAX + 1];
    size_t carried;
    uint64_t start_pts; /* of the first frame of this PES ... */
    uint64_t samples;   /* ... and how much came since, at sample_rate */
    uint32_t sample_rate;
    bool has_time, synced;
    uint64_t lost_sync;
    struct latm latm;
};

int audio_units_new(struct audio_units **out, enum codec_id codec, audio_unit_fn *fn, void *ctx)
{
    struct audio_units *a = calloc(1, sizeof(*a));

    *out = a;
    if (!a)
        return -ENOMEM;
    a->codec = codec;
    a->fn = fn;
    a->ctx = ctx;
    return 0;
}

void audio_units_free(struct audio_units **a)
{
    free(*a);
    *a = NULL;
}

void audio_units_break(struct audio_units *a)
{
    a->carried = 0;
}

uint64_t audio_units_lost_sync(const struct audio_units *a)
{
    return a->lost_sync;
}

/* Where the next frame begins in time. */
static uint64_t now(const struct audio_units *a)
{
    uint64_t passed =
        a->sample_rate ? (a->samples * 90000 + a->sample_rate / 2) / a->sample_rate : 0;

    return (a->start_pts + passed) & 0x1ffffffffu;
}

static void set_time(struct audio_units *a, uint64_t pts)
{
    a->start_pts = pts;
    a->samples = 0;
    a->has_time = true;
}

static void pass_time(struct audio_units *a, uint32_t samples, uint32_t sample_rate)
{
    if (sample_rate != a->sample_rate)
        set_time(a, now(a));
    a->sample_rate = sample_rate;
    a->samples += samples;
}

static void on_latm(void *ctx, const uint8_t *unit, size_t len, uint32_t samples,
                    uint32_t sample_rate)
{
    struct audio_units *a = ctx;

    a->fn(a->ctx, unit, len, now(a));
    pass_time(a, samples, sample_rate);
}

static int read_frame(const struct audio_units *a, const uint8_t *data, size_t len,
                      struct audio_frame *f)
{
    memset(f, 0, sizeof(*f));
    return a->codec == CODEC_LATM ? latm_sync(data, len, &f->bytes)
                                  : audio_frame_read(a->codec, data, len, f);
}

static bool may_start(const struct audio_units *a, const uint8_t *data, size_t len)
{
    if (a->codec == CODEC_LATM)
        return (len < 1 || data[0] == 0x56) && (len < 2 || (data[1] & 0xe0) == 0xe0);
    return audio_frame_may_start(a->codec, data, len);
}

/* The frame at data. A sync word alone is found in any data: what follows the frame must begin
 * like one too, as far as it is here. 0, -EAGAIN when the rest of it is missing, -EINVAL. */
static int look(const struct audio_units *a, const uint8_t *data, size_t len, struct audio_frame *f)
{
    int rc = may_start(a, data, len) ? read_frame(a, data, len, f) : -EINVAL;

    if (rc)
        return rc;
    if (f->bytes > len)
        return f->bytes <= AUDIO_FRAME_MAX ? -EAGAIN : -EINVAL;
    return may_start(a, data + f->bytes, len - f->bytes) ? 0 : -EINVAL;
}

static void give(struct audio_units *a, const uint8_t *data, const struct audio_frame *f)
{
    a->synced = true;
    if (a->codec == CODEC_LATM) {
        if (latm_take(&a->latm, data, f->bytes, on_latm, a) == -EINVAL)
            a->lost_sync++;
        return;
    }
    a->fn(a->ctx, data, f->bytes, now(a));
    pass_time(a, f->samples, f->sample_rate);
}

static void skip_byte(struct audio_units *a)
{
    a->lost_sync += a->synced;
    a->synced = false;
}

static void carry(struct audio_units *a, const uint8_t *data, size_t len)
{
    a->carried = len <= AUDIO_FRAME_MAX ? len : 0;
    memmove(a->carry, data, a->carried);
}

/* Ends what the last PES began, whose time still runs. Returns how many bytes of data that took. */
static size_t finish_carried(struct audio_units *a, const uint8_t *data, size_t len)
{
    size_t had = a->carried, room = sizeof(a->carry) - had, n = len < room ? len : room, at = 0;
    struct audio_frame f;

    memcpy(a->carry + had, data, n);
    a->carried = 0;
    while (at < had) {
        int rc = look(a, a->carry + at, had + n - at, &f);

        if (rc == -EAGAIN && n == len) {
            carry(a, a->carry + at, had + n - at);
            return len;
        }
        if (rc) {
            skip_byte(a);
            at++;
            continue;
        }
        give(a, a->carry + at, &f);
        at += f.bytes;
    }
    return at - had;
}

static void split(struct audio_units *a, const uint8_t *data, size_t len)
{
    struct audio_frame f;

    while (len > 0) {
        int rc = look(a, data, len, &f);

        if (rc == -EAGAIN) {
            carry(a, data, len);
            return;
        }
        if (rc) {
            skip_byte(a);
            data++;
            len--;
            continue;
        }
        give(a, data, &f);
        data += f.bytes;
        len -= f.bytes;
    }
}

bool audio_units_take(struct audio_units *a, const uint8_t *data, size_t len, bool has_time,
                      uint64_t pts)
{
    size_t used = a->carried ? finish_carried(a, data, len) : 0;

    if (used == len)
        return true;
    if (!has_time && !a->has_time)
        return false;
    if (has_time)
        set_time(a, pts);
    split(a, data + used, len - used);
    return true;
}
