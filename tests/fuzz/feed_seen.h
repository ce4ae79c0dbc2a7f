/* Sees everything a feed tells the front, and holds it to what a player and the front rely on. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FEED_SEEN_H
#define TESTS_FUZZ_FEED_SEEN_H

#include "relay/link/message.h"
#include "tests/fuzz/fragments.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SEEN_LEAD_90K = 270000 };

struct seen_parts { /* of the segment that is open */
    uint64_t sequence;
    int64_t start_90k, duration_90k;
    uint32_t count, bytes, samples, ends[64];
};

struct seen {
    struct seen_parts parts[LINK_TRACK_SLOTS];
    uint64_t next[LINK_TRACK_SLOTS];
    int64_t end_90k[LINK_TRACK_SLOTS]; /* where the last segment's media ended */
    uint64_t end[LINK_TRACK_SLOTS];    /* the same in the timescale; counted anew with an init */
    uint32_t init[LINK_TRACK_SLOTS], timescale[LINK_TRACK_SLOTS], target;
    int8_t counter[8192]; /* the transport stream's, by PID; -1 before the first */
    bool any[LINK_TRACK_SLOTS], closed;
    uint64_t segments, samples;
};

static inline uint8_t *seen_read(int fd, size_t len)
{
    uint8_t *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);

    assert(lseek(fd, 0, SEEK_END) >= (off_t)len && bytes != MAP_FAILED);
    return bytes;
}

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

static inline int64_t seen_90k(const struct seen *s, uint32_t t, uint64_t time)
{
    return (int64_t)((time * 90000 + s->timescale[t] / 2) / s->timescale[t]);
}

/* Fragments follow each other without overlap, and are just what was announced. */
static inline void seen_fragments(struct seen *s, const struct link_message *m, const uint8_t *p)
{
    uint32_t t = m->u.segment.track, at = 0, samples = 0, count = 0;

    while (at < m->u.segment.bytes) {
        struct fragment f = walk_fragment(p + at, m->u.segment.bytes - at);

        assert(f.start >= s->end[t] && f.least > 0);
        if (at == 0)
            assert(seen_90k(s, t, f.start) == m->u.segment.start_90k);
        at += f.bytes;
        samples += f.samples;
        s->end[t] = f.start + f.duration;
        if (count < 64 && m->u.segment.parts > 0)
            assert(s->parts[t].ends[count] == at);
        count++;
    }
    assert(samples == m->u.segment.samples);
    assert(m->u.segment.parts == 0 || count == m->u.segment.parts);
    assert(seen_90k(s, t, s->end[t]) <= m->u.segment.start_90k + m->u.segment.duration_90k);
    s->samples += samples;
}

/* ISO/IEC 13818-1 section 2.4.3.2: whole packets, whose counters go on over segments. */
static inline void seen_packets(struct seen *s, const uint8_t *p, uint32_t len)
{
    assert(len % FRAGMENT_TS_PACKET == 0 && p[1] == 0x40 && p[2] == 0);
    for (; len > 0; p += FRAGMENT_TS_PACKET, len -= FRAGMENT_TS_PACKET) {
        uint16_t pid = (uint16_t)((p[1] & 0x1f) << 8 | p[2]);
        int8_t counter = (int8_t)(p[3] & 15);

        assert(p[0] == 0x47 && (p[3] & 0xc0) == 0 && (p[3] & 0x30) != 0);
        if (!(p[3] & 0x10))
            continue;
        assert(s->counter[pid] < 0 || counter == ((s->counter[pid] + 1) & 15));
        s->counter[pid] = counter;
    }
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

    if (getenv("TRACE")) {
        if (m->type == LINK_SEGMENT)
            fprintf(stderr, "SEG t%u seq%llu start %lld dur %lld n%u parts%u gap%d\n",
                    m->u.segment.track, (unsigned long long)m->u.segment.sequence,
                    (long long)m->u.segment.start_90k, (long long)m->u.segment.duration_90k,
                    m->u.segment.samples, m->u.segment.parts, m->u.segment.gap);
        if (m->type == LINK_PART)
            fprintf(stderr, "PART t%u seq%llu #%u start %lld dur %lld n%u\n", m->u.part.track,
                    (unsigned long long)m->u.part.sequence, m->u.part.part,
                    (long long)m->u.part.start_90k, (long long)m->u.part.duration_90k,
                    m->u.part.samples);
        if (m->type == LINK_TRACK)
            fprintf(stderr, "TRACK t%u init%u\n", m->u.track.track, m->u.track.init_id);
    }
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
