/* Judges an agency's clip and makes the film of it that a room without a feed shows. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/slate.h"

#include "codecs/aac.h"
#include "codecs/h264.h"
#include "codecs/silence.h"
#include "relay/package/film_maker.h"

#include <errno.h>
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IO_BYTES = 65536, NALS_MAX = CODEC_NALS_MAX, UNIT_MAX = 8 << 20 };

static const char again[] = "encode it anew: ffmpeg -i CLIP -c:v libx264 -bf 0 -g 50 -c:a aac "
                            "slate.mp4";

struct reader {
    const uint8_t *bytes;
    size_t len, at;
};

struct slate {
    struct reader reader;
    AVFormatContext *in;
    AVPacket *packet;
    int video, audio; /* streams; -1: none */
    struct film_maker *maker;
    uint32_t picture_track, sound_track;
    struct codec_sets sets;
    uint64_t sets_hash;
    int64_t first_90k, last_90k, idr_90k, step_90k, gop_90k;
    uint64_t pictures, sounds;
    struct film_track sound;
    uint8_t *unit;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct slate *s, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(s->why, s->why_size, fmt, args);
    va_end(args);
    return -EINVAL;
}

static int on_read(void *opaque, uint8_t *out, int size)
{
    struct reader *r = opaque;
    size_t n = r->len - r->at < (size_t)size ? r->len - r->at : (size_t)size;

    if (n == 0)
        return AVERROR_EOF;
    memcpy(out, r->bytes + r->at, n);
    r->at += n;
    return (int)n;
}

static int64_t on_seek(void *opaque, int64_t to, int whence)
{
    struct reader *r = opaque;

    if (whence == AVSEEK_SIZE)
        return (int64_t)r->len;
    to += whence == SEEK_CUR ? (int64_t)r->at : whence == SEEK_END ? (int64_t)r->len : 0;
    if (to < 0 || to > (int64_t)r->len)
        return -1;
    r->at = (size_t)to;
    return to;
}

/* The format by its first bytes: nothing else is tried on the file. */
static const char *format_of(const struct reader *r)
{
    if (r->len > 376 && r->bytes[0] == 0x47 && r->bytes[188] == 0x47)
        return "mpegts";
    return r->len > 12 && memcmp(r->bytes + 4, "ftyp", 4) == 0 ? "mov" : NULL;
}

static int open_clip(struct slate *s)
{
    const char *format = format_of(&s->reader);
    uint8_t *io;

    if (!format)
        return refuse(s, "expected an MPEG-TS or MP4 file, got something else; %s", again);
    io = av_malloc(IO_BYTES);
    s->in = avformat_alloc_context();
    s->packet = av_packet_alloc();
    if (!io || !s->in || !s->packet) {
        av_free(io);
        return -ENOMEM;
    }
    s->in->pb = avio_alloc_context(io, IO_BYTES, 0, &s->reader, on_read, NULL, on_seek);
    if (!s->in->pb) {
        av_free(io);
        return -ENOMEM;
    }
    s->in->flags |= AVFMT_FLAG_CUSTOM_IO;
    s->in->max_streams = 16;
    return 0;
}

/* avformat_open_input frees the context when it fails, but not the I/O that is ours. */
static int read_streams(struct slate *s)
{
    AVIOContext *pb = s->in->pb;

    if (avformat_open_input(&s->in, NULL, av_find_input_format(format_of(&s->reader)), NULL) < 0) {
        av_freep(&pb->buffer);
        avio_context_free(&pb);
        return refuse(s, "expected an MPEG-TS or MP4 file, got one that breaks off; %s", again);
    }
    if (avformat_find_stream_info(s->in, NULL) < 0)
        return refuse(s, "expected streams that can be read, got none; %s", again);
    s->video = av_find_best_stream(s->in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    s->audio = av_find_best_stream(s->in, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    return 0;
}

static int check_streams(struct slate *s)
{
    const AVCodecParameters *v = s->video >= 0 ? s->in->streams[s->video]->codecpar : NULL;
    const AVCodecParameters *a = s->audio >= 0 ? s->in->streams[s->audio]->codecpar : NULL;

    if (!v)
        return refuse(s, "expected a clip with video, got none; %s", again);
    if (v->codec_id != AV_CODEC_ID_H264)
        return refuse(s, "expected H.264 video, got %s; %s", avcodec_get_name(v->codec_id), again);
    if (a && a->codec_id != AV_CODEC_ID_AAC)
        return refuse(s, "expected AAC sound or none, got %s; %s", avcodec_get_name(a->codec_id),
                      again);
    return 0;
}

static int64_t to_90k(const struct slate *s, int64_t t)
{
    return av_rescale_q(t, s->in->streams[s->packet->stream_index]->time_base,
                        (AVRational){1, 90000});
}

static size_t put_nal(uint8_t *out, size_t at, const struct nal *nal)
{
    if (at + 4 + nal->len > UNIT_MAX)
        return at;
    out[at] = (uint8_t)(nal->len >> 24);
    out[at + 1] = (uint8_t)(nal->len >> 16);
    out[at + 2] = (uint8_t)(nal->len >> 8);
    out[at + 3] = (uint8_t)nal->len;
    memcpy(out + at + 4, nal->data, nal->len);
    return at + 4 + nal->len;
}

/* NAL units behind lengths of that many bytes (ISO/IEC 14496-15 5.3.3.1). Returns how many there
 * are; the first `max` are in out. */
static size_t split_lengths(const uint8_t *p, size_t len, unsigned prefix, struct nal *out,
                            size_t max)
{
    size_t n = 0;

    while (len > prefix) {
        size_t size = 0;

        for (unsigned i = 0; i < prefix; i++)
            size = size << 8 | p[i];
        p += prefix;
        len -= prefix;
        if (size > len)
            break;
        if (size > 0 && n++ < max)
            out[n - 1] = (struct nal){p, size};
        p += size;
        len -= size;
    }
    return n;
}

/* What avcC holds, for the picture that the loop begins with. */
static size_t split_avcc(const AVCodecParameters *v, struct nal *out, size_t max)
{
    const uint8_t *p = v->extradata;
    size_t len = v->extradata_size > 0 ? (size_t)v->extradata_size : 0, at = 5, n = 0;

    for (int list = 0; list < 2 && at < len; list++) {
        unsigned count = list == 0 ? p[at] & 0x1f : p[at];

        for (at++; count > 0 && n < max; count--) {
            if (split_lengths(p + at, len - at, 2, out + n, 1) == 0)
                return n;
            at += 2 + out[n++].len;
        }
    }
    return n;
}

/* Returns how many there are, of which NALS_MAX are in nals. */
static size_t split_picture(struct slate *s, struct nal *nals)
{
    const AVCodecParameters *v = s->in->streams[s->video]->codecpar;
    const uint8_t *data = s->packet->data;
    size_t len = (size_t)s->packet->size, n = 0;

    if (v->extradata_size > 6 && v->extradata[0] == 1) {
        if (s->pictures == 0)
            n = split_avcc(v, nals, CODEC_SETS_MAX);
        return n + split_lengths(data, len, (v->extradata[4] & 3) + 1u, nals + n, NALS_MAX - n);
    }
    return nal_split(data, len, nals, NALS_MAX);
}

static int check_times(struct slate *s, int64_t dts_90k, int64_t pts_90k)
{
    if (s->pictures > 0 && dts_90k <= s->last_90k)
        return refuse(s,
                      "expected times that grow, got one that goes back at picture %" PRIu64 "; %s",
                      s->pictures, again);
    if (pts_90k < dts_90k)
        return refuse(s,
                      "expected each picture to be shown after it is decoded, got the contrary "
                      "at picture %" PRIu64 "; %s",
                      s->pictures, again);
    return 0;
}

/* Parameters, once a random access point named them: they must not change in the clip. */
static int check_sets(struct slate *s, const struct nal *nals, size_t n)
{
    struct track_params params;

    codec_sets_take(&s->sets, nals, n);
    if (s->pictures > 0 && s->sets.hash != s->sets_hash)
        return refuse(s,
                      "expected one size and one set of parameters, got others at picture "
                      "%" PRIu64 "; %s",
                      s->pictures, again);
    s->sets_hash = s->sets.hash;
    if (s->pictures == 0 && codec_sets_params(&s->sets, &params) != 0)
        return refuse(s, "expected parameter sets that HLS can carry, got none; %s", again);
    return 0;
}

static int take_picture(struct slate *s)
{
    struct nal nals[NALS_MAX];
    struct au_facts facts;
    size_t n = split_picture(s, nals), len = 0;
    int64_t dts_90k, pts_90k;
    int rc;

    if (n > NALS_MAX)
        return refuse(s,
                      "expected %d NAL units in a picture at most, got %zu at picture %" PRIu64
                      "; use fewer slices, or %s",
                      NALS_MAX, n, s->pictures, again);
    if (s->packet->dts == AV_NOPTS_VALUE || s->packet->pts == AV_NOPTS_VALUE)
        return refuse(s, "expected a time on each picture, got none at picture %" PRIu64 "; %s",
                      s->pictures, again);
    dts_90k = to_90k(s, s->packet->dts);
    pts_90k = to_90k(s, s->packet->pts);
    codec_au_facts(CODEC_H264, nals, n, &facts);
    if (s->pictures == 0 && !facts.idr)
        return refuse(s,
                      "expected the clip to begin with a keyframe (IDR), got another picture; "
                      "cut it at one, or %s",
                      again);
    rc = check_times(s, dts_90k, pts_90k);
    if (!rc && (facts.has_parameters || facts.idr))
        rc = check_sets(s, nals, n);
    if (rc)
        return rc;
    if (s->pictures == 0)
        s->first_90k = dts_90k;
    else
        s->step_90k = dts_90k - s->last_90k;
    s->gop_90k = facts.idr && dts_90k - s->idr_90k > s->gop_90k && s->pictures
                     ? dts_90k - s->idr_90k
                     : s->gop_90k;
    s->idr_90k = facts.idr ? dts_90k : s->idr_90k;
    s->last_90k = dts_90k;
    for (size_t i = 0; i < n; i++)
        if (h264_nal_type(&nals[i]) != H264_NAL_AUD)
            len = put_nal(s->unit, len, &nals[i]);
    film_maker_add(s->maker, s->picture_track, s->unit, len, dts_90k - s->first_90k,
                   pts_90k - s->first_90k);
    s->pictures++;
    return 0;
}

/* MP4 says the configuration once; latm.h's units say it with each frame. */
static int frame_of(struct slate *s, enum codec_id *codec, size_t *len)
{
    const AVCodecParameters *a = s->in->streams[s->audio]->codecpar;
    size_t asc = a->extradata_size > 0 && a->extradata_size <= 64 ? (size_t)a->extradata_size : 0;
    size_t raw = (size_t)s->packet->size;
    bool adts = audio_frame_may_start(CODEC_AAC, s->packet->data, raw) && raw >= 7;
    uint8_t *at = s->unit;

    *codec = adts ? CODEC_AAC : CODEC_LATM;
    if (raw + asc + 1 > AUDIO_FRAME_MAX || (!adts && asc == 0))
        return -EINVAL;
    if (!adts) {
        *at++ = (uint8_t)asc;
        memcpy(at, a->extradata, asc);
        at += asc;
    }
    memcpy(at, s->packet->data, raw);
    *len = (size_t)(at - s->unit) + raw;
    return 0;
}

static int take_sound(struct slate *s)
{
    struct audio_frame f;
    struct track_params p;
    enum codec_id codec;
    size_t len;

    if (s->packet->pts == AV_NOPTS_VALUE || s->pictures == 0 ||
        to_90k(s, s->packet->pts) < s->first_90k)
        return 0; /* heard before the first picture */
    if (frame_of(s, &codec, &len) != 0 || audio_frame_read(codec, s->unit, len, &f) != 0 ||
        f.bytes != len || audio_frame_params(codec, 0, s->unit, len, &p) != 0)
        return refuse(s, "expected AAC-LC or HE-AAC sound, got a frame that is not; %s", again);
    if (s->sounds == 0) {
        s->sound =
            (struct film_track){.codec = codec, .samples = f.samples, .sample_rate = f.sample_rate};
        s->sound_track = film_maker_track(s->maker, &s->sound);
    } else if (s->sound.samples != f.samples || s->sound.sample_rate != f.sample_rate) {
        return refuse(s, "expected one rate of sound, got another one in the clip; %s", again);
    }
    film_maker_add(s->maker, s->sound_track, s->unit, len, 0, 0);
    s->sounds++;
    return 0;
}

static int take_all(struct slate *s)
{
    int rc = 0;

    while (!rc && av_read_frame(s->in, s->packet) >= 0) {
        if (s->packet->size > 0 && s->packet->size < UNIT_MAX / 2) {
            if (s->packet->stream_index == s->video)
                rc = take_picture(s);
            else if (s->packet->stream_index == s->audio)
                rc = take_sound(s);
        }
        av_packet_unref(s->packet);
    }
    return rc;
}

/* A clip without sound has silence: a room's sound would break off beside it. */
static int add_silence(struct slate *s)
{
    struct film_track t = {.codec = CODEC_AAC, .samples = 1024, .sample_rate = 48000};
    uint8_t frame[SILENCE_MAX];
    size_t len;

    if (s->sounds > 0)
        return 0;
    if (silence_adts(t.sample_rate, 2, frame, &len) != 0)
        return -EINVAL;
    film_maker_add(s->maker, film_maker_track(s->maker, &t), frame, len, 0, 0);
    return 0;
}

static int check_length(struct slate *s, int64_t period_90k)
{
    int64_t gop_90k = period_90k - (s->idr_90k - s->first_90k);

    gop_90k = gop_90k > s->gop_90k ? gop_90k : s->gop_90k;
    if (s->pictures < 2 || period_90k < 90000 || period_90k > (int64_t)SLATE_SECONDS_MAX * 90000)
        return refuse(s, "expected 1 to %d seconds of pictures, got %" PRIu64 " in %.1f s; cut it",
                      SLATE_SECONDS_MAX, s->pictures, (double)period_90k / 90000);
    if (gop_90k > (int64_t)SLATE_GOP_SECONDS_MAX * 90000)
        return refuse(s, "expected a keyframe every %d s at least, got one after %.1f s; %s",
                      SLATE_GOP_SECONDS_MAX, (double)gop_90k / 90000, again);
    return 0;
}

static int make(struct slate *s, uint8_t **film, size_t *film_len)
{
    const struct film_track picture = {.codec = CODEC_H264};
    int64_t period_90k;
    int rc = open_clip(s);

    if (!rc)
        rc = read_streams(s);
    if (!rc)
        rc = check_streams(s);
    if (!rc)
        rc = film_maker_new(&s->maker, SLATE_BYTES_MAX + (SLATE_BYTES_MAX / 4));
    if (rc)
        return rc;
    s->picture_track = film_maker_track(s->maker, &picture);
    codec_sets_init(&s->sets, CODEC_H264);
    rc = take_all(s);
    period_90k = s->last_90k - s->first_90k + (s->step_90k > 0 ? s->step_90k : 3600);
    if (!rc)
        rc = check_length(s, period_90k);
    if (!rc)
        rc = add_silence(s);
    return rc ? rc : film_maker_finish(s->maker, period_90k, film, film_len);
}

static void close_clip(struct slate *s)
{
    AVIOContext *pb = s->in ? s->in->pb : NULL;

    av_packet_free(&s->packet);
    avformat_close_input(&s->in);
    if (pb) {
        av_freep(&pb->buffer);
        avio_context_free(&pb);
    }
    film_maker_free(&s->maker);
    free(s->unit);
}

int slate_make(const uint8_t *clip, size_t len, uint8_t **film, size_t *film_len, char *why,
               size_t size)
{
    struct slate *s = calloc(1, sizeof(*s));
    int rc = -ENOMEM, level = av_log_get_level();

    snprintf(why, size, "expected memory to read the clip, got none");
    if (!s)
        return -ENOMEM;
    *s =
        (struct slate){.reader = {.bytes = clip, .len = len}, .video = -1, .audio = -1, .why = why};
    s->why_size = size;
    s->unit = malloc(UNIT_MAX);
    av_log_set_level(AV_LOG_QUIET); /* what is wrong is said in one sentence */
    if (len > SLATE_BYTES_MAX)
        rc = refuse(s, "expected a clip of %d MiB at most, got %zu; make it shorter or smaller",
                    SLATE_BYTES_MAX >> 20, len >> 20);
    else if (s->unit)
        rc = make(s, film, film_len);
    close_clip(s);
    av_log_set_level(level);
    free(s);
    return rc;
}
