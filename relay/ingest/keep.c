/* A list of copies, from one random access point on. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/keep.h"

#include "relay/package/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Sound that arrived before a picture may belong to it when it is this little older, at most, and
 * came so long before it. More of it, and the packager would take the feed for one whose pictures
 * do not come. The times alone cannot tell: the encoder's clock may have jumped in between. */
enum { SOUND_BEFORE_90K = 90000, SOUND_BEFORE_US = 1000000 };

/* Its bytes follow it. */
struct kept {
    struct kept *next;
    struct kept *next_point; /* of a random access point: the one after it */
    uint32_t track;
    uint64_t raw_pts, raw_dts;
    int64_t arrived_us;
    size_t len;
    bool is_video;
};

struct keep {
    uint32_t lead;
    enum codec_id codec;
    size_t bytes, max_bytes;
    int64_t span_us;
    struct kept *first, *last; /* the first one is a random access point */
    struct kept *last_point;
    struct nal nals[CODEC_NALS_MAX];
};

int keep_new(struct keep **out, uint32_t lead, enum codec_id codec, size_t max_bytes,
             int64_t span_us)
{
    struct keep *k = calloc(1, sizeof(*k));

    *out = k;
    if (!k)
        return -ENOMEM;
    k->lead = lead;
    k->codec = codec;
    k->max_bytes = max_bytes;
    k->span_us = span_us;
    return 0;
}

static uint8_t *bytes_of(struct kept *u)
{
    return (uint8_t *)(u + 1);
}

static void drop_first(struct keep *k)
{
    struct kept *u = k->first;

    k->first = u->next;
    if (!k->first)
        k->last = k->last_point = NULL;
    k->bytes -= sizeof(*u) + u->len;
    free(u);
}

void keep_free(struct keep **k)
{
    if (!*k)
        return;
    while ((*k)->first)
        drop_first(*k);
    free(*k);
    *k = NULL;
}

/* To the next random access point: between two of them there may be a million tiny units, so they
 * know each other. */
static void drop_group(struct keep *k)
{
    const struct kept *second = k->first->next_point;

    while (k->first != second)
        drop_first(k);
}

/* Leaves the newest random access point that is span_us old at least, and what follows it. */
static void age(struct keep *k, int64_t now_us)
{
    while (k->first->next_point && now_us - k->first->next_point->arrived_us >= k->span_us)
        drop_group(k);
}

static bool is_point(const struct keep *k, const struct access_unit *u)
{
    struct au_facts facts;

    if (u->track != k->lead)
        return false;
    if (!u->nals)
        return true;
    codec_au_facts(k->codec, u->nals, u->nal_count, &facts);
    return facts.random_access;
}

/* Annex B again: the span of a unit's NAL units begins behind its first start code. */
static const uint8_t start_code[4] = {0, 0, 0, 1};

static struct kept *copy_of(const struct access_unit *u, int64_t now_us)
{
    size_t head = u->nals ? sizeof(start_code) : 0;
    struct kept *k = malloc(sizeof(*k) + head + u->len);

    if (!k)
        return NULL;
    *k = (struct kept){.track = u->track,
                       .raw_pts = u->raw_pts,
                       .raw_dts = u->raw_dts,
                       .arrived_us = now_us,
                       .len = head + u->len,
                       .is_video = u->nals != NULL};
    memcpy(bytes_of(k), start_code, head);
    memcpy(bytes_of(k) + head, u->data, u->len);
    return k;
}

/* Over the bound: whole groups go, the oldest first; a group that is too long goes altogether. */
static void shed(struct keep *k)
{
    while (k->first && k->bytes > k->max_bytes)
        drop_group(k);
}

static void append(struct keep *k, struct kept *u, bool point)
{
    if (k->first)
        k->last->next = u;
    else
        k->first = u;
    k->last = u;
    k->bytes += sizeof(*u) + u->len;
    if (!point)
        return;
    if (k->last_point)
        k->last_point->next_point = u;
    k->last_point = u;
}

int keep_take(struct keep *k, const struct access_unit *u, int64_t now_us)
{
    bool point = is_point(k, u);
    struct kept *copy;

    while (k->first && now_us - k->last->arrived_us > k->span_us) /* it was silent in between */
        drop_first(k);
    if (!k->first && !point)
        return 0;
    copy = copy_of(u, now_us);
    if (!copy)
        return -ENOMEM;
    append(k, copy, point);
    if (point)
        age(k, now_us);
    shed(k);
    return point;
}

bool keep_is_ready(const struct keep *k)
{
    return k->first != NULL;
}

static void give(struct keep *k, struct kept *u, keep_fn *fn, void *ctx)
{
    struct access_unit out = {.track = u->track,
                              .raw_pts = u->raw_pts,
                              .raw_dts = u->raw_dts,
                              .data = bytes_of(u),
                              .len = u->len};

    if (u->is_video) {
        out.nals = k->nals;
        out.nal_count = nal_split(bytes_of(u), u->len, k->nals, CODEC_NALS_MAX);
        if (out.nal_count == 0 || out.nal_count > CODEC_NALS_MAX)
            return;
        out.data += sizeof(start_code);
        out.len -= sizeof(start_code);
    }
    fn(ctx, &out, u->arrived_us);
}

void keep_replay(struct keep *k, keep_fn *fn, void *ctx)
{
    for (struct kept *u = k->first; u; u = u->next)
        give(k, u, fn, ctx);
}

static bool belongs(const struct kept *sound, const struct kept *picture)
{
    return picture->arrived_us - sound->arrived_us <= SOUND_BEFORE_US &&
           timeline_distance(sound->raw_pts, picture->raw_pts) <= SOUND_BEFORE_90K;
}

void keep_replay_from(struct keep *k, int64_t at_us, keep_fn *fn, void *ctx)
{
    struct kept *from = k->first;
    bool begun = false;

    for (struct kept *u = k->first; u; u = u->next_point)
        if (llabs(u->arrived_us - at_us) < llabs(from->arrived_us - at_us))
            from = u;
    for (struct kept *u = k->first; u; u = u->next) {
        begun = begun || u == from;
        if (begun || (u->track != k->lead && belongs(u, from)))
            give(k, u, fn, ctx);
    }
}
