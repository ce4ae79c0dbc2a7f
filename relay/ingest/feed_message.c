/* Field by field: the packager knows nothing of the link. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_message.h"

#include <string.h>

bool feed_is_main(const struct feed_options *o)
{
    return strcmp(o->stream.role, "main") == 0 || strcmp(o->stream.role, "backup") == 0;
}

void feed_message_open(struct link_message *m, const struct feed_options *o)
{
    memcpy(m->u.open.room, o->stream.room, sizeof(m->u.open.room));
    memcpy(m->u.open.role, o->stream.role, sizeof(m->u.open.role));
    memcpy(m->u.open.user, o->stream.user, sizeof(m->u.open.user));
    memcpy(m->u.open.peer, o->peer, sizeof(m->u.open.peer));
    m->u.open.latency_ms = o->latency_ms;
    m->u.open.encrypted = o->encrypted;
    m->u.open.classic = o->classic;
    m->u.open.stored_id = o->stored_id;
}

void feed_message_track(struct link_message *m, uint32_t track, uint32_t init_id,
                        const struct track_params *p, const char *language, uint32_t bytes)
{
    m->u.track.track = track;
    m->u.track.init_id = init_id;
    m->u.track.init_bytes = bytes;
    strncpy(m->u.track.language, language, sizeof(m->u.track.language) - 1);
    m->u.track.params = *p;
}

void feed_message_part(struct link_message *m, const struct packager_part *part)
{
    m->u.part = (struct link_part){
        .track = part->track,
        .init_id = part->init_id,
        .sequence = part->sequence,
        .part = part->part,
        .offset = part->offset,
        .bytes = part->bytes,
        .samples = part->samples,
        .start_90k = part->start_90k,
        .present_90k = part->present_90k,
        .duration_90k = part->duration_90k,
        .capture_wall_us = part->capture_wall_us,
        .independent = part->independent,
        .last = part->last,
        .discontinuity = part->discontinuity,
    };
}

void feed_message_segment(struct link_message *m, const struct packager_segment *s)
{
    m->u.segment.track = s->track;
    m->u.segment.init_id = s->init_id;
    m->u.segment.sequence = s->sequence;
    m->u.segment.start_90k = s->start_90k;
    m->u.segment.duration_90k = s->duration_90k;
    m->u.segment.present_90k = s->present_90k;
    m->u.segment.capture_wall_us = s->capture_wall_us;
    m->u.segment.bytes = s->bytes;
    m->u.segment.samples = s->samples;
    m->u.segment.target_duration_s = s->target_duration_s;
    m->u.segment.independent = s->independent;
    m->u.segment.discontinuity = s->discontinuity;
    m->u.segment.gap = s->gap;
    m->u.segment.parts = s->parts;
    m->u.segment.iframe_bytes = s->iframe_bytes;
    m->u.segment.clock_90k = s->clock_90k;
    memcpy(m->u.segment.ts_counters, s->ts_counters, sizeof(m->u.segment.ts_counters));
}
