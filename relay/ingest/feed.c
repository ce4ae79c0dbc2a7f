/* The path of a packet inside a worker. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed.h"

#include "relay/base/log.h"
#include "relay/ingest/feed_message.h"
#include "relay/ingest/feed_state.h"
#include "relay/ingest/not_media.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(((struct stream_id *)0)->room) == LINK_NAME &&
                   sizeof(((struct stream_id *)0)->user) == LINK_NAME &&
                   sizeof(((struct stream_id *)0)->role) == LINK_ROLE,
               "a stream id's parts travel whole");

enum {
    BATCH_BYTES = 256 * TS_PACKET, /* gathered for one run of the demuxer; shared by all feeds */
    SILENT_US = 10 * 1000000,      /* without a playable track for this long: not media */
    CHANGES_PER_S = 16, /* new tables or parameters; a real encoder needs a few an hour */
};

/* One thread runs all feeds one after the other, so they can share the space. */
static uint8_t batch[BATCH_BYTES];
static size_t batch_len;

void feed_set_fault(struct feed *f, enum link_close_reason reason, const char *text)
{
    if (f->fault[0])
        return;
    f->fault_reason = reason;
    snprintf(f->fault, sizeof(f->fault), "%s", text);
}

void feed_set_phase(struct feed *f, enum phase next)
{
    static const char *const names[] = {"opening", "searching", "live", "ended"};

    assert(next > f->phase);
    log_debug(f->log_name, "feed phase=%s was=%s", names[next], names[f->phase]);
    f->phase = next;
}

void feed_send(struct feed *f, struct link_message *m, uint32_t type, int fd)
{
    m->type = type;
    m->worker = f->o.worker;
    m->feed = f->o.id;
    f->out.send(f->out.ctx, m, fd);
}

static void note_change(struct feed *f)
{
    if (++f->changes > CHANGES_PER_S)
        feed_set_fault(f, LINK_CLOSE_LIMIT, "its tables or parameter sets change all the time");
}

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                     const char *language, uint32_t bytes, int fd)
{
    struct feed *f = ctx;
    struct link_message m = {0};

    feed_message_track(&m, track, init_id, p, language, bytes);
    note_change(f);
    log_info(f->log_name, "track number=%u codec=%s %s", track, p->rfc6381,
             codec_kind(p->codec) == CODEC_KIND_VIDEO ? "video" : "audio");
    feed_send(f, &m, LINK_TRACK, fd);
    if (f->phase == PHASE_SEARCHING)
        feed_set_phase(f, PHASE_LIVE);
}

static void on_part(void *ctx, const struct packager_part *part, int fd)
{
    struct link_message m = {0};

    feed_message_part(&m, part);
    feed_send(ctx, &m, LINK_PART, fd);
}

static void on_segment(void *ctx, const struct packager_segment *segment, int fd)
{
    struct feed *f = ctx;
    struct link_message m = {0};

    if (segment->track == PACKAGER_TS_TRACK)
        memcpy(f->start.ts_counters, segment->ts_counters, sizeof(f->start.ts_counters));
    feed_message_segment(&m, segment);
    feed_send(f, &m, LINK_SEGMENT, fd);
}

void feed_take_unit(struct feed *f, const struct access_unit *u, int64_t wall_us)
{
    struct packager_unit p = {.track = u->track,
                              .raw_pts = u->raw_pts,
                              .raw_dts = u->raw_dts,
                              .wall_us = wall_us,
                              .data = u->data,
                              .len = u->len,
                              .nals = u->nals,
                              .nal_count = u->nal_count};

    p.has_next = u->last && ts_filter_next_dts(&f->filter, u->track, u->raw_dts, &p.raw_next);
    if (!f->fault[0] && packager_take(f->packager, &p))
        feed_set_fault(f, LINK_CLOSE_LIMIT,
                       "the relay has no memory or descriptors left for this feed");
    asides_unit(f->asides, f->filter.layout.tracks[u->track].codec, u, f->packager);
}

static void on_unit(void *ctx, const struct access_unit *u)
{
    struct feed *f = ctx;

    if (!feed_compare_unit(f, u))
        feed_take_unit(f, u, f->wall_us);
}

/* The last picture of a connection may be a torn one: its PES has no length. A torn one ends with
 * a full TS packet in a full SRT packet; a whole one nearly always ends in stuffing. */
static bool is_torn(const struct feed *f, const struct ts_pes *pes)
{
    return ts_demux_is_ending(f->demux) && pes->track == 0 && !f->filter.last_stuffed &&
           !f->last_short && codec_kind(f->filter.layout.tracks[0].codec) == CODEC_KIND_VIDEO;
}

static void on_pes(void *ctx, const struct ts_pes *pes)
{
    struct feed *f = ctx;

    if (!f->units[pes->track])
        return;
    access_units_take(f->units[pes->track], pes->data, pes->len, pes->has_time, pes->raw_pts,
                      pes->raw_dts, pes->corrupt || is_torn(f, pes));
}

void feed_run_demuxer(struct feed *f)
{
    size_t len = batch_len;

    batch_len = 0;
    if (len && f->demux && ts_demux_push(f->demux, batch, len))
        feed_set_fault(f, LINK_CLOSE_NOT_MEDIA, "the stream cannot be demuxed");
}

static void on_ts_packet(void *ctx, const uint8_t packet[static TS_PACKET])
{
    struct feed *f = ctx;

    memcpy(batch + batch_len, packet, TS_PACKET);
    batch_len += TS_PACKET;
    if (batch_len == sizeof(batch))
        feed_run_demuxer(f);
}

static void add_counts(struct feed *f)
{
    for (size_t i = 0; i < TS_TRACKS_MAX; i++) {
        struct access_units_count c;

        if (!f->units[i])
            continue;
        access_units_count(f->units[i], &c);
        f->counts.corrupt += c.corrupt;
        f->counts.oversize += c.oversize;
        f->counts.lost_sync += c.lost_sync;
        access_units_free(&f->units[i]);
    }
}

void feed_close_packager(struct feed *f)
{
    struct packager_stats s;

    if (!f->packager)
        return;
    if (packager_end(f->packager))
        feed_set_fault(f, LINK_CLOSE_LIMIT,
                       "the relay has no memory or descriptors left for this feed");
    packager_stats(f->packager, &s);
    f->gone.in += s.in;
    f->gone.out += s.out;
    f->gone.early += s.early;
    f->gone.unplayable += s.unplayable;
    f->gone.repaired += s.repaired;
    feed_start_again(&f->start, f->packager);
    packager_free(&f->packager);
}

/* Ends what runs on the present layout; its segments are complete and the numbers go on. */
static void close_layout(struct feed *f)
{
    if (f->demux)
        ts_demux_end(f->demux);
    ts_demux_free(&f->demux);
    add_counts(f);
    feed_close_packager(f);
}

int feed_open_packager(struct feed *f, const struct ts_layout *l)
{
    struct packager_out cb = {.ctx = f, .track = on_track, .part = on_part, .segment = on_segment};

    int rc = feed_start_packager(&f->start, f->o.config, f->o.stream.room, l, &cb, &f->packager);

    if (!rc && !f->start.joins && config_wants_ts(f->o.config, f->o.stream.room) &&
        !packager_has_ts(f->packager))
        log_warn(f->log_name, "ts_left_out text=\"HLS has no such codec in MPEG-TS\"");
    return rc;
}

/* What the front's word allows only once for a feed that joins another one's timeline. */
static bool may_start(struct feed *f, const struct ts_layout *l)
{
    if (!f->start.joins || l->count == 0)
        return true;
    if (f->joined)
        feed_set_fault(f, LINK_CLOSE_STOPPED,
                       "its program changed: it must join the main feed anew");
    f->joined = true;
    return !f->fault[0];
}

static void on_layout(void *ctx, const struct ts_layout *l)
{
    struct feed *f = ctx;
    const struct config *c = f->o.config;
    int rc = 0;

    feed_run_demuxer(f);
    close_layout(f);
    note_change(f);
    if (f->fault[0])
        return;
    log_info(f->log_name, "program tracks=%zu left_out=\"%s\"", l->count, l->left_out);
    if (l->count == 0 || !may_start(f, l))
        return;
    rc = f->resting ? feed_keep_anew(f) : feed_open_packager(f, l);
    for (size_t i = 0; i < l->count && !rc; i++)
        rc = access_units_new(&f->units[i], (uint32_t)i, l->tracks[i].codec,
                              c->limits.access_unit_bytes, on_unit, f);
    if (!rc)
        rc = ts_demux_new(&f->demux, l, c->limits.access_unit_bytes, on_pes, f);
    if (rc)
        feed_set_fault(f, LINK_CLOSE_LIMIT, "the relay has no memory left for this feed");
}

static void on_payload(void *ctx, const uint8_t *bytes, size_t len)
{
    struct feed *f = ctx;

    f->bytes += len;
    f->packets++;
    f->last_short = len < 7 * TS_PACKET;
    ts_filter_take(&f->filter, bytes, len);
}

static void on_hole(void *ctx)
{
    struct feed *f = ctx;

    ts_filter_break(&f->filter);
}

/* With its sound; a further rendition is a picture alone. */
static bool is_whole(const struct feed *f)
{
    return strcmp(f->o.stream.role, "main") == 0 || strcmp(f->o.stream.role, "backup") == 0;
}

int feed_new(struct feed **out, const struct feed_options *o, const struct feed_out *cb)
{
    struct feed *f = calloc(1, sizeof(*f));
    struct reorder_out in_order = {.ctx = f, .packet = on_payload, .hole = on_hole};
    struct ts_out ts = {f, on_ts_packet, on_layout, asides_packet, NULL};
    struct asides_out beside = {cb->ctx, cb->send, o->worker, o->id, NULL};
    struct link_message m = {0};

    *out = NULL;
    if (!f)
        return -ENOMEM;
    f->o = *o;
    f->out = *cb;
    f->opened_us = o->now_us;
    snprintf(f->log_name, sizeof(f->log_name), "room/%s", o->stream.room);
    beside.log_name = f->log_name;
    if (asides_new(&f->asides, &beside) ||
        reorder_new(&f->reorder, o->first_sequence, o->config->srt.flow_window, !o->classic,
                    &in_order)) {
        asides_free(&f->asides);
        free(f);
        return -ENOMEM;
    }
    ts.aside_ctx = f->asides;
    ts_filter_init(&f->filter, is_whole(f) ? o->config->limits.audio_tracks : 0, &ts);
    feed_message_open(&m, o);
    feed_send(f, &m, LINK_FEED_OPEN, -1);
    *out = f;
    return 0;
}

void feed_free(struct feed **f)
{
    if (!*f)
        return;
    ts_demux_free(&(*f)->demux);
    for (size_t i = 0; i < TS_TRACKS_MAX; i++)
        access_units_free(&(*f)->units[i]);
    packager_free(&(*f)->packager);
    reorder_free(&(*f)->reorder);
    asides_free(&(*f)->asides);
    keep_free(&(*f)->keep);
    free(*f);
    *f = NULL;
}

void feed_go(struct feed *f, const struct link_go *go, int64_t now_us)
{
    if (f->resting) {
        feed_wake(f, go, now_us);
        return;
    }
    if (f->phase != PHASE_OPENING)
        return;
    feed_start_init(&f->start, go);
    f->opened_us = now_us;
    feed_set_phase(f, PHASE_SEARCHING);
}

bool feed_is_open(const struct feed *f)
{
    return f->phase == PHASE_SEARCHING || f->phase == PHASE_LIVE;
}

void feed_packet(struct feed *f, int32_t sequence, const uint8_t *bytes, size_t len)
{
    f->rate[f->seconds % RATE_WINDOW_S] += len;
    if (!f->fault[0])
        reorder_take(f->reorder, sequence, bytes, len);
}

void feed_flush(struct feed *f, int64_t now_us, int64_t wall_us)
{
    (void)now_us;
    f->wall_us = wall_us;
    feed_run_demuxer(f);
}

void feed_second(struct feed *f, int64_t now_us)
{
    uint64_t sum = 0;
    struct link_message m = {0};
    int64_t patience = SILENT_US + (int64_t)f->o.config->hls.max_target_duration_s * 1000000;

    for (size_t i = 0; i < RATE_WINDOW_S; i++)
        sum += f->rate[i];
    if (sum * 8 > (uint64_t)f->o.config->limits.feed_mbps * 1000000 * RATE_WINDOW_S)
        feed_set_fault(f, LINK_CLOSE_LIMIT, "more than limits.feed_mbps for 10 s");
    f->rate[++f->seconds % RATE_WINDOW_S] = 0;
    f->changes = 0;
    asides_second(f->asides, f->resting);
    feed_watch_keyframes(f);
    if (left_out_update(&f->left_out, f->log_name, &f->filter.layout, f->packager, &m))
        feed_send(f, &m, LINK_PROGRAM, -1);
    if ((f->packager || f->keep) &&
        f->filter.has_layout) /* media, but perhaps a long way to its first IDR */
        patience += SILENT_US;
    else
        patience = SILENT_US;
    if (f->phase == PHASE_SEARCHING &&
        (now_us - f->opened_us > patience || (f->packager && packager_is_apart(f->packager))))
        feed_set_fault(f, LINK_CLOSE_NOT_MEDIA,
                       f->packager && f->start.joins
                           ? feed_start_fault(f->packager)
                           : not_media_reason(f->bytes, &f->filter, f->packager));
}

const char *feed_fault(const struct feed *f, enum link_close_reason *reason)
{
    *reason = f->fault_reason;
    return f->fault[0] ? f->fault : NULL;
}

void feed_end(struct feed *f, enum link_close_reason reason, const char *text)
{
    struct link_message m = {0};

    if (f->phase == PHASE_ENDED)
        return;
    feed_run_demuxer(f);
    close_layout(f);
    f->phase = PHASE_ENDED;
    m.u.closed.reason = (uint32_t)reason;
    m.u.closed.end_90k = f->start.start_90k;
    feed_stats(f, &m.u.closed.stats);
    snprintf(m.u.closed.text, sizeof(m.u.closed.text), "%s", text);
    feed_send(f, &m, LINK_FEED_CLOSED, -1);
}

uint64_t feed_id(const struct feed *f)
{
    return f->o.id;
}

const char *feed_room(const struct feed *f)
{
    return f->o.stream.room;
}

const char *feed_peer(const struct feed *f)
{
    return f->o.peer;
}

const char *feed_log_name(const struct feed *f)
{
    return f->log_name;
}

uint64_t feed_bytes(const struct feed *f)
{
    return f->bytes;
}

bool feed_is_waiting_for_order(const struct feed *f)
{
    return reorder_is_waiting(f->reorder);
}

void feed_set_srt_stats(struct feed *f, const struct link_feed_stats *srt)
{
    f->srt = *srt;
}

void feed_stats(const struct feed *f, struct link_feed_stats *out)
{
    const struct ts_counters *c = &f->filter.count;
    struct packager_stats s = {0};
    struct access_units_count sum = f->counts;
    struct asides_count beside;

    if (f->packager)
        packager_stats(f->packager, &s);
    for (size_t i = 0; i < TS_TRACKS_MAX; i++) {
        struct access_units_count one = {0};

        if (f->units[i])
            access_units_count(f->units[i], &one);
        sum.corrupt += one.corrupt;
        sum.oversize += one.oversize;
    }
    *out = f->srt;
    out->bytes = f->bytes;
    out->packets = f->packets;
    out->dropped += reorder_missing(f->reorder);
    out->access_units_in = f->gone.in + s.in;
    out->access_units_out = f->gone.out + s.out;
    out->access_units_early = f->gone.early + s.early;
    out->access_units_corrupt = sum.corrupt;
    out->access_units_oversize = sum.oversize;
    out->timestamps_repaired = f->gone.repaired + s.repaired;
    asides_count(f->asides, &beside);
    out->ts_errors =
        beside.broken + c->sync_lost + c->transport_errors + c->continuity + c->crc + c->scrambled;
    out->ts_ignored = c->ignored;
    out->gop_90k = s.gop_90k;
    out->tracks_left_out = f->left_out.count;
}
