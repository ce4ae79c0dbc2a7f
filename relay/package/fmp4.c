/* libavformat's mov muxer, held to what live CMAF needs; see the notes on each option. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/fmp4.h"

#include "relay/package/sample_entry.h"

#include <assert.h>
#include <errno.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FMP4_IO_BYTES = 32768 };

struct fmp4 {
    AVFormatContext *mux;
    AVPacket *packet;
    uint32_t timescale;
    size_t pending;   /* samples in the fragment */
    int64_t next_dts; /* where the fragment after this one starts if nothing is missing */
    fmp4_sink *sink;
    void *sink_ctx;
    uint8_t *init; /* set while the header is written */
    size_t init_size, init_len;
    int error;
};

static int on_bytes(void *opaque, uint8_t *bytes, int len)
{
    struct fmp4 *f = opaque;

    if (f->init) {
        if ((size_t)len > f->init_size - f->init_len) {
            f->error = -EINVAL;
            return AVERROR(EINVAL);
        }
        memcpy(f->init + f->init_len, bytes, (size_t)len);
        f->init_len += (size_t)len;
        return len;
    }
    f->error = f->sink(f->sink_ctx, bytes, (size_t)len);
    return f->error ? AVERROR(EIO) : len;
}

static int fill_codecpar(AVCodecParameters *par, const struct track_params *p)
{
    size_t len = sample_entry_is_ours(p->codec) ? 0 : p->config_len;

    par->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!par->extradata)
        return -ENOMEM;
    memcpy(par->extradata, p->config, len);
    par->extradata_size = (int)len;
    switch (p->codec) {
    case CODEC_H264:
        par->codec_id = AV_CODEC_ID_H264;
        par->codec_tag = MKTAG('a', 'v', 'c', '1');
        break;
    case CODEC_HEVC:
        par->codec_id = AV_CODEC_ID_HEVC;
        par->codec_tag = MKTAG('h', 'v', 'c', '1');
        break;
    case CODEC_AAC:
        par->codec_id = AV_CODEC_ID_AAC;
        par->codec_tag = MKTAG('m', 'p', '4', 'a');
        break;
    case CODEC_AC3:
    case CODEC_EAC3:
    case CODEC_MP3:
    case CODEC_MP2:
    case CODEC_OPUS: /* one that the muxer copies as it is: see sample_entry.h */
        par->codec_id = AV_CODEC_ID_MP2;
        par->codec_tag = MKTAG('m', 'p', '4', 'a');
        break;
    case CODEC_LATM:
    case CODEC_NONE:
        return -EINVAL;
    }
    if (codec_kind(p->codec) == CODEC_KIND_VIDEO) {
        par->codec_type = AVMEDIA_TYPE_VIDEO;
        par->width = (int)p->width;
        par->height = (int)p->height;
        par->sample_aspect_ratio = (AVRational){(int)p->sar_num, (int)p->sar_den};
        par->color_primaries = p->primaries;
        par->color_trc = p->transfer;
        par->color_space = p->matrix;
        par->color_range = p->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    } else {
        par->codec_type = AVMEDIA_TYPE_AUDIO;
        par->sample_rate = (int)p->core_sample_rate;
        par->frame_size = (int)p->frame_samples;
        av_channel_layout_default(&par->ch_layout, (int)p->channels);
    }
    return 0;
}

static void fill_mastering(AVMasteringDisplayMetadata *m, const struct hdr10 *h)
{
    static const int rgb_of[3] = {1, 2, 0}; /* SEI counts green, blue, red */

    for (size_t c = 0; c < 3; c++)
        for (size_t xy = 0; xy < 2; xy++)
            m->display_primaries[rgb_of[c]][xy] = (AVRational){h->primaries[c][xy], 50000};
    for (size_t xy = 0; xy < 2; xy++)
        m->white_point[xy] = (AVRational){h->white[xy], 50000};
    m->max_luminance = (AVRational){(int)h->luminance_max, 10000};
    m->min_luminance = (AVRational){(int)h->luminance_min, 10000};
    m->has_primaries = m->has_luminance = 1;
}

/* Takes data, which av_malloc gave. */
static int add_side_data(AVStream *stream, enum AVPacketSideDataType type, void *data, size_t size)
{
    if (!data)
        return -ENOMEM;
    if (av_stream_add_side_data(stream, type, data, size) < 0) {
        av_free(data);
        return -ENOMEM;
    }
    return 0;
}

/* The muxer makes mdcv and clli (ISO/IEC 14496-12 12.1.6, 12.1.7) of these. */
static int add_hdr10(AVStream *stream, const struct hdr10 *h)
{
    int rc = 0;

    if (h->has_mastering && h->luminance_max <= INT_MAX) {
        AVMasteringDisplayMetadata *m = av_mastering_display_metadata_alloc();

        if (m)
            fill_mastering(m, h);
        rc = add_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, m, sizeof(*m));
    }
    if (!rc && h->has_light) {
        size_t size = 0;
        AVContentLightMetadata *light = av_content_light_metadata_alloc(&size);

        if (light) {
            light->MaxCLL = h->max_cll;
            light->MaxFALL = h->max_fall;
        }
        rc = add_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, light, size);
    }
    return rc;
}

/*
 * frag_custom: only fmp4_flush ends a fragment. empty_moov: the header is complete before media.
 * default_base_moof: CMAF's addressing. skip_trailer, skip_sidx: nothing may pile up or trail.
 * frag_discont (before the first packet, and again after a hole): tfdt is the sample's own DTS.
 * use_editlist 0 and avoid_negative_ts 0: the relay's timestamps are final.
 */
static int write_header(struct fmp4 *f)
{
    AVDictionary *o = NULL;
    int rc;

    av_dict_set(&o, "movflags",
                "frag_custom+empty_moov+default_base_moof+skip_trailer+skip_sidx+frag_discont", 0);
    av_dict_set(&o, "use_editlist", "0", 0);
    av_dict_set(&o, "video_track_timescale", "90000", 0);
    av_dict_set(&o, "avoid_negative_ts", "disabled", 0);
    av_dict_set(&o, "fflags", "-autobsf+bitexact", 0);
    rc = avformat_write_header(f->mux, &o);
    av_dict_free(&o);
    if (rc >= 0)
        avio_flush(f->mux->pb);
    return f->error ? f->error : rc < 0 ? -EINVAL : 0;
}

static int open_muxer(struct fmp4 *f, const struct track_params *p, const char *language)
{
    uint8_t *io = av_malloc(FMP4_IO_BYTES);
    AVStream *stream;
    int rc;

    f->packet = av_packet_alloc();
    if (!io || !f->packet || avformat_alloc_output_context2(&f->mux, NULL, "mp4", NULL) < 0) {
        av_free(io);
        return -ENOMEM;
    }
    f->mux->pb = avio_alloc_context(io, FMP4_IO_BYTES, 1, f, NULL, on_bytes, NULL);
    if (!f->mux->pb) {
        av_free(io);
        return -ENOMEM;
    }
    f->mux->pb->seekable = 0;
    f->mux->flags |= AVFMT_FLAG_CUSTOM_IO;
    stream = avformat_new_stream(f->mux, NULL);
    if (!stream)
        return -ENOMEM;
    stream->time_base = (AVRational){1, (int)f->timescale};
    if (*language)
        av_dict_set(&stream->metadata, "language", language, 0);
    rc = fill_codecpar(stream->codecpar, p);
    stream->sample_aspect_ratio = stream->codecpar->sample_aspect_ratio;
    if (!rc)
        rc = add_hdr10(stream, &p->hdr10);
    return rc ? rc : write_header(f);
}

int fmp4_new(struct fmp4 **out, const struct track_params *p, const char *language, uint8_t *init,
             size_t init_size, size_t *init_len, fmp4_sink *sink, void *ctx)
{
    struct fmp4 *f = calloc(1, sizeof(*f));
    int rc;

    *out = NULL;
    if (!f)
        return -ENOMEM;
    f->timescale = codec_kind(p->codec) == CODEC_KIND_VIDEO ? 90000 : p->core_sample_rate;
    if (f->timescale == 0) { /* every time would be divided by it */
        free(f);
        return -EINVAL;
    }
    f->sink = sink;
    f->sink_ctx = ctx;
    f->init = init;
    f->init_size = init_size;
    rc = open_muxer(f, p, language);
    if (rc) {
        fmp4_free(&f);
        return rc;
    }
    if (sample_entry_is_ours(p->codec)) {
        rc = sample_entry_put(init, &f->init_len, init_size, p);
        if (rc) {
            fmp4_free(&f);
            return rc;
        }
    }
    *init_len = f->init_len;
    f->init = NULL;
    f->next_dts = INT64_MIN;
    assert(f->mux->streams[0]->time_base.den == (int)f->timescale);
    *out = f;
    return 0;
}

void fmp4_free(struct fmp4 **f)
{
    if (!*f)
        return;
    if ((*f)->mux) {
        /* never av_write_trailer: it would flush; avformat_free_context ends the muxer */
        if ((*f)->mux->pb)
            av_freep(&(*f)->mux->pb->buffer);
        avio_context_free(&(*f)->mux->pb);
        avformat_free_context((*f)->mux);
    }
    av_packet_free(&(*f)->packet);
    free(*f);
    *f = NULL;
}

uint32_t fmp4_timescale(const struct fmp4 *f)
{
    return f->timescale;
}

void fmp4_number(struct fmp4 *f, uint32_t number)
{
    av_opt_set_int(f->mux->priv_data, "fragment_index", number, 0);
}

uint32_t fmp4_iframe_bytes(const uint8_t *bytes, size_t len, uint32_t first)
{
    uint32_t moof;

    if (first == 0 || len < 8 || memcmp(bytes + 4, "moof", 4) != 0)
        return 0;
    moof = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return moof + 8 + first;
}

int fmp4_write(struct fmp4 *f, const struct fmp4_sample *s)
{
    AVPacket *k = f->packet;
    int rc;

    if (s->pts < s->dts || s->duration <= 0 || s->dts < 0)
        return -EINVAL;
    if (f->pending == 0 && s->dts != f->next_dts)
        av_opt_set(f->mux->priv_data, "movflags", "+frag_discont", 0);
    k->data = (uint8_t *)(uintptr_t)s->data; /* not ref-counted: the muxer copies it */
    k->size = (int)s->len;
    k->pts = s->pts;
    k->dts = s->dts;
    k->duration = s->duration;
    k->flags = s->sync ? AV_PKT_FLAG_KEY : 0;
    k->stream_index = 0;
    rc = av_write_frame(f->mux, k);
    k->data = NULL;
    k->size = 0;
    if (rc < 0)
        return f->error ? f->error : -EINVAL;
    f->pending++;
    f->next_dts = s->dts + s->duration;
    return 0;
}

int fmp4_flush(struct fmp4 *f)
{
    if (f->pending == 0)
        return 0;
    f->pending = 0;
    f->mux->pb->direct = 1; /* the mdat's bytes go straight to the sink, not through the buffer */
    if (av_write_frame(f->mux, NULL) < 0)
        return f->error ? f->error : -EIO;
    avio_flush(f->mux->pb);
    return f->error;
}
