/* Sees everything a feed tells the front, and holds it to what a player and the front rely on. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FEED_SEEN_H
#define TESTS_FUZZ_FEED_SEEN_H

#include "tests/fuzz/seen.h"

static inline void seen_init(struct seen *s, const struct link_message *m, int fd)
{
    uint32_t t = m->u.track.track, len = m->u.track.init_bytes;
    uint8_t *bytes;

    assert(t < LINK_TRACK_SLOTS && (fd >= 0) == (t != LINK_TRACK_TS));
    s->init[t] = m->u.track.init_id;
    /* Behind a break a track may begin a little before the other one, in what was there before; and
     * a picture may have been told to last until one that a jump of the clock then moved. */
    s->end_90k[t] -= SEEN_LEAD_90K;
    if (t != LINK_TRACK_TS)
        s->end_90k[LINK_TRACK_TS] -= SEEN_LEAD_90K;
    if (fd < 0)
        return;
    bytes = seen_read(fd, len);
    s->timescale[t] = init_timescale(bytes, len);
    s->end[t] = 0;
    munmap(bytes, len);
}

static inline void seen_segment(struct seen *s, const struct link_message *m, int fd)
{
    uint32_t t = m->u.segment.track, len = m->u.segment.bytes;
    uint8_t *bytes;

    assert(t < LINK_TRACK_SLOTS && s->init[t] > 0 && m->u.segment.init_id == s->init[t]);
    assert(!s->any[t] || m->u.segment.sequence >= s->next[t]);
    assert(m->u.segment.duration_90k > 0 && m->u.segment.start_90k >= 0);
    assert(m->u.segment.present_90k >= m->u.segment.start_90k);
    assert(m->u.segment.target_duration_s > 0);
    assert(!s->target || s->target == m->u.segment.target_duration_s);
    assert(m->u.segment.gap == (fd < 0));
    s->next[t] = m->u.segment.sequence + 1;
    s->any[t] = true;
    s->target = m->u.segment.target_duration_s;
    if (fd < 0)
        return;
    assert(m->u.segment.samples > 0 && len > 16 && lseek(fd, 0, SEEK_END) == (off_t)len);
    assert(m->u.segment.start_90k + (t == LINK_TRACK_TS) >= s->end_90k[t]); /* rounded twice */
    s->end_90k[t] = m->u.segment.start_90k + m->u.segment.duration_90k;
    bytes = seen_read(fd, len);
    if (t == LINK_TRACK_TS) {
        assert(m->u.segment.parts == 0);
        seen_packets(s, bytes, len);
    } else {
        assert(m->u.segment.parts == s->parts[t].count && len == s->parts[t].bytes);
        assert(m->u.segment.samples == s->parts[t].samples);
        seen_fragments(s, m, bytes);
    }
    munmap(bytes, len);
    s->segments++;
}

/* Parts adjoin, in one file that holds them. */
static inline void seen_part(struct seen *s, const struct link_part *p, int fd)
{
    struct seen_parts *k = &s->parts[p->track];

    assert(p->track < LINK_TRACKS_MAX && p->bytes > 16 && p->samples > 0 && p->duration_90k > 0);
    assert((p->part == 0) == (fd >= 0) && p->init_id == s->init[p->track]);
    if (p->part == 0)
        *k = (struct seen_parts){.sequence = p->sequence, .start_90k = p->start_90k};
    assert(p->sequence == k->sequence && p->part == k->count && p->offset == k->bytes);
    assert(p->start_90k == k->start_90k + k->duration_90k);
    k->bytes += p->bytes;
    if (k->count < 64)
        k->ends[k->count] = k->bytes;
    k->count++;
    k->duration_90k += p->duration_90k;
    k->samples += p->samples;
    if (fd >= 0)
        assert(lseek(fd, 0, SEEK_END) >= (off_t)p->bytes);
}

static inline void seen_message(void *ctx, const struct link_message *m, int fd)
{
    struct seen *s = ctx;

    assert(!s->closed);
    if (m->type == LINK_TRACK) {
        seen_init(s, m, fd);
    } else if (m->type == LINK_PART) {
        seen_part(s, &m->u.part, fd);
    } else if (m->type == LINK_SEGMENT) {
        seen_segment(s, m, fd);
    } else if (m->type == LINK_FEED_CLOSED) {
        s->closed = true;
        assert(m->u.closed.stats.access_units_out <= m->u.closed.stats.access_units_in);
        assert(m->u.closed.stats.access_units_out >= s->samples);
    }
    if (fd >= 0)
        close(fd);
}

#endif
