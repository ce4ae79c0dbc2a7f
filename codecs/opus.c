/* Reads Opus as MPEG transport streams carry it and says what such a track is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/opus.h"

#include "codecs/bits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    RATE = 48000,
    PACKET_SAMPLES_MAX = 5760, /* RFC 6716 3.2.5: 120 ms */
    CONTROL_PREFIX = 0x3ff,
    CHANNELS_MAX = 8,
    CONFIG_DUAL_MONO = 0x00,
    CONFIG_UNCOUPLED = 0x80,
    FAMILY_UNDEFINED = 255,
};

/* RFC 7845 5.1.1.2: in the order of Vorbis, as an encoder pairs them. */
static const uint8_t COUPLED[] = {0, 0, 1, 1, 2, 2, 2, 3, 3};
static const uint8_t ORDER[CHANNELS_MAX + 1][CHANNELS_MAX] = {
    {0},
    {0},
    {0, 1},
    {0, 2, 1},
    {0, 1, 2, 3},
    {0, 4, 1, 2, 3},
    {0, 4, 1, 2, 3, 5},
    {0, 4, 1, 2, 3, 5, 6},
    {0, 6, 1, 2, 3, 4, 5, 7},
};

bool opus_config_is_known(uint8_t code)
{
    uint8_t channels = code & 0x7f;
    if (code == CONFIG_DUAL_MONO || code == OPUS_CONFIG_UNSAID)
        return true;
    return channels <= CHANNELS_MAX && channels >= (code & CONFIG_UNCOUPLED ? 2 : 1);
}

/* RFC 6716 table 2: the length of one frame by config. */
static uint32_t frame_samples(unsigned config)
{
    static const uint16_t silk[] = {480, 960, 1920, 2880};
    if (config < 12)
        return silk[config % 4];
    return config < 16 ? 480u << config % 2 : 120u << config % 4;
}

uint32_t opus_packet_samples(const uint8_t *packet, size_t len)
{
    if (len < 1)
        return 0;
    const unsigned code = packet[0] & 3;
    if (code == 3 && len < 2)
        return 0;
    const uint32_t frames = code == 0 ? 1 : code == 3 ? packet[1] & 0x3f : 2;
    const uint32_t samples = frames * frame_samples(packet[0] >> 3);
    return samples <= PACKET_SAMPLES_MAX ? samples : 0;
}

/* opus_control_header. The samples it wants trimmed stay in: a live stream has no edit list. */
static int read_control(struct bits *b, uint32_t *au_bytes)
{
    if (bits_left(b) < 24)
        return -EAGAIN;
    const bool prefix = bits_u(b, 11) == CONTROL_PREFIX;
    const bool start_trim = bits_flag(b), end_trim = bits_flag(b), extension = bits_flag(b);
    bits_skip(b, 2);
    if (!prefix)
        return -EINVAL;
    uint32_t more;
    *au_bytes = 0;
    do {
        more = bits_u(b, 8);
        *au_bytes += more;
    } while (more == 0xff && *au_bytes <= AUDIO_FRAME_MAX);
    bits_skip(b, (start_trim ? 16u : 0) + (end_trim ? 16u : 0));
    if (extension)
        bits_skip(b, 8 * (uint64_t)bits_u(b, 8));
    if (*au_bytes == 0 || *au_bytes > AUDIO_FRAME_MAX)
        return -EINVAL;
    return b->error ? -EAGAIN : 0;
}

int opus_frame_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct bits b;
    uint32_t au_bytes;
    bits_init(&b, data, len);
    int rc = read_control(&b, &au_bytes);
    if (rc != 0)
        return rc;
    const uint32_t header = (uint32_t)(bits_done(&b) / 8);
    const uint32_t toc_bytes = au_bytes < 2 ? au_bytes : 2;
    if (len < header + toc_bytes)
        return -EAGAIN;
    *out = (struct audio_frame){.bytes = header + au_bytes,
                                .header_bytes = header,
                                .samples = opus_packet_samples(data + header, toc_bytes),
                                .sample_rate = RATE};
    return out->samples > 0 && out->bytes <= AUDIO_FRAME_MAX ? 0 : -EINVAL;
}

/* PreSkip is 0: viewers begin in the middle, where nothing is to be dropped, and those who begin at
 * the start hear some milliseconds of priming, on time. By 4.3.2 the field only informs; but
 * browsers drop that much at each start and whatever comes then is early by it. */
static void write_dops(uint8_t code, uint32_t channels, struct track_params *out)
{
    struct bit_writer w;
    bit_writer_init(&w, out->config, sizeof out->config);
    bit_writer_put(&w, 8, 0); /* Version */
    bit_writer_put(&w, 8, channels);
    bit_writer_put(&w, 16, 0);
    bit_writer_put(&w, 32, RATE); /* InputSampleRate */
    bit_writer_put(&w, 16, 0);    /* OutputGain */
    const bool uncoupled = code != OPUS_CONFIG_UNSAID && (code & CONFIG_UNCOUPLED);
    const unsigned coupled = uncoupled ? 0 : COUPLED[channels];
    if (code != CONFIG_DUAL_MONO && channels <= 2 && !uncoupled) {
        bit_writer_put(&w, 8, 0); /* mapping family 0 says the rest */
    } else {
        bit_writer_put(&w, 8, code == CONFIG_DUAL_MONO ? FAMILY_UNDEFINED : 1);
        bit_writer_put(&w, 8, channels - coupled); /* StreamCount */
        bit_writer_put(&w, 8, coupled);
        for (unsigned i = 0; i < channels; i++)
            bit_writer_put(&w, 8, uncoupled ? i : ORDER[channels][i]);
    }
    out->config_len = (uint32_t)w.len;
}

int opus_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out)
{
    struct audio_frame f;
    if (!opus_config_is_known(pmt_config) || opus_frame_read(frame, len, &f) != 0 || f.bytes > len)
        return -EINVAL;
    const bool stereo = pmt_config == CONFIG_DUAL_MONO || pmt_config == OPUS_CONFIG_UNSAID;
    *out = (struct track_params){.codec = CODEC_OPUS};
    snprintf(out->rfc6381, sizeof out->rfc6381, "Opus");
    out->channels = stereo ? 2 : pmt_config & 0x7f;
    out->sample_rate = out->core_sample_rate = RATE;
    out->frame_samples = f.samples;
    write_dops(pmt_config, out->channels, out);
    return 0;
}
