/* Reads MPEG audio headers (MP1, MP2, MP3) and says what such a track is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/mpeg_audio.h"

#include "codecs/bits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

enum { HEADER_BYTES = 4, SYNC = 0x7ff, BIT_RATE_FREE = 0, BIT_RATE_BAD = 15, RATE_BAD = 3 };

/* ISO/IEC 14496-1 table 5: audio of ISO/IEC 13818-3 and of 11172-3 */
enum { OTI_MPEG2 = 0x69, OTI_MPEG1 = 0x6b };

/* kbit/s by bitrate_index; of MPEG-1 by layer, then of MPEG-2: layer I, layers II and III. */
static const uint16_t BIT_RATES[5][15] = {
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
};

static const uint32_t RATES[] = {44100, 48000, 32000};

static uint32_t bit_rate(const struct mpeg_audio *m, unsigned index)
{
    unsigned row = m->version == 1 ? m->layer - 1u : m->layer == 1 ? 3 : 4;
    return 1000u * BIT_RATES[row][index];
}

/* 2.4.3.1: layer I counts slots of 4 bytes, the others of one. */
static uint32_t frame_bytes(const struct mpeg_audio *m, uint32_t rate, bool padding)
{
    if (m->layer == 1)
        return 4 * (12 * rate / m->sample_rate + padding);
    return m->samples / 8 * rate / m->sample_rate + padding;
}

int mpeg_audio_parse(const uint8_t *data, size_t len, struct mpeg_audio *out)
{
    static const uint8_t versions[] = {3, 0, 2, 1};
    if (len < HEADER_BYTES)
        return -EAGAIN;
    struct bits b;
    bits_init(&b, data, HEADER_BYTES);
    *out = (struct mpeg_audio){.version = 0};
    const bool sync = bits_u(&b, 11) == SYNC;
    out->version = versions[bits_u(&b, 2)];
    out->layer = (uint8_t)(4 - bits_u(&b, 2));
    bits_skip(&b, 1); /* protection_bit: its CRC is part of the frame */
    const unsigned bit_rate_index = bits_u(&b, 4), rate_index = bits_u(&b, 2);
    const bool padding = bits_flag(&b);
    bits_skip(&b, 1); /* private_bit */
    out->channels = bits_u(&b, 2) == 3 ? 1 : 2;
    if (!sync || out->version == 0 || out->layer > 3 || bit_rate_index == BIT_RATE_FREE ||
        bit_rate_index == BIT_RATE_BAD || rate_index == RATE_BAD)
        return -EINVAL;
    out->sample_rate = RATES[rate_index] >> (out->version - 1);
    out->samples = out->layer == 1 ? 384 : out->layer == 3 && out->version != 1 ? 576 : 1152;
    out->bytes = frame_bytes(out, bit_rate(out, bit_rate_index), padding);
    return 0;
}

int mpeg_audio_frame_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct mpeg_audio m;
    int rc = mpeg_audio_parse(data, len, &m);
    if (rc == 0)
        *out = (struct audio_frame){.bytes = m.bytes,
                                    .samples = m.samples,
                                    .sample_rate = m.sample_rate,
                                    .identity = (uint64_t)m.layer << 40 |
                                                (uint64_t)m.channels << 32 | m.sample_rate};
    return rc;
}

/*
 * CODECS of layer III is mp4a.40.34, the name that HLS players know, though the esds says 0x6B or
 * 0x69, as every muxer writes it, and RFC 6381 section 3.3 would make mp4a.6B of that. No Chromium
 * takes MP3 in MP4 by any name. Seen with hls.js 1.7 there: of mp4a.6B it says that no variant can
 * be played, and the room is dark; with mp4a.40.34 it plays the video without sound.
 * Layer II is mp4a.40.33 by the same logic (ISO/IEC 14496-3 table 1.17): VLC, mpv, GStreamer and
 * ffmpeg play it, no browser does, and all of those know by the name that they cannot. Layer I has
 * no encoder and no player left.
 */
int mpeg_audio_params(uint8_t pmt_config, const uint8_t *frame, size_t len,
                      struct track_params *out)
{
    (void)pmt_config;
    struct mpeg_audio m;
    if (mpeg_audio_parse(frame, len, &m) != 0 || m.bytes > len)
        return -EINVAL;
    if (m.layer == 1)
        return -ENOTSUP;
    *out = (struct track_params){.codec = m.layer == 3 ? CODEC_MP3 : CODEC_MP2};
    out->object_type = m.version == 1 ? OTI_MPEG1 : OTI_MPEG2;
    snprintf(out->rfc6381, sizeof out->rfc6381, "mp4a.40.%d", m.layer == 3 ? 34 : 33);
    out->sample_rate = out->core_sample_rate = m.sample_rate;
    out->channels = m.channels;
    out->frame_samples = m.samples;
    return 0;
}
