/* Workers that send a segment in parts: its file grows on the stage as it would in a worker. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LL_ACTORS_H
#define TESTS_UNIT_ROOM_LL_ACTORS_H

#include "tests/unit/relay/room/actors.h"

enum { LL_PART_90K = 45000 };

/* A track's segment that is being written. */
struct ll_track {
    uint64_t feed, sequence;
    uint32_t track, init_id, part, bytes, samples;
    int fd;
    int64_t start_90k, end_90k;
    bool discontinuity;
};

static inline struct ll_track ll_track_of(uint64_t feed, uint32_t track, int64_t start_90k)
{
    return (struct ll_track){.feed = feed,
                             .track = track,
                             .init_id = 1,
                             .fd = -1,
                             .start_90k = start_90k,
                             .end_90k = start_90k};
}

/* The next part, written into the file; the test may change what is said of it. */
static inline struct link_message ll_part(const struct stage *s, struct ll_track *t,
                                          int64_t duration_90k)
{
    struct link_message m = {.type = LINK_PART, .worker = t->feed % 2, .feed = t->feed};
    struct link_part *k = &m.u.part;
    if (t->fd < 0)
        t->fd = stage_bytes("media", 5);
    *k = (struct link_part){.track = t->track,
                            .init_id = t->init_id,
                            .sequence = t->sequence,
                            .part = t->part++,
                            .offset = t->bytes,
                            .bytes = (t->track == 0 ? 2500 : 250) + t->part,
                            .samples = t->track == 0 ? 15 : 23,
                            .start_90k = t->end_90k,
                            .present_90k = t->end_90k,
                            .duration_90k = duration_90k,
                            .capture_wall_us = s->wall_us - 500000,
                            .independent = t->track > 0 || t->part == 1,
                            .discontinuity = t->part == 1 && t->discontinuity};
    t->bytes += k->bytes;
    t->samples += k->samples;
    t->end_90k += duration_90k;
    assert_int_equal(0, ftruncate(t->fd, t->bytes));
    return m;
}

static inline void ll_send(struct stage *s, const struct ll_track *t, const struct link_message *m)
{
    stage_tell(s, m, m->u.part.part == 0 ? dup(t->fd) : -1);
}

/* LINK_SEGMENT for what the parts made; not sent yet, and its file is still the track's. */
static inline struct link_message ll_segment(const struct stage *s, const struct ll_track *t)
{
    struct link_message m = stage_segment(s, t->feed, t->track, t->sequence);
    m.u.segment.init_id = t->init_id;
    m.u.segment.start_90k = m.u.segment.present_90k = t->start_90k;
    m.u.segment.duration_90k = t->end_90k - t->start_90k;
    m.u.segment.bytes = t->bytes;
    m.u.segment.samples = t->samples;
    m.u.segment.parts = t->part;
    m.u.segment.discontinuity = t->discontinuity;
    m.u.segment.iframe_bytes = t->track == 0 ? 1200 : 0;
    return m;
}

/* Forgets the segment; the next one starts where it ended. */
static inline void ll_next(struct ll_track *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    t->sequence++;
    t->part = t->bytes = t->samples = 0;
    t->start_90k = t->end_90k;
    t->discontinuity = false;
}

static inline void ll_finish(struct stage *s, struct ll_track *t)
{
    struct link_message m = ll_segment(s, t);
    stage_tell(s, &m, dup(t->fd));
    ll_next(t);
}

/* `parts` parts of each track, half a second apart, as a worker sends them. */
static inline void ll_parts(struct stage *s, struct ll_track *t, size_t tracks, unsigned parts)
{
    for (unsigned i = 0; i < parts; i++) {
        stage_pass(s, 500000);
        for (size_t k = 0; k < tracks; k++) {
            struct link_message m = ll_part(s, &t[k], LL_PART_90K);
            ll_send(s, &t[k], &m);
        }
    }
}

/* Whole segments of four parts. */
static inline void ll_run(struct stage *s, struct ll_track *t, size_t tracks, unsigned segments)
{
    for (unsigned i = 0; i < segments; i++) {
        ll_parts(s, t, tracks, 4 - t->part);
        for (size_t k = 0; k < tracks; k++)
            ll_finish(s, &t[k]);
    }
}

#endif
