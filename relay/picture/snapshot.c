/* libavcodec decodes and encodes, libswscale scales; each picture begins anew. */
/* SPDX-License-Identifier: MIT */
#include "relay/picture/snapshot.h"

#include "relay/link/picture_link.h"
#include "relay/picture/tone.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIXELS_MAX = 8192 * 4352, /* what is decoded: 8K */
    JPEG_QUALITY = 5,         /* mjpeg's scale, 2 is best: about 10 kB of what people stream */
};

/* libav's errors in ours. */
static int translated(int rc)
{
    return rc >= 0 ? 0 : rc == AVERROR(ENOMEM) ? -ENOMEM : -EINVAL;
}

/* ---- decoding */

/* The picture is small afterwards: what only smooths it is left out. No threads: the sandbox has
 * none, and one picture has nothing to share. */
static int open_decoder(AVCodecContext **out, enum codec_id id, const uint8_t *record, size_t len)
{
    const AVCodec *codec =
        avcodec_find_decoder(id == CODEC_H264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

    *out = c;
    if (!c)
        return codec ? -ENOMEM : -ENOTSUP;
    c->thread_count = 1;
    c->max_pixels = PIXELS_MAX;
    c->skip_loop_filter = AVDISCARD_ALL;
    c->flags2 |= AV_CODEC_FLAG2_FAST;
    c->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!c->extradata)
        return -ENOMEM;
    memcpy(c->extradata, record, len);
    c->extradata_size = (int)len;
    return translated(avcodec_open2(c, codec, NULL));
}

/* One sample in, and then the end, so that the decoder holds nothing back. */
static int feed(AVCodecContext *c, const uint8_t *sample, size_t len, AVFrame *out)
{
    AVPacket *p = av_packet_alloc();
    int rc = p ? av_new_packet(p, (int)len) : AVERROR(ENOMEM);

    if (rc == 0) {
        memcpy(p->data, sample, len);
        p->flags |= AV_PKT_FLAG_KEY;
        rc = avcodec_send_packet(c, p);
    }
    if (rc == 0)
        rc = avcodec_send_packet(c, NULL);
    if (rc == 0)
        rc = avcodec_receive_frame(c, out);
    av_packet_free(&p);
    return translated(rc);
}

/* What was concealed is not shown: the last good picture stays. */
static bool is_whole(const AVFrame *f)
{
    return f->width > 0 && f->height > 0 && f->decode_error_flags == 0 &&
           !(f->flags & AV_FRAME_FLAG_CORRUPT);
}

static int decode(AVFrame **out, enum codec_id id, const uint8_t *record, size_t record_len,
                  const uint8_t *sample, size_t len)
{
    AVCodecContext *c = NULL;
    int rc = open_decoder(&c, id, record, record_len);

    *out = av_frame_alloc();
    if (!*out)
        rc = -ENOMEM;
    if (!rc)
        rc = feed(c, sample, len, *out);
    if (!rc && !is_whole(*out))
        rc = -EINVAL;
    avcodec_free_context(&c);
    return rc;
}

/* ---- scaling */

static void fit(const AVFrame *f, int *width, int *height)
{
    AVRational sar = f->sample_aspect_ratio;
    bool known = sar.num > 0 && sar.den > 0;
    double w = known ? (double)f->width * sar.num / sar.den : f->width, h = f->height, scale = 1;

    if (w > PICTURE_WIDTH_MAX)
        scale = PICTURE_WIDTH_MAX / w;
    if (h * scale > PICTURE_HEIGHT_MAX)
        scale = PICTURE_HEIGHT_MAX / h;
    /* even, so that halves of chroma fit; and something, however odd the ratio */
    *width = (int)(w * scale / 2 + 0.5) * 2;
    *height = (int)(h * scale / 2 + 0.5) * 2;
    *width = *width < 2 ? 2 : *width;
    *height = *height < 2 ? 2 : *height;
}

/* ITU-T H.273 table 4; where nothing is said, what players take: BT.709 for HD, else BT.601. */
static const int *matrix_of(const AVFrame *f)
{
    int space = f->colorspace;

    if (space == AVCOL_SPC_UNSPECIFIED || space == AVCOL_SPC_RGB || space == AVCOL_SPC_RESERVED)
        space = f->height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    return sws_getCoefficients(space);
}

static int new_frame(AVFrame **out, int format, int width, int height)
{
    *out = av_frame_alloc();
    if (!*out)
        return -ENOMEM;
    (*out)->format = format;
    (*out)->width = width;
    (*out)->height = height;
    return translated(av_frame_get_buffer(*out, 0));
}

/* All of `from` into all of `to`. SWS_AREA and not the fastest one: that one writes code into
 * memory, which the sandbox forbids. */
static int convert(const AVFrame *from, AVFrame *to, const int *matrix, bool full)
{
    struct SwsContext *s = sws_getContext(from->width, from->height, from->format, to->width,
                                          to->height, to->format, SWS_AREA, NULL, NULL, NULL);
    int rc = -EINVAL;

    if (!s)
        return rc;
    /* JPEG's own colours: BT.601 of full range (JFIF) */
    if (sws_setColorspaceDetails(s, matrix, full, sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16,
                                 1 << 16) >= 0 &&
        sws_scale(s, (const uint8_t *const *)from->data, from->linesize, 0, from->height, to->data,
                  to->linesize) == to->height)
        rc = 0;
    sws_freeContext(s);
    return rc;
}

static int flatten(enum tone tone, const AVFrame *from, AVFrame *to)
{
    for (int y = 0; y < from->height; y++)
        tone_map(tone,
                 (const uint16_t *)(const void *)(from->data[0] + (ptrdiff_t)y * from->linesize[0]),
                 to->data[0] + (ptrdiff_t)y * to->linesize[0], (size_t)from->width);
    return 0;
}

/* To a small one that mjpeg takes, by way of RGB: the only form in which matrix, range and light
 * are all what they are. */
static int shrink(const AVFrame *f, AVFrame **out)
{
    bool is_pq = f->color_trc == AVCOL_TRC_SMPTE2084,
         is_hlg = f->color_trc == AVCOL_TRC_ARIB_STD_B67;
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    bool full = f->color_range == AVCOL_RANGE_JPEG || (d && strncmp(d->name, "yuvj", 4) == 0);
    AVFrame *bright = NULL, *rgb = NULL;
    int width, height, rc;

    fit(f, &width, &height);
    rc = new_frame(&rgb, AV_PIX_FMT_RGB24, width, height);
    if (!rc && (is_pq || is_hlg)) {
        rc = new_frame(&bright, AV_PIX_FMT_RGB48, width, height);
        if (!rc)
            rc = convert(f, bright, matrix_of(f), full);
        if (!rc)
            rc = flatten(is_pq ? TONE_PQ : TONE_HLG, bright, rgb);
    } else if (!rc) {
        rc = convert(f, rgb, matrix_of(f), full);
    }
    if (!rc)
        rc = new_frame(out, AV_PIX_FMT_YUVJ420P, width, height);
    if (!rc)
        rc = convert(rgb, *out, sws_getCoefficients(SWS_CS_ITU601), true);
    av_frame_free(&bright);
    av_frame_free(&rgb);
    return rc;
}

/* ---- encoding */

static int open_encoder(AVCodecContext **out, const AVFrame *f)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

    *out = c;
    if (!c)
        return codec ? -ENOMEM : -ENOTSUP;
    c->width = f->width;
    c->height = f->height;
    c->pix_fmt = AV_PIX_FMT_YUVJ420P;
    c->color_range = AVCOL_RANGE_JPEG;
    c->time_base = (AVRational){1, 25};
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_QSCALE;
    c->global_quality = FF_QP2LAMBDA * JPEG_QUALITY;
    return translated(avcodec_open2(c, codec, NULL));
}

static int keep(struct snapshot *out, const AVPacket *p, const AVFrame *f)
{
    if (p->size <= 0 || p->size > PICTURE_BYTES_MAX)
        return -E2BIG;
    out->jpeg = malloc((size_t)p->size);
    if (!out->jpeg)
        return -ENOMEM;
    memcpy(out->jpeg, p->data, (size_t)p->size);
    out->len = (size_t)p->size;
    out->width = (uint32_t)f->width;
    out->height = (uint32_t)f->height;
    return 0;
}

static int encode(struct snapshot *out, AVFrame *f)
{
    AVCodecContext *c = NULL;
    AVPacket *p = av_packet_alloc();
    int rc = p ? open_encoder(&c, f) : -ENOMEM;

    f->quality = FF_QP2LAMBDA * JPEG_QUALITY;
    f->pts = 0;
    if (!rc)
        rc = translated(avcodec_send_frame(c, f));
    if (!rc)
        rc = translated(avcodec_receive_packet(c, p));
    if (!rc)
        rc = keep(out, p, f);
    av_packet_free(&p);
    avcodec_free_context(&c);
    return rc;
}

int snapshot_make(struct snapshot *out, enum codec_id codec, const uint8_t *record,
                  size_t record_len, const uint8_t *sample, size_t sample_len)
{
    AVFrame *frame = NULL, *little = NULL;
    int rc = -EINVAL;

    *out = (struct snapshot){0};
    if (codec != CODEC_H264 && codec != CODEC_HEVC)
        return -ENOTSUP;
    if (record_len > 0 && record_len <= PICTURE_INIT_MAX && sample_len > 0 &&
        sample_len <= PICTURE_KEYFRAME_MAX)
        rc = decode(&frame, codec, record, record_len, sample, sample_len);
    if (!rc)
        rc = shrink(frame, &little);
    if (!rc)
        rc = encode(out, little);
    av_frame_free(&frame);
    av_frame_free(&little);
    return rc;
}

void snapshot_quiet(void)
{
    av_log_set_level(AV_LOG_QUIET);
}

void snapshot_fini(struct snapshot *s)
{
    free(s->jpeg);
    *s = (struct snapshot){0};
}
