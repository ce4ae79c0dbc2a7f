/* libavformat's mpegts muxer, held to what HLS needs; see the notes on each option. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/ts_mux.h"

#include <errno.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKET = 188,
    IO_BYTES = 174 * PACKET, /* so that the sink only ever sees whole packets */
    PID_SDT = 0x11,
    PID_PMT = 0x1000,
    PID_VIDEO = 0x100,
    PID_AUDIO = 0x101,
    PCR_LATEST_90K = 9000,     /* ISO/IEC 13818-1 section 2.7.2 */
    PCR_EVERY_90K = 7200,      /* where no video brings one */
    PCR_HOLE_90K = 10 * 90000, /* nobody bridges a longer one */
    MAX_DELAY_US = 700000,     /* between PCR and DTS */
    PCR_WAIT_90K = 90000 / 4,  /* for the first picture to bring the first one */
};
_Static_assert(TS_MUX_DELAY_90K == MAX_DELAY_US / 100 * 9, "what the muxer is told");

struct ts_mux {
    AVFormatContext *mux;
    AVPacket *packet;
    int video, audio; /* stream indexes; -1: none */
    uint8_t counters[LINK_TS_PIDS];
    bool headed, begun, timed; /* the tables of this segment are out; a unit; a PCR */
    int64_t pcr_90k;           /* the newest one sent; before it that of the first unit */
    ts_mux_sink *sink;
    void *sink_ctx;
    int error;
};

static const struct {
    enum codec_id codec;
    enum AVCodecID id;
} carried[] = {
    {CODEC_H264, AV_CODEC_ID_H264}, {CODEC_AAC, AV_CODEC_ID_AAC},   {CODEC_LATM, AV_CODEC_ID_AAC},
    {CODEC_AC3, AV_CODEC_ID_AC3},   {CODEC_EAC3, AV_CODEC_ID_EAC3}, {CODEC_MP3, AV_CODEC_ID_MP3},
    {CODEC_MP2, AV_CODEC_ID_MP2},
};

static enum AVCodecID id_of(enum codec_id codec)
{
    for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++)
        if (carried[i].codec == codec)
            return carried[i].id;
    return AV_CODEC_ID_NONE;
}

bool ts_mux_carries(enum codec_id codec)
{
    return id_of(codec) != AV_CODEC_ID_NONE;
}

static uint8_t *counter_of(struct ts_mux *m, unsigned pid)
{
    switch (pid) {
    case 0:
        return &m->counters[0];
    case PID_PMT:
        return &m->counters[1];
    case PID_VIDEO:
        return &m->counters[2];
    case PID_AUDIO:
        return &m->counters[3];
    default:
        return NULL;
    }
}

/* Counts a packet, in its header (section 2.4.3.3: one without payload repeats the last counter).
 * False: HLS has no use for it (the SDT). */
static bool count(struct ts_mux *m, uint8_t *packet)
{
    uint8_t *next = counter_of(m, (packet[1] & 0x1fu) << 8 | packet[2]);
    bool payload = packet[3] & 0x10;

    if (!next)
        return false;
    packet[3] = (uint8_t)((packet[3] & 0xf0) | ((*next - (payload ? 0 : 1)) & 15));
    *next = (uint8_t)((*next + (payload ? 1 : 0)) & 15);
    return true;
}

static int on_bytes(void *opaque, uint8_t *bytes, int len)
{
    struct ts_mux *m = opaque;
    size_t kept = 0;

    for (size_t at = 0; at + PACKET <= (size_t)len; at += PACKET) {
        if (!count(m, bytes + at))
            continue;
        if (kept != at)
            memmove(bytes + kept, bytes + at, PACKET);
        kept += PACKET;
    }
    m->error = kept ? m->sink(m->sink_ctx, bytes, kept) : 0;
    return m->error ? AVERROR(EIO) : len;
}

static int add_stream(struct ts_mux *m, enum codec_id codec, int pid, uint32_t rate, int *index)
{
    bool video = codec_kind(codec) == CODEC_KIND_VIDEO;
    AVStream *s;

    *index = -1;
    if (codec == CODEC_NONE)
        return 0;
    s = avformat_new_stream(m->mux, NULL);
    if (!s)
        return -ENOMEM;
    s->id = pid;
    s->time_base = (AVRational){1, 90000};
    s->codecpar->codec_id = id_of(codec);
    s->codecpar->codec_type = video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
    s->codecpar->sample_rate = video ? 0 : (int)rate;
    *index = s->index;
    return 0;
}

/*
 * mpegts_copyts: timestamps are ours. pes_payload_size 0: as little gathering of audio frames as
 * the muxer can be told, because their PCR would come too late. pcr_period 1 ms: with every frame
 * of the stream that carries it. pat_period: the tables come where a segment begins, and with
 * keyframes.
 */
static int write_header(struct ts_mux *m)
{
    AVDictionary *o = NULL;
    int rc;

    av_dict_set(&o, "mpegts_copyts", "1", 0);
    av_dict_set(&o, "pes_payload_size", "0", 0);
    av_dict_set(&o, "pcr_period", "1", 0);
    av_dict_set(&o, "pat_period", "3600", 0);
    av_dict_set(&o, "sdt_period", "3600", 0);
    av_dict_set(&o, "avoid_negative_ts", "disabled", 0);
    av_dict_set(&o, "fflags", "-autobsf+bitexact", 0);
    m->mux->max_delay = MAX_DELAY_US;
    m->mux->flush_packets = 0;
    rc = avformat_write_header(m->mux, &o);
    av_dict_free(&o);
    return m->error ? m->error : rc < 0 ? -EINVAL : 0;
}

static int open_muxer(struct ts_mux *m, enum codec_id video, enum codec_id audio, uint32_t rate)
{
    uint8_t *io = av_malloc(IO_BYTES);
    int rc;

    m->packet = av_packet_alloc();
    if (!io || !m->packet || avformat_alloc_output_context2(&m->mux, NULL, "mpegts", NULL) < 0) {
        av_free(io);
        return -ENOMEM;
    }
    m->mux->pb = avio_alloc_context(io, IO_BYTES, 1, m, NULL, on_bytes, NULL);
    if (!m->mux->pb) {
        av_free(io);
        return -ENOMEM;
    }
    m->mux->pb->seekable = 0;
    m->mux->flags |= AVFMT_FLAG_CUSTOM_IO;
    rc = add_stream(m, video, PID_VIDEO, 0, &m->video);
    if (!rc)
        rc = add_stream(m, audio, PID_AUDIO, rate, &m->audio);
    return rc ? rc : write_header(m);
}

int ts_mux_new(struct ts_mux **out, enum codec_id video, enum codec_id audio, uint32_t audio_rate,
               const uint8_t counters[static LINK_TS_PIDS], ts_mux_sink *sink, void *ctx)
{
    struct ts_mux *m = calloc(1, sizeof(*m));
    int rc;

    *out = NULL;
    if (!m)
        return -ENOMEM;
    m->sink = sink;
    m->sink_ctx = ctx;
    for (size_t i = 0; i < LINK_TS_PIDS; i++)
        m->counters[i] = counters[i] & 15;
    rc = open_muxer(m, video, audio, audio_rate);
    if (rc)
        ts_mux_free(&m);
    *out = m;
    return rc;
}

void ts_mux_free(struct ts_mux **m)
{
    if (!*m)
        return;
    if ((*m)->mux) { /* never av_write_trailer: what is not flushed is not wanted */
        if ((*m)->mux->pb)
            av_freep(&(*m)->mux->pb->buffer);
        avio_context_free(&(*m)->mux->pb);
        avformat_free_context((*m)->mux);
    }
    av_packet_free(&(*m)->packet);
    free(*m);
    *m = NULL;
}

void ts_mux_begin(struct ts_mux *m)
{
    av_opt_set(m->mux->priv_data, "mpegts_flags", "+resend_headers", 0);
    m->headed = false;
}

/* Section 2.4.3.4: a packet that is all adaptation field, with nothing in it but a PCR. */
static void put_pcr(struct ts_mux *m, int64_t pcr_90k)
{
    uint64_t base = (uint64_t)pcr_90k;
    unsigned pid = m->video >= 0 ? PID_VIDEO : PID_AUDIO;
    uint8_t p[PACKET];

    memset(p, 0xff, sizeof(p));
    p[0] = 0x47;
    p[1] = (uint8_t)(pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = 0x20;
    p[4] = PACKET - 5;
    p[5] = 0x10;
    p[6] = (uint8_t)(base >> 25);
    p[7] = (uint8_t)(base >> 17);
    p[8] = (uint8_t)(base >> 9);
    p[9] = (uint8_t)(base >> 1);
    p[10] = (uint8_t)((base & 1) << 7 | 0x7e);
    p[11] = 0;
    avio_write(m->mux->pb, p, PACKET);
    m->pcr_90k = pcr_90k;
    m->timed = true;
}

/* Sends what must lie between the newest PCR and the one that goes with this time. The first one
 * is the first picture's: sound may come before it that overlaps what another muxer has sent. */
static void keep_time(struct ts_mux *m, int64_t pcr_90k)
{
    int64_t ahead = pcr_90k - m->pcr_90k;

    if (!m->headed || (!m->timed && ahead < PCR_WAIT_90K))
        return;
    if (!m->timed || ahead > PCR_HOLE_90K)
        put_pcr(m, pcr_90k);
    while (pcr_90k - m->pcr_90k > PCR_LATEST_90K)
        put_pcr(m, m->pcr_90k + PCR_EVERY_90K);
}

int ts_mux_write(struct ts_mux *m, const struct ts_mux_unit *u)
{
    AVPacket *k = m->packet;
    int64_t pcr = u->dts_90k - TS_MUX_DELAY_90K;
    bool clocked = u->video || m->video < 0; /* the muxer puts a PCR into this unit's PES */
    int rc;

    keep_time(m, pcr);
    k->data = (uint8_t *)(uintptr_t)u->data; /* not ref-counted: the muxer copies it */
    k->size = (int)u->len;
    k->pts = u->pts_90k;
    k->dts = u->dts_90k;
    k->flags = u->sync ? AV_PKT_FLAG_KEY : 0;
    k->stream_index = u->video ? m->video : m->audio;
    rc = av_write_frame(m->mux, k);
    k->data = NULL;
    k->size = 0;
    if (rc >= 0 && !u->video) /* a short frame would wait for others */
        rc = av_write_frame(m->mux, NULL);
    if (rc < 0)
        return m->error ? m->error : -EINVAL;
    if (clocked || !m->begun)
        m->pcr_90k = pcr;
    m->headed = m->begun = true;
    m->timed = m->timed || clocked;
    return m->error;
}

int ts_mux_flush(struct ts_mux *m)
{
    if (av_write_frame(m->mux, NULL) < 0)
        return m->error ? m->error : -EIO;
    avio_flush(m->mux->pb);
    return m->error;
}

void ts_mux_counters(const struct ts_mux *m, uint8_t counters[static LINK_TS_PIDS])
{
    memcpy(counters, m->counters, LINK_TS_PIDS);
}
