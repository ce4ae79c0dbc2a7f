/* Where on the room's timeline a feed starts, and where it goes on after its program changed. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_start.h"

#include <string.h>

enum {
    FRAGMENT_MS = 500, /* where no parts are asked for */
    STALL_US = 5000000,
};

void feed_start_init(struct feed_start *s, const struct link_go *go)
{
    *s = (struct feed_start){.start_90k = go->start_90k,
                             .at_us = go->at_us,
                             .raw_90k = go->raw_90k,
                             .joins = go->joins,
                             .part_ms = go->part_ms,
                             .part_ranges = go->part_ranges,
                             .target_duration_s = go->target_duration_s};
    s->goes_on = go->goes_on;
    memcpy(s->from_90k, go->from_90k, sizeof(s->from_90k));
    memcpy(s->ts_counters, go->ts_counters, sizeof(s->ts_counters));
}

void feed_start_advance(struct feed_start *s, int64_t now_us)
{
    if (s->at_us == 0 || now_us <= s->at_us)
        return;
    s->start_90k += (now_us - s->at_us) * 9 / 100;
    s->at_us = now_us;
}

int64_t feed_start_stall_us(uint32_t target_duration_s)
{
    int64_t by_rule = (int64_t)target_duration_s * 1500000;

    return by_rule > STALL_US ? by_rule : STALL_US;
}

void feed_start_again(struct feed_start *s, const struct packager *p)
{
    s->start_90k = packager_end_90k(p);
    s->next_sequence = packager_next_sequence(p);
    if (packager_target_duration(p))
        s->target_duration_s = packager_target_duration(p);
    s->restarted = s->next_sequence > 0;
    s->goes_on = false;
}

/* A layout as the packager wants it. */
static void read_tracks(const struct ts_layout *l,
                        struct packager_track tracks[static TS_TRACKS_MAX])
{
    memset(tracks, 0, TS_TRACKS_MAX * sizeof(tracks[0]));
    for (size_t i = 0; i < l->count; i++) {
        tracks[i].codec = l->tracks[i].codec;
        tracks[i].audio_config = l->tracks[i].audio_config;
        memcpy(tracks[i].language, l->tracks[i].language, sizeof(tracks[i].language));
    }
}

int feed_start_turn(struct packager *p, const struct ts_layout *l)
{
    struct packager_track tracks[TS_TRACKS_MAX];

    read_tracks(l, tracks);
    return packager_turn(p, tracks, l->count);
}

int feed_start_made_up(const struct feed_start *s, const struct config *c, const char *room,
                       const struct packager_track *tracks, size_t count,
                       const struct packager_out *cb, struct packager **out)
{
    struct packager_out to = *cb;
    struct packager_options o = {
        .segment_ms = s->segment_ms ? s->segment_ms : c->hls.segment_ms,
        .max_target_s = c->hls.max_target_duration_s,
        .segment_bytes = c->limits.segment_bytes,
        .part_90k = (int64_t)(s->part_ms ? s->part_ms : FRAGMENT_MS) * 90,
        .part_ranges = s->part_ms > 0 && s->part_ranges,
        .target_duration_s = s->target_duration_s,
        .start_90k = s->start_90k,
        .first_sequence = s->next_sequence,
        .discontinuity = s->restarted,
        .joins = s->joins,
        .raw_90k = s->raw_90k,
        .goes_on = s->goes_on,
        .ts = !s->joins && config_wants_ts(c, room),
    };

    memcpy(o.ts_counters, s->ts_counters, sizeof(o.ts_counters));
    memcpy(o.from_90k, s->from_90k, sizeof(o.from_90k));
    if (!s->part_ms)
        to.part = NULL;
    return packager_new(out, &o, tracks, count, &to);
}

int feed_start_packager(const struct feed_start *s, const struct config *c, const char *room,
                        const struct ts_layout *l, const struct packager_out *cb,
                        struct packager **out)
{
    struct packager_track tracks[TS_TRACKS_MAX];

    read_tracks(l, tracks);
    return feed_start_made_up(s, c, room, tracks, l->count, cb, out);
}

const char *feed_start_fault(const struct packager *p)
{
    struct packager_stats s = {0};

    packager_stats(p, &s);
    if (packager_is_apart(p))
        return "its timestamps are not the main feed's: both must come from one encoder's clock";
    if (s.unplayable)
        return "the encoder's parameter sets cannot be carried";
    return "no keyframe (IDR) of it falls together with one where a segment of the main feed "
           "begins";
}
