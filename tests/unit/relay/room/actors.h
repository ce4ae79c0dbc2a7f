/* What happens on the stage: messages as a worker sends them, time that passes, texts compared. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_ACTORS_H
#define TESTS_UNIT_ROOM_ACTORS_H

#include "tests/unit/relay/room/stage.h"

static inline void stage_pass(struct stage *s, int64_t us)
{
    for (; us > 0; us -= 100000) {
        s->now_us += 100000;
        s->wall_us += 100000;
        rooms_tick(s->rooms, s->now_us, s->wall_us);
    }
}

static inline void stage_tell(struct stage *s, const struct link_message *m, int fd)
{
    rooms_message(s->rooms, m, fd, s->now_us, s->wall_us);
    if (!s->busy)
        rooms_show(s->rooms, s->now_us, s->wall_us);
}

/* Returns the answer: LINK_FEED_GO or LINK_FEED_STOP. */
static inline const struct link_message *stage_open(struct stage *s, uint64_t feed,
                                                    const char *room)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = feed % 2, .feed = feed};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "%s", room);
    snprintf(m.u.open.peer, sizeof(m.u.open.peer), "203.0.113.7:%u", (unsigned)(50000 + feed));
    stage_tell(s, &m, -1);
    const struct link_message *go = stage_sent(s, LINK_FEED_GO);
    const struct link_message *stop = stage_sent(s, LINK_FEED_STOP);
    return go && go->feed == feed ? go : stop;
}

/* Track 0 is video, the others are audio. Its init segment is `init`; live begins at start_90k. */
static inline void stage_track_at(struct stage *s, uint64_t feed, uint32_t track, uint32_t init_id,
                                  const char *init, int64_t start_90k)
{
    struct link_message m = {.type = LINK_TRACK, .worker = feed % 2, .feed = feed};
    struct track_params *k = &m.u.track.params;
    m.u.track.track = track, m.u.track.init_id = init_id, m.u.track.start_90k = start_90k;
    m.u.track.init_bytes = (uint32_t)strlen(init);
    k->codec = track == 0 ? CODEC_H264 : CODEC_AAC;
    snprintf(k->rfc6381, sizeof(k->rfc6381), track == 0 ? "avc1.640028" : "mp4a.40.2");
    k->width = track == 0 ? 1920 : 0;
    k->height = track == 0 ? 1080 : 0;
    k->transfer = 1;
    k->sample_rate = track == 0 ? 0 : 48000;
    k->channels = track == 0 ? 0 : 2;
    stage_tell(s, &m, stage_bytes(init, strlen(init)));
}

static inline void stage_track(struct stage *s, uint64_t feed, uint32_t track, uint32_t init_id,
                               const char *init)
{
    stage_track_at(s, feed, track, init_id, init, 0);
}

/* A segment as a worker would send it; the test changes what it is about. */
static inline struct link_message stage_segment(const struct stage *s, uint64_t feed,
                                                uint32_t track, uint64_t sequence)
{
    int64_t start_90k = 900000 + (int64_t)sequence * STAGE_SEGMENT_90K;
    struct link_message m = {.type = LINK_SEGMENT, .worker = feed % 2, .feed = feed};
    m.u.segment.track = track;
    m.u.segment.init_id = 1;
    m.u.segment.sequence = sequence;
    m.u.segment.start_90k = m.u.segment.present_90k = start_90k;
    m.u.segment.duration_90k = STAGE_SEGMENT_90K;
    m.u.segment.capture_wall_us = s->wall_us - 2000000;
    m.u.segment.bytes = track == 0 ? 10000 : 1000;
    m.u.segment.samples = track == 0 ? 60 : 94;
    m.u.segment.target_duration_s = 2;
    m.u.segment.independent = true;
    return m;
}

static inline void stage_deliver(struct stage *s, const struct link_message *m)
{
    stage_tell(s, m, m->u.segment.gap ? -1 : stage_bytes("media", m->u.segment.bytes));
}

static inline void stage_stats(struct stage *s, uint64_t feed, uint64_t bytes)
{
    struct link_message m = {.type = LINK_FEED_STATS, .worker = feed % 2, .feed = feed};
    m.u.feed_stats.bytes = bytes;
    m.u.feed_stats.packets = bytes / 1316;
    m.u.feed_stats.bitrate_bps = 4321000;
    m.u.feed_stats.rtt_us = 20000;
    stage_tell(s, &m, -1);
}

/* Segments [from, to) of a track, two seconds apart, on a timeline moved by shift_90k. */
static inline void stage_run(struct stage *s, uint64_t feed, uint32_t tracks, uint64_t from,
                             uint64_t to, int64_t shift_90k)
{
    for (uint64_t sequence = from; sequence < to; sequence++) {
        stage_pass(s, 1000000);
        stage_stats(s, feed, sequence * 1000000 + 500000);
        stage_pass(s, 1000000);
        for (uint32_t track = 0; track < tracks; track++) {
            struct link_message m = stage_segment(s, feed, track, sequence);
            m.u.segment.start_90k += shift_90k;
            m.u.segment.present_90k += shift_90k;
            stage_deliver(s, &m);
        }
    }
}

static inline void stage_close(struct stage *s, uint64_t feed, uint32_t reason)
{
    struct link_message m = {.type = LINK_FEED_CLOSED, .worker = feed % 2, .feed = feed};
    m.u.closed.reason = reason;
    snprintf(m.u.closed.text, sizeof(m.u.closed.text), "the publisher left");
    stage_tell(s, &m, -1);
}

#endif
