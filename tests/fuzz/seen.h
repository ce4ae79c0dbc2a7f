/* What has been seen of a feed's output so far, and the bytes of its segments held against it. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_SEEN_H
#define TESTS_FUZZ_SEEN_H

#include "relay/link/message.h"
#include "tests/fuzz/fragments.h"

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

#endif
