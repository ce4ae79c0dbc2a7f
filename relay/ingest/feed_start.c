/* Where on the room's timeline a feed starts, and where it goes on after its program changed. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_start.h"

#include <string.h>

enum { FRAGMENT_MS = 500 }; /* where no parts are asked for */

void feed_start_init(struct feed_start *s, const struct link_go *go)
{
    *s = (struct feed_start){.start_90k = go->start_90k,
                             .raw_90k = go->raw_90k,
                             .joins = go->joins,
                             .part_ms = go->part_ms,
                             .target_duration_s = go->target_duration_s};
    s->goes_on = go->goes_on;
    memcpy(s->from_90k, go->from_90k, sizeof(s->from_90k));
    memcpy(s->ts_counters, go->ts_counters, sizeof(s->ts_counters));
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

int feed_start_packager(const struct feed_start *s, const struct config *c, const char *room,
                        const struct ts_layout *l, const struct packager_out *cb,
                        struct packager **out)
{
    struct packager_track tracks[TS_TRACKS_MAX] = {0};
    struct packager_out to = *cb;
    struct packager_options o = {
        .segment_ms = c->hls.segment_ms,
        .max_target_s = c->hls.max_target_duration_s,
        .segment_bytes = c->limits.segment_bytes,
        .part_90k = (int64_t)(s->part_ms ? s->part_ms : FRAGMENT_MS) * 90,
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
    for (size_t i = 0; i < l->count; i++) {
        tracks[i].codec = l->tracks[i].codec;
        tracks[i].audio_config = l->tracks[i].audio_config;
        memcpy(tracks[i].language, l->tracks[i].language, sizeof(tracks[i].language));
    }
    return packager_new(out, &o, tracks, l->count, &to);
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
