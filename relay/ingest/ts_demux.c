/* The pull demuxer turned into a push one. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_demux.h"

#include "relay/base/coroutine.h"
#include "relay/base/log.h"

#include <assert.h>
#include <errno.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STACK_BYTES = 256 * 1024, /* deepest seen: see tests/unit/relay/ingest/ts_demux_test.c */
    IO_BYTES = 32 * TS_PACKET,
    PROBE_BYTES = 64 * TS_PACKET, /* our tables come first: nothing is to be searched */
};

struct ts_demux {
    struct coroutine *run;
    size_t max_pes;
    ts_demux_fn *fn;
    void *ctx;
    uint8_t psi[2 * TS_PACKET];
    const uint8_t *bytes; /* what is left of the current push */
    size_t len;
    bool ending;
    int failed; /* 0 or -errno */
};

/* On the coroutine. Never an error but the end: libavformat takes any other for a reason to flush.
 */
static int read_bytes(void *opaque, uint8_t *buf, int size)
{
    struct ts_demux *d = opaque;
    size_t n;

    while (d->len == 0) {
        if (d->ending)
            return AVERROR_EOF;
        coroutine_yield(d->run);
    }
    n = d->len < (size_t)size ? d->len : (size_t)size;
    memcpy(buf, d->bytes, n);
    d->bytes += n;
    d->len -= n;
    return (int)n;
}

/* The PIDs are ts_way's. */
static size_t track_of(int pid)
{
    return pid == TS_WAY_VIDEO_PID ? 0 : (size_t)(pid - TS_WAY_AUDIO_PID);
}

static void give(struct ts_demux *d, const AVFormatContext *demux, const AVPacket *packet)
{
    struct ts_pes pes = {
        .data = packet->data,
        .len = (size_t)packet->size,
        .has_time = packet->pts != AV_NOPTS_VALUE,
        .corrupt = packet->flags & AV_PKT_FLAG_CORRUPT,
    };

    pes.track = track_of(demux->streams[packet->stream_index]->id);
    if (pes.track >= TS_TRACKS_MAX)
        return;
    if (pes.has_time) {
        pes.raw_pts = (uint64_t)packet->pts & 0x1ffffffffu;
        pes.raw_dts =
            packet->dts == AV_NOPTS_VALUE ? pes.raw_pts : (uint64_t)packet->dts & 0x1ffffffffu;
    }
    d->fn(d->ctx, &pes);
}

/*
 * correct_ts_overflow 0: unwrapping is the timeline's. scan_all_pmts 0, merge_pmt_versions 1: only
 * our own tables are there. NOPARSE, NOFILLIN: a PES comes out as it came in, one frame earlier.
 * max_probe_packets 1: libavformat doubts stream_type 0x0f and would hold back every track until it
 * has recognised the audio, which a stranger's may never let it.
 */
static AVFormatContext *open_demuxer(struct ts_demux *d, AVIOContext *pb)
{
    AVFormatContext *demux = avformat_alloc_context();
    AVDictionary *o = NULL;
    char text[16];
    int rc;

    if (!demux)
        return NULL;
    demux->pb = pb;
    demux->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    demux->correct_ts_overflow = 0;
    demux->max_streams = 1 + TS_TRACKS_MAX;
    demux->max_probe_packets = 1;
    demux->probesize = PROBE_BYTES;
    snprintf(text, sizeof(text), "%zu", d->max_pes);
    av_dict_set(&o, "max_packet_size", text, 0);
    av_dict_set(&o, "scan_all_pmts", "0", 0);
    av_dict_set(&o, "merge_pmt_versions", "1", 0);
    rc = avformat_open_input(&demux, NULL, av_find_input_format("mpegts"), &o);
    av_dict_free(&o);
    return rc < 0 ? NULL : demux; /* on error it has freed demux, but never a custom pb */
}

static AVIOContext *open_input(struct ts_demux *d)
{
    uint8_t *io = av_malloc(IO_BYTES);
    AVIOContext *pb = io ? avio_alloc_context(io, IO_BYTES, 0, d, read_bytes, NULL, NULL) : NULL;

    if (!pb)
        av_free(io);
    return pb;
}

static void run(void *arg)
{
    struct ts_demux *d = arg;
    AVIOContext *pb = open_input(d);
    AVFormatContext *demux = pb ? open_demuxer(d, pb) : NULL;
    AVPacket *packet = av_packet_alloc();
    int rc = AVERROR(ENOMEM); /* what opening on tables of our own fails of */

    if (demux && packet)
        while ((rc = av_read_frame(demux, packet)) >= 0) {
            give(d, demux, packet);
            av_packet_unref(packet);
        }
    if (!d->ending)
        d->failed = rc == AVERROR(ENOMEM) ? -ENOMEM : -EIO;
    av_packet_free(&packet);
    avformat_close_input(&demux);
    if (pb)
        av_freep(&pb->buffer);
    avio_context_free(&pb);
}

int ts_demux_new(struct ts_demux **out, size_t max_pes, ts_demux_fn *fn, void *ctx)
{
    struct ts_demux *d = calloc(1, sizeof(*d));
    int rc;

    *out = NULL;
    if (!d)
        return -ENOMEM;
    d->max_pes = max_pes;
    d->fn = fn;
    d->ctx = ctx;
    rc = coroutine_new(&d->run, STACK_BYTES, run, d);
    if (rc) {
        free(d);
        return rc;
    }
    ts_filter_psi(d->psi);
    *out = d;
    return ts_demux_push(d, d->psi, sizeof(d->psi));
}

void ts_demux_free(struct ts_demux **d)
{
    if (!*d)
        return;
    ts_demux_end(*d);
    coroutine_free(&(*d)->run);
    free(*d);
    *d = NULL;
}

int ts_demux_push(struct ts_demux *d, const uint8_t *bytes, size_t len)
{
    if (d->failed || d->ending)
        return d->failed ? d->failed : -EIO;
    d->bytes = bytes;
    d->len = len;
    while (d->len > 0 && !coroutine_is_done(d->run))
        coroutine_resume(d->run);
    d->len = 0;
    return d->failed;
}

void ts_demux_end(struct ts_demux *d)
{
    d->ending = true;
    d->len = 0;
    while (!coroutine_is_done(d->run))
        coroutine_resume(d->run);
}

bool ts_demux_is_ending(const struct ts_demux *d)
{
    return d->ending;
}

size_t ts_demux_stack_used(const struct ts_demux *d)
{
    return coroutine_stack_used(d->run);
}

/* libavformat's remarks about single packets are not events of ours; only errors are kept, and
 * log.h bounds their number. */
static void on_av_log(void *avcl, int level, const char *fmt, va_list args)
{
    char line[160], safe[200];
    int n;

    (void)avcl;
    if (level > AV_LOG_ERROR)
        return;
    n = vsnprintf(line, sizeof(line), fmt, args);
    if (n <= 0)
        return;
    if ((size_t)n >= sizeof(line))
        n = sizeof(line) - 1;
    while (n > 0 && line[n - 1] == '\n')
        n--;
    log_debug("libav", "remark text=\"%s\"", log_safe(line, (size_t)n, safe, sizeof(safe)));
}

void ts_demux_setup_log(void)
{
    av_log_set_callback(on_av_log);
}
