/* Fuzzes a whole feed: SRT payloads in, segments out, each checked as a viewer would need it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/ingest/feed.h"
#include "relay/ingest/ts_demux.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen_parts { /* of the segment that is open */
    uint64_t sequence;
    int64_t start_90k, duration_90k;
    uint32_t count, bytes, samples;
};

struct seen {
    struct seen_parts parts[LINK_TRACK_SLOTS];
    uint64_t next[LINK_TRACK_SLOTS];
    int64_t end[LINK_TRACK_SLOTS];
    uint32_t init[LINK_TRACK_SLOTS], target;
    bool any[LINK_TRACK_SLOTS], closed;
};

static void check_segment(struct seen *s, const struct link_message *m, int fd)
{
    uint32_t t = m->u.segment.track;
    char head[8];

    assert(t < LINK_TRACK_SLOTS && s->init[t] > 0 && m->u.segment.init_id == s->init[t]);
    assert(!s->any[t] || m->u.segment.sequence >= s->next[t]);
    s->next[t] = m->u.segment.sequence + 1;
    s->any[t] = true;
    assert(m->u.segment.duration_90k > 0 && m->u.segment.start_90k >= 0);
    assert(m->u.segment.target_duration_s > 0);
    assert(!s->target || s->target == m->u.segment.target_duration_s);
    s->target = m->u.segment.target_duration_s;
    assert(m->u.segment.gap == (fd < 0));
    if (fd < 0)
        return;
    assert(m->u.segment.samples > 0 && m->u.segment.bytes > 16);
    if (t == LINK_TRACK_TS) {
        assert(m->u.segment.parts == 0);
    } else {
        assert(m->u.segment.parts == s->parts[t].count && m->u.segment.bytes == s->parts[t].bytes);
        assert(m->u.segment.samples == s->parts[t].samples);
    }
    assert(lseek(fd, 0, SEEK_END) == (off_t)m->u.segment.bytes);
    assert(pread(fd, head, 8, 0) == 8);
    assert(t == LINK_TRACK_TS ? head[0] == 0x47 && head[1] == 0x40 && head[2] == 0
                              : memcmp(head + 4, "moof", 4) == 0);
}

/* Parts adjoin, in one file that holds them. */
static void check_part(struct seen *s, const struct link_part *p, int fd)
{
    struct seen_parts *k = &s->parts[p->track];

    assert(p->track < LINK_TRACKS_MAX && p->bytes > 16 && p->samples > 0 && p->duration_90k > 0);
    assert((p->part == 0) == (fd >= 0));
    if (p->part == 0)
        *k = (struct seen_parts){.sequence = p->sequence, .start_90k = p->start_90k};
    assert(p->sequence == k->sequence && p->part == k->count && p->offset == k->bytes);
    assert(p->start_90k == k->start_90k + k->duration_90k);
    k->count++;
    k->bytes += p->bytes;
    k->duration_90k += p->duration_90k;
    k->samples += p->samples;
    if (fd >= 0)
        assert(lseek(fd, 0, SEEK_END) >= (off_t)p->bytes);
}

static void on_send(void *ctx, const struct link_message *m, int fd)
{
    struct seen *s = ctx;

    assert(!s->closed);
    if (m->type == LINK_TRACK) {
        assert(m->u.track.track < LINK_TRACK_SLOTS);
        assert((fd >= 0) == (m->u.track.track != LINK_TRACK_TS));
        s->init[m->u.track.track] = m->u.track.init_id;
    } else if (m->type == LINK_PART) {
        check_part(s, &m->u.part, fd);
    } else if (m->type == LINK_SEGMENT) {
        check_segment(s, m, fd);
    } else if (m->type == LINK_FEED_CLOSED) {
        s->closed = true;
        assert(m->u.closed.stats.access_units_out <= m->u.closed.stats.access_units_in);
    }
    if (fd >= 0)
        close(fd);
}

static struct config *defaults(void)
{
    static const struct config_override asked[] = {{"rooms.list.fuzz.ts=true"}};
    static struct config *c;

    if (!c) {
        if (config_load(&c, NULL, asked, 1, stderr))
            abort();
        log_setup(LOG_LEVEL_ERROR);
        ts_demux_setup_log();
        c->limits.access_unit_bytes = 65536; /* so that small inputs reach the limits */
        c->limits.segment_bytes = 65536;
    }
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {0};
    struct feed_out out = {.ctx = &seen, .send = on_send};
    struct feed_options o = {.config = defaults(), .id = 1, .first_sequence = 0};
    struct link_go go = {.start_90k = 900000, .part_ms = 500};
    enum link_close_reason reason;
    struct feed *f;
    int64_t now_us = 0;

    memcpy(o.stream.room, "fuzz", 5);
    if (feed_new(&f, &o, &out))
        return 0;
    feed_go(f, &go, 0);
    for (int32_t sequence = 0; size > 0 && !feed_fault(f, &reason); sequence++) {
        size_t n = size < 1316 ? size : 1316;

        feed_packet(f, sequence, data, n);
        now_us += 5000;
        if (sequence % 3 == 2)
            feed_flush(f, now_us, now_us);
        data += n;
        size -= n;
    }
    feed_end(f, LINK_CLOSE_ENDED, "over");
    assert(seen.closed);
    feed_free(&f);
    return 0;
}
