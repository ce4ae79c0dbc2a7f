/* Silent frames of the codecs whose frames nobody writes by hand: AC-3 and E-AC-3. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/silence_encoder.h"

#include "codecs/bits.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <string.h>

/* ETSI TS 102 366 annex F.4 (dac3) and F.6 (dec3), as far as an encoder has to know them. */
struct dolby {
    unsigned rate_code, mode, lfe, kbps;
};

static int read_record(const struct mp4_track *t, struct dolby *out)
{
    /* ETSI TS 102 366 table 4.13: frmsizecod / 2 */
    static const uint16_t rates[] = {32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                     192, 224, 256, 320, 384, 448, 512, 576, 640};
    struct bits b;
    unsigned code;

    bits_init(&b, t->record, t->record_len);
    if (t->codec == CODEC_EAC3) {
        out->kbps = bits_u(&b, 13);
        bits_skip(&b, 3); /* num_ind_sub */
    }
    out->rate_code = bits_u(&b, 2);
    bits_skip(&b, 5);                                      /* bsid */
    bits_skip(&b, t->codec == CODEC_EAC3 ? 1 + 1 + 3 : 3); /* reserved, asvc, bsmod */
    out->mode = bits_u(&b, 3);
    out->lfe = bits_u(&b, 1);
    if (t->codec == CODEC_AC3) {
        code = bits_u(&b, 5);
        if (code >= sizeof(rates) / sizeof(rates[0]))
            return -ENOTSUP;
        out->kbps = rates[code];
    }
    return b.error ? -ENOTSUP : 0;
}

/* 4.4.2.3: the channels of each acmod. Dual mono (0) is no layout. */
static uint64_t layout_of(const struct dolby *d)
{
    static const uint64_t layouts[8] = {0,
                                        AV_CH_LAYOUT_MONO,
                                        AV_CH_LAYOUT_STEREO,
                                        AV_CH_LAYOUT_SURROUND,
                                        AV_CH_LAYOUT_2_1,
                                        AV_CH_LAYOUT_4POINT0,
                                        AV_CH_LAYOUT_2_2,
                                        AV_CH_LAYOUT_5POINT0};

    return layouts[d->mode] ? layouts[d->mode] | (d->lfe ? AV_CH_LOW_FREQUENCY : 0) : 0;
}

static AVCodecContext *open_encoder(const struct mp4_track *t, const struct dolby *d)
{
    static const int rates[] = {48000, 44100, 32000, 0};
    const AVCodec *codec =
        avcodec_find_encoder(t->codec == CODEC_AC3 ? AV_CODEC_ID_AC3 : AV_CODEC_ID_EAC3);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

    if (!c)
        return NULL;
    c->sample_rate = rates[d->rate_code];
    c->bit_rate = (int64_t)d->kbps * 1000;
    c->sample_fmt = AV_SAMPLE_FMT_FLTP;
    c->time_base = (AVRational){1, c->sample_rate ? c->sample_rate : 1};
    av_channel_layout_from_mask(&c->ch_layout, layout_of(d));
    if (!c->sample_rate || !layout_of(d) || avcodec_open2(c, codec, NULL) < 0)
        avcodec_free_context(&c);
    return c;
}

/* The second frame: the first one's overlap is with nothing. */
static int encode(AVCodecContext *c, AVFrame *frame, AVPacket *packet, uint8_t *out, size_t size,
                  size_t *len)
{
    frame->nb_samples = c->frame_size;
    frame->format = c->sample_fmt;
    frame->sample_rate = c->sample_rate;
    if (av_channel_layout_copy(&frame->ch_layout, &c->ch_layout) < 0 ||
        av_frame_get_buffer(frame, 0) < 0)
        return -ENOMEM;
    for (int i = 0; i < c->ch_layout.nb_channels; i++)
        memset(frame->extended_data[i], 0, (size_t)c->frame_size * sizeof(float));
    *len = 0;
    for (int i = 0; i < 4; i++) {
        frame->pts = (int64_t)i * c->frame_size;
        if (avcodec_send_frame(c, frame) < 0)
            return -ENOTSUP;
        while (avcodec_receive_packet(c, packet) == 0) {
            if ((size_t)packet->size <= size) {
                memcpy(out, packet->data, (size_t)packet->size);
                *len = (size_t)packet->size;
            }
            av_packet_unref(packet);
        }
    }
    return *len > 0 ? 0 : -ENOTSUP;
}

int silence_encode(const struct mp4_track *t, uint8_t *out, size_t size, size_t *len)
{
    struct dolby d = {0};
    int rc = t->codec == CODEC_AC3 || t->codec == CODEC_EAC3 ? read_record(t, &d) : -ENOTSUP;
    AVCodecContext *c = rc ? NULL : open_encoder(t, &d);
    AVFrame *frame = c ? av_frame_alloc() : NULL;
    AVPacket *packet = c ? av_packet_alloc() : NULL;

    if (!rc)
        rc = !c ? -ENOTSUP : frame && packet ? encode(c, frame, packet, out, size, len) : -ENOMEM;
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&c);
    return rc;
}
