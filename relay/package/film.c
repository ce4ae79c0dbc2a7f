/* A short film that is shown again and again: units of some tracks, and when each is due. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/film.h"

#include <errno.h>
#include <string.h>

enum { UNIT_MAX = 16 << 20, RATE_MAX = 192000 };
static const int64_t period_max_90k = INT64_C(3600) * 90000;

static bool lies_within(const struct film *f, uint64_t offset, uint64_t len)
{
    return offset <= f->len && len <= f->len - offset;
}

static struct film_unit unit_at(const struct film *f, const struct film_track *t, uint64_t i)
{
    struct film_unit u;

    memcpy(&u, f->bytes + t->units + i * sizeof(u), sizeof(u)); /* it may lie anywhere */
    return u;
}

static bool is_picture(const struct film_track *t)
{
    return codec_kind((enum codec_id)t->codec) == CODEC_KIND_VIDEO;
}

static bool is_sound(const struct film_track *t)
{
    return codec_kind((enum codec_id)t->codec) == CODEC_KIND_AUDIO && t->samples > 0 &&
           t->samples <= RATE_MAX && t->sample_rate > 0 && t->sample_rate <= RATE_MAX;
}

static int check_track(const struct film *f, const struct film_track *t)
{
    int64_t last_90k = -1;

    if (t->count == 0 || t->count > FILM_UNITS_MAX || (!is_picture(t) && !is_sound(t)) ||
        !lies_within(f, t->units, (uint64_t)t->count * sizeof(struct film_unit)) ||
        !memchr(t->language, '\0', sizeof(t->language)))
        return -EINVAL;
    for (uint64_t i = 0; i < t->count; i++) {
        struct film_unit u = unit_at(f, t, i);

        if (u.len == 0 || u.len > UNIT_MAX || !lies_within(f, u.offset, u.len))
            return -EINVAL;
        if (is_picture(t) && (u.dts_90k <= last_90k || u.dts_90k >= f->head.period_90k ||
                              u.pts_90k < u.dts_90k || u.pts_90k > 2 * period_max_90k))
            return -EINVAL;
        last_90k = u.dts_90k;
    }
    return 0;
}

int film_open(struct film *f, const uint8_t *bytes, size_t len)
{
    int rc = 0;

    *f = (struct film){.bytes = bytes, .len = len};
    if (len < sizeof(f->head))
        return -EINVAL;
    memcpy(&f->head, bytes, sizeof(f->head));
    if (memcmp(f->head.magic, FILM_MAGIC, sizeof(f->head.magic)) != 0 || f->head.tracks == 0 ||
        f->head.tracks > FILM_TRACKS || f->head.period_90k <= 0 ||
        f->head.period_90k > period_max_90k)
        return -EINVAL;
    for (uint32_t i = 0; i < f->head.tracks && !rc; i++)
        rc = check_track(f, &f->head.track[i]);
    return rc;
}

/* When a frame of sound begins: the running number counts frames of equal length. */
static int64_t sound_90k(const struct film_track *t, uint64_t number)
{
    uint64_t samples = number * t->samples, seconds = samples / t->sample_rate;

    return (int64_t)(seconds * 90000 + samples % t->sample_rate * 90000 / t->sample_rate);
}

/* The first frame of sound that begins at or after that time. */
static uint64_t sound_from(const struct film_track *t, int64_t at_90k)
{
    uint64_t frame = (uint64_t)t->samples * 90000;

    return ((uint64_t)at_90k * t->sample_rate + frame - 1) / frame;
}

static int64_t start_of(const struct film *f, const struct film_track *t, uint64_t number)
{
    if (!is_picture(t))
        return sound_90k(t, number);
    return (int64_t)(number / t->count) * f->head.period_90k +
           unit_at(f, t, number % t->count).dts_90k;
}

/* Which of a track's units has that running number. */
static uint64_t index_of(const struct film *f, const struct film_track *t, uint64_t number)
{
    int64_t loop;
    uint64_t first, index;

    if (is_picture(t))
        return number % t->count;
    loop = sound_90k(t, number) / f->head.period_90k;
    first = sound_from(t, loop * f->head.period_90k);
    index = number > first ? number - first : 0;
    return index < t->count ? index : t->count - 1u;
}

int64_t film_due_90k(const struct film *f, const struct film_cursor *c, uint32_t track)
{
    return start_of(f, &f->head.track[track], c->next[track]);
}

void film_take(const struct film *f, struct film_cursor *c, uint32_t track, struct film_frame *out)
{
    const struct film_track *t = &f->head.track[track];
    uint64_t number = c->next[track]++;
    struct film_unit u = unit_at(f, t, index_of(f, t, number));

    *out = (struct film_frame){.track = track,
                               .dts_90k = start_of(f, t, number),
                               .next_90k = start_of(f, t, number + 1),
                               .data = f->bytes + u.offset,
                               .len = u.len};
    out->pts_90k = out->dts_90k + (is_picture(t) ? u.pts_90k - u.dts_90k : 0);
}

bool film_next(const struct film *f, struct film_cursor *c, int64_t until_90k,
               struct film_frame *out)
{
    int64_t best_90k = INT64_MAX;
    uint32_t best = 0;

    for (uint32_t i = 0; i < f->head.tracks; i++) {
        const struct film_track *t = &f->head.track[i];
        int64_t due_90k = start_of(f, t, c->next[i]);

        if (due_90k < best_90k && start_of(f, t, c->next[i] + 1) <= until_90k) {
            best_90k = due_90k;
            best = i;
        }
    }
    if (best_90k == INT64_MAX)
        return false;
    film_take(f, c, best, out);
    return true;
}

size_t film_nals(const struct film_frame *frame, struct nal *out, size_t max)
{
    const uint8_t *p = frame->data, *end = p + frame->len;
    size_t n = 0;

    while (end - p > 4 && n < max) {
        size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

        p += 4;
        if (len > (size_t)(end - p))
            break;
        if (len > 0)
            out[n++] = (struct nal){p, len};
        p += len;
    }
    return n;
}
