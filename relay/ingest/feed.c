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

    assert(next > f->phase || (f->resting && next == PHASE_SEARCHING));
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

/* why: a limit that was passed, or NULL. */
static void keep_pace(struct feed *f, const char *why)
{
    if (why)
        feed_set_fault(f, LINK_CLOSE_LIMIT, why);
}

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                     const char *language, uint32_t bytes, int fd)
{
    struct feed *f = ctx;
    struct link_message m = {0};

    feed_message_track(&m, track, init_id, p, language, bytes);
    m.u.track.start_90k = f->start.start_90k;
    keep_pace(f, feed_pace_change(&f->pace));
    log_info(f->log_name, "track number=%u codec=%s %s", track, p->rfc6381,
             codec_kind(p->codec) == CODEC_KIND_VIDEO ? "video" : "audio");
    feed_send(f, &m, LINK_TRACK, fd);
    if (f->phase == PHASE_SEARCHING)
        feed_set_phase(f, PHASE_LIVE);
}

static void on_part(void *ctx, const struct packager_part *part, int fd)
{
    struct feed *f = ctx;
    struct link_message m = {0};

    keep_pace(f, feed_pace_news(&f->pace, part->track, false));
    feed_message_part(&m, part);
    feed_send(f, &m, LINK_PART, fd);
}

static void on_segment(void *ctx, const struct packager_segment *segment, int fd)
{
    struct feed *f = ctx;
    struct link_message m = {0};

    if (segment->track == PACKAGER_TS_TRACK)
        memcpy(f->start.ts_counters, segment->ts_counters, sizeof(f->start.ts_counters));
    keep_pace(f, feed_pace_news(&f->pace, segment->track, segment->discontinuity));
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
    int rc;

    if (!f->packager) /* no memory for one when it woke */
        return;
    if (f->phase == PHASE_SEARCHING && f->start.at_us) {
        feed_start_advance(&f->start, f->now_us);
        packager_set_start(f->packager, f->start.start_90k);
    }
    p.has_next = u->last && ts_filter_next_dts(&f->filter, u->track, u->raw_dts, &p.raw_next);
    rc = f->fault[0] ? 0 : packager_take(f->packager, &p);
    if (rc) {
        log_warn(f->log_name, "not_packaged track=%u error=%d", u->track, -rc);
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    }
    asides_unit(f->asides, f->filter.layout.tracks[u->track].codec, u, f->packager);
}

static void on_unit(void *ctx, const struct access_unit *u)
{
    struct feed *f = ctx;

    f->units_in++;
    f->units_missing +=
        measure_unit(&f->measure, &f->layout, u,
                     reorder_missing(f->reorder) + f->filter.count.continuity +
                         f->filter.count.sync_lost + f->filter.count.transport_errors,
                     f->now_us);
    if (!feed_compare_unit(f, u))
        feed_take_unit(f, u, f->wall_us);
}

/* The last picture of a connection may be a torn one: its PES has no length. A torn one ends with
 * a full TS packet in a full SRT packet; a whole one nearly always ends in stuffing. */
static bool is_torn(const struct feed *f, const struct ts_pes *pes)
{
    return ts_demux_is_ending(f->demux) && pes->track == 0 && !ts_filter_is_ended(&f->filter, 0) &&
           !f->last_short && codec_kind(f->filter.layout.tracks[0].codec) == CODEC_KIND_VIDEO;
}

static void on_pes(void *ctx, const struct ts_pes *pes)
{
    struct feed *f = ctx;

    feed_units_take(&f->units, pes, is_torn(f, pes));
}

void feed_run_demuxer(struct feed *f)
{
    size_t len = batch_len;
    int rc;

    batch_len = 0;
    rc = len && f->demux ? ts_demux_push(f->demux, batch, len) : 0;
    if (rc == -ENOMEM)
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
    else if (rc)
        feed_set_fault(f, LINK_CLOSE_NOT_MEDIA, "the stream cannot be demuxed");
}

static void on_ts_packet(void *ctx, const uint8_t packet[static TS_PACKET],
                         const uint8_t head[static 4])
{
    struct feed *f = ctx;

    if (f->phase == PHASE_ENDED) /* its publisher is parked */
        return;
    memcpy(batch + batch_len, head, 4);
    memcpy(batch + batch_len + 4, packet + 4, TS_PACKET - 4);
    batch_len += TS_PACKET;
    if (batch_len == sizeof(batch))
        feed_run_demuxer(f);
}

void feed_close_packager(struct feed *f)
{
    struct packager_stats s;

    if (!f->packager)
        return;
    if (packager_end(f->packager))
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
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
    feed_units_fini(&f->units);
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

static int open_layout(struct feed *f, const struct ts_layout *l)
{
    int rc = f->resting ? 0 : feed_open_packager(f, l);

    return rc ? rc : ts_demux_new(&f->demux, f->o.config->limits.access_unit_bytes, on_pes, f);
}

static void on_layout(void *ctx, const struct ts_layout *l)
{
    struct feed *f = ctx;
    bool turns;
    int rc;

    if (f->phase == PHASE_ENDED) /* the filter says it again when the feed is back */
        return;
    feed_run_demuxer(f);
    turns = f->packager && f->demux && l->count && packager_can_turn(f->packager) &&
            ts_layout_goes_on(&f->layout, l);
    if (!turns)
        close_layout(f);
    f->layout = *l;
    keep_pace(f, feed_pace_change(&f->pace));
    if (f->fault[0])
        return;
    log_info(f->log_name, "program tracks=%zu left_out=\"%s\"", l->count, l->left_out);
    rc = f->resting ? feed_keep_anew(f) : 0;
    if (!rc && l->count > 0 && may_start(f, l)) {
        rc = turns ? feed_start_turn(f->packager, l) : open_layout(f, l);
        if (!rc)
            rc = feed_units_turn(&f->units, l);
    }
    if (rc)
        feed_set_fault(f, LINK_CLOSE_LIMIT, FEED_NO_MEMORY);
}

static void on_payload(void *ctx, const uint8_t *bytes, size_t len)
{
    struct feed *f = ctx;

    if (f->comes_back)
        ts_filter_again(&f->filter);
    f->comes_back = false;
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

void feed_forget_program(struct feed *f)
{
    struct ts_out ts = {.ctx = f, .packet = on_ts_packet, .layout = on_layout};

    ts_filter_init(&f->filter, feed_is_main(&f->o) ? f->o.config->limits.audio_tracks : 0, &ts);
}

int feed_new(struct feed **out, const struct feed_options *o, const struct feed_out *cb)
{
    struct feed *f = calloc(1, sizeof(*f));
    struct reorder_out in_order = {.ctx = f, .packet = on_payload, .hole = on_hole};

    *out = NULL;
    if (!f)
        return -ENOMEM;
    f->o = *o;
    f->out = *cb;
    f->opened_us = f->now_us = o->now_us;
    snprintf(f->log_name, sizeof(f->log_name), "room/%s", o->stream.room);
    feed_units_init(&f->units, o->config->limits.access_unit_bytes, on_unit, f);
    feed_forget_program(f);
    if (reorder_new(&f->reorder, o->first_sequence, o->config->srt.flow_window, !o->classic,
                    &in_order) ||
        feed_ask(f)) {
        reorder_free(&f->reorder);
        free(f);
        return -ENOMEM;
    }
    *out = f;
    return 0;
}

void feed_free(struct feed **f)
{
    if (!*f)
        return;
    ts_demux_free(&(*f)->demux);
    feed_units_fini(&(*f)->units);
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

int64_t feed_stall_us(const struct feed *f)
{
    uint32_t target_s = f->packager ? packager_target_duration(f->packager) : 0;

    if (f->phase != PHASE_LIVE || f->resting || !feed_is_main(&f->o))
        return 0;
    return feed_start_stall_us(target_s ? target_s : f->start.target_duration_s);
}

void feed_packet(struct feed *f, int32_t sequence, const uint8_t *bytes, size_t len)
{
    f->rate[f->seconds % RATE_WINDOW_S] += len;
    if (!f->fault[0])
        reorder_take(f->reorder, sequence, bytes, len);
}

void feed_flush(struct feed *f, int64_t now_us, int64_t wall_us)
{
    f->now_us = now_us;
    f->wall_us = wall_us;
    feed_run_demuxer(f);
}

void feed_second(struct feed *f, int64_t now_us)
{
    struct link_message m = {0};
    int64_t patience = SILENT_US + (f->o.classic ? (int64_t)f->o.latency_ms * 1000 : 0);

    feed_check_rate(f);
    f->rate[++f->seconds % RATE_WINDOW_S] = 0;
    feed_pace_second(&f->pace);
    asides_second(f->asides, f->resting);
    if (left_out_update(&f->left_out, f->log_name, &f->filter.layout, f->packager, &m))
        feed_send(f, &m, LINK_PROGRAM, -1);
    if ((f->packager || f->keep) &&
        f->filter.has_layout) /* media, but perhaps a long way to its first IDR */
        patience += SILENT_US + (int64_t)f->o.config->hls.max_target_duration_s * 1000000;
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
    f->filter.out.aside = NULL;
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

const struct stream_id *feed_stream(const struct feed *f)
{
    return &f->o.stream;
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

uint64_t feed_units_in(const struct feed *f)
{
    return f->units_in;
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
    struct access_units_count sum;
    struct asides_count beside;

    if (f->packager)
        packager_stats(f->packager, &s);
    feed_units_count(&f->units, &sum);
    *out = f->srt;
    out->bytes = f->bytes;
    out->packets = f->packets;
    /* what libsrt gave up is missing from the sequence, too */
    if (out->dropped < reorder_missing(f->reorder))
        out->dropped = reorder_missing(f->reorder);
    out->access_units_in = f->gone.in + s.in;
    out->access_units_out = f->gone.out + s.out;
    out->access_units_early = f->gone.early + s.early;
    out->access_units_corrupt = sum.corrupt;
    out->access_units_missing = f->units_missing;
    out->access_units_oversize = sum.oversize;
    out->timestamps_repaired = f->gone.repaired + s.repaired;
    asides_count(f->asides, &beside);
    out->ts_errors =
        beside.broken + c->sync_lost + c->transport_errors + c->continuity + c->crc + c->scrambled;
    out->ts_ignored = c->ignored;
    out->gop_90k = s.gop_90k;
    out->tracks_left_out = f->left_out.count;
}
