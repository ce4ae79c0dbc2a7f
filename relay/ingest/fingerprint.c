/* Sums of hashes, so that the order in which tracks arrive does not matter. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/fingerprint.h"

#include <string.h>

/* The other tracks have passed a second when track 0 has passed the one after it. */
enum { BEHIND = 2, SAMPLES = 16 };

static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t read_8(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t hash(const struct access_unit *u)
{
    uint64_t h = mix(mix(mix(u->track + 1, u->raw_pts), u->raw_dts), u->len);
    size_t step = u->len / SAMPLES > 8 ? u->len / SAMPLES : 8, at = 0;

    for (; at + 8 <= u->len; at += step)
        h = mix(h, read_8(u->data + at));
    if (u->len >= 8)
        return mix(h, read_8(u->data + u->len - 8));
    for (at = 0; at < u->len; at++)
        h = mix(h, u->data[at]);
    return h;
}

static void begin(struct fingerprint *f, uint64_t second)
{
    memset(f, 0, sizeof(*f));
    f->begun = true;
    f->newest = second;
    f->whole_from = second + BEHIND;
    for (uint64_t i = 0; i < FINGERPRINT_SECONDS; i++)
        f->marks[i].second = UINT64_MAX;
}

static struct link_mark *slot_of(struct fingerprint *f, uint64_t second)
{
    struct link_mark *m = &f->marks[second % FINGERPRINT_SECONDS];

    if (m->second != second)
        *m = (struct link_mark){.second = second};
    return m;
}

bool fingerprint_take(struct fingerprint *f, const struct access_unit *u, struct link_mark *out)
{
    uint64_t second = u->raw_dts / 90000;
    int64_t ahead = (int64_t)(second - f->newest);
    struct link_mark *m;
    bool over = false;

    if (!f->begun || ahead > BEHIND || ahead < -BEHIND) { /* at first, after a jump, at the wrap */
        begin(f, second);
        ahead = 0;
    }
    if (u->track == 0 && ahead > 0) {
        uint64_t due = second - BEHIND;

        f->newest = second;
        m = &f->marks[due % FINGERPRINT_SECONDS];
        over = second >= f->whole_from + BEHIND && m->second == due;
        if (over)
            *out = *m;
    }
    m = slot_of(f, second);
    m->sum += hash(u);
    m->units++;
    return over;
}
