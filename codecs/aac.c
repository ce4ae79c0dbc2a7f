/* Reads ADTS headers and says what an AAC track is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac.h"

#include "codecs/aac_block.h"
#include "codecs/bits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* Table 1.17 audioObjectType */
enum { AOT_LC = 2, AOT_SBR = 5, AOT_PS = 29, AOT_ESCAPE = 31 };

enum {
    ADTS_SYNC = 0xfff,
    ADTS_HEADER_BYTES = 7,
    RATE_ESCAPE = 15,           /* 1.6.3.4: then 24 bits hold the rate itself */
    SYNC_EXTENSION_SBR = 0x2b7, /* 1.6.2.1 */
    SYNC_EXTENSION_PS = 0x548,
};

/* Table 1.18 samplingFrequencyIndex */
static const uint32_t RATES[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                 22050, 16000, 12000, 11025, 8000,  7350};
enum { RATES_N = sizeof RATES / sizeof RATES[0] };

/* Table 1.19 channelConfiguration; 0 stands for reserved, and for "see the PCE" at 0. */
static const uint8_t CHANNELS[16] = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0};

/* 4.1: AAC codes up to 48 channels; a PCE's fields could count twice that. */
enum { CHANNELS_MAX = 48 };

/* What an AudioSpecificConfig says. */
struct asc {
    uint8_t object_type;      /* AOT_LC, AOT_SBR or AOT_PS */
    uint32_t core_rate, rate; /* rate: with SBR */
    uint8_t channel_configuration;
    bool frames_of_960;
    struct aac_pce pce; /* when channel_configuration is 0 */
};

int adts_parse(const uint8_t *data, size_t len, struct adts *out)
{
    if (len < ADTS_HEADER_BYTES)
        return -EAGAIN;
    struct bits b;
    bits_init(&b, data, ADTS_HEADER_BYTES);
    *out = (struct adts){.blocks = 0};
    bool sync = bits_u(&b, 12) == ADTS_SYNC;
    bits_skip(&b, 1); /* ID: MPEG-4 or MPEG-2 */
    bool layer = bits_u(&b, 2) == 0;
    bool has_crc = !bits_flag(&b); /* protection_absent */
    out->object_type = (uint8_t)(bits_u(&b, 2) + 1);
    out->sample_rate_index = (uint8_t)bits_u(&b, 4);
    bits_skip(&b, 1); /* private_bit */
    out->channel_configuration = (uint8_t)bits_u(&b, 3);
    bits_skip(&b, 4); /* original_copy, home, copyright_identification_bit and _start */
    out->frame_bytes = bits_u(&b, 13);
    bits_skip(&b, 11); /* adts_buffer_fullness */
    out->blocks = (uint8_t)(bits_u(&b, 2) + 1);
    /* 1.A.2.2: with CRC, a position for each block but the first, then the CRC. */
    out->header_bytes = ADTS_HEADER_BYTES + (has_crc ? 2u * out->blocks : 0);
    if (!sync || !layer || out->sample_rate_index >= RATES_N)
        return -EINVAL;
    if (out->frame_bytes <= out->header_bytes)
        return -EINVAL;
    out->sample_rate = RATES[out->sample_rate_index];
    return len < out->header_bytes ? -EAGAIN : 0;
}

static void write_rate(struct bit_writer *w, uint32_t rate)
{
    for (unsigned i = 0; i < RATES_N; i++) {
        if (RATES[i] == rate) {
            bit_writer_put(w, 4, i);
            return;
        }
    }
    bit_writer_put(w, 4, RATE_ESCAPE);
    bit_writer_put(w, 24, rate);
}

static void write_pce(struct bit_writer *w, const struct aac_pce *pce)
{
    struct bits b;
    bits_init(&b, pce->raw, sizeof pce->raw);
    for (uint32_t i = 0; i < pce->raw_bits; i++)
        bit_writer_put(w, 1, bits_u(&b, 1));
    bit_writer_align(w);
    bit_writer_put(w, 8, 0); /* comment_field_bytes: it says nothing of the sound */
}

/* 1.6.2.1, with SBR and PS in front ("hierarchical"), which leaves nothing to guess. */
static void write_config(const struct asc *a, struct track_params *out)
{
    struct bit_writer w;
    bit_writer_init(&w, out->config, sizeof out->config);
    bit_writer_put(&w, 5, a->object_type);
    write_rate(&w, a->core_rate);
    bit_writer_put(&w, 4, a->channel_configuration);
    if (a->object_type != AOT_LC) {
        write_rate(&w, a->rate);
        bit_writer_put(&w, 5, AOT_LC);
    }
    bit_writer_put(&w, 1, a->frames_of_960);
    bit_writer_put(&w, 2, 0); /* dependsOnCoreCoder, extensionFlag */
    if (a->channel_configuration == 0)
        write_pce(&w, &a->pce);
    bit_writer_align(&w);
    out->config_len = (uint32_t)w.len;
}

static int tell(const struct asc *a, struct track_params *out)
{
    *out = (struct track_params){.codec = CODEC_AAC};
    out->channels = CHANNELS[a->channel_configuration];
    if (a->channel_configuration == 0)
        out->channels = a->pce.channels;
    if (a->object_type == AOT_PS && out->channels == 1)
        out->channels = 2;
    if (out->channels == 0 || out->channels > CHANNELS_MAX)
        return -EINVAL;
    snprintf(out->rfc6381, sizeof out->rfc6381, "mp4a.40.%u", a->object_type);
    out->object_type = a->object_type;
    out->core_sample_rate = a->core_rate;
    out->sample_rate = a->rate;
    out->frame_samples = a->frames_of_960 ? 960 : 1024;
    write_config(a, out);
    return 0;
}

/* 1.6.6.1.2: SBR that nobody announced doubles the rate. A core over 48 kHz cannot be meant. */
static bool sbr_can_double(uint32_t core_rate)
{
    return core_rate * 2 <= RATES[0];
}

static void note_sbr(struct asc *a, const struct aac_block *block)
{
    if (block->whole && block->sbr && sbr_can_double(a->core_rate)) {
        a->object_type = AOT_SBR;
        a->rate = 2 * a->core_rate;
    }
}

int aac_params(const struct adts *h, const uint8_t *frame, size_t len, struct track_params *out)
{
    if (len < h->frame_bytes || h->frame_bytes <= h->header_bytes ||
        h->sample_rate_index >= RATES_N || h->object_type != AOT_LC)
        return -EINVAL;
    struct bits b;
    struct aac_block block;
    bits_init(&b, frame + h->header_bytes, h->frame_bytes - h->header_bytes);
    aac_block_read(&b, h->sample_rate_index, &block);
    if (h->channel_configuration == 0 && !block.has_pce)
        return -EINVAL;
    struct asc a = {
        .object_type = AOT_LC,
        .core_rate = h->sample_rate,
        .rate = h->sample_rate,
        .channel_configuration = h->channel_configuration,
        .pce = block.pce,
    };
    note_sbr(&a, &block);
    return tell(&a, out);
}

static uint32_t read_object_type(struct bits *b)
{
    uint32_t type = bits_u(b, 5);
    return type == AOT_ESCAPE ? 32 + bits_u(b, 6) : type;
}

/* Sets the reader's error for a rate outside of what the table spans. */
static uint32_t read_rate(struct bits *b)
{
    uint32_t index = bits_u(b, 4);
    uint32_t rate = index < RATES_N ? RATES[index] : index == RATE_ESCAPE ? bits_u(b, 24) : 0;
    if (rate < RATES[RATES_N - 1] || rate > RATES[0])
        b->error = true;
    return rate;
}

/* Table 4.1 GASpecificConfig of AAC-LC. */
static void read_ga(struct bits *b, struct asc *a)
{
    a->frames_of_960 = bits_flag(b);
    if (bits_flag(b)) /* dependsOnCoreCoder: scalable coding */
        b->error = true;
    bits_skip(b, 1); /* extensionFlag: 0 in LC */
    if (a->channel_configuration == 0)
        aac_pce_read(b, &a->pce);
}

/* 1.6.2.1: what follows the config for decoders that know SBR, and those that know PS. */
static void read_extension(struct bits *b, struct asc *a)
{
    if (bits_left(b) < 16 || bits_u(b, 11) != SYNC_EXTENSION_SBR || bits_u(b, 5) != AOT_SBR)
        return;
    if (!bits_flag(b)) /* sbrPresentFlag */
        return;
    a->object_type = AOT_SBR;
    a->rate = read_rate(b);
    if (bits_left(b) >= 12 && bits_u(b, 11) == SYNC_EXTENSION_PS && bits_flag(b))
        a->object_type = AOT_PS;
}

/* open: nothing is appended; its end is where it ends. *used: bits of it. */
static int read_asc(const uint8_t *bytes, size_t len, bool open, struct asc *a, size_t *used)
{
    struct bits b;
    *a = (struct asc){.object_type = AOT_LC};
    bits_init(&b, bytes, len);
    uint32_t type = read_object_type(&b);
    a->rate = a->core_rate = read_rate(&b);
    a->channel_configuration = (uint8_t)bits_u(&b, 4);
    const bool hierarchical = type == AOT_SBR || type == AOT_PS;
    if (hierarchical) {
        a->object_type = (uint8_t)type;
        a->rate = read_rate(&b);
        type = read_object_type(&b);
    }
    if (type != AOT_LC)
        return -EINVAL;
    read_ga(&b, a);
    if (b.error)
        return -EINVAL;
    if (!hierarchical && !open)
        read_extension(&b, a);
    *used = (size_t)bits_done(&b);
    return b.error ? -EINVAL : 0;
}

int aac_params_from_config(const uint8_t *asc, size_t len, struct track_params *out)
{
    struct asc a;
    size_t used;
    int rc = read_asc(asc, len, false, &a, &used);
    return rc != 0 ? rc : tell(&a, out);
}

int aac_params_from_open_config(const uint8_t *asc, size_t len, struct track_params *out,
                                size_t *used)
{
    struct asc a;
    int rc = read_asc(asc, len, true, &a, used);
    return rc != 0 ? rc : tell(&a, out);
}

int aac_params_of_frame(const uint8_t *asc, size_t asc_len, const uint8_t *raw, size_t len,
                        struct track_params *out)
{
    struct asc a;
    size_t used;
    int rc = read_asc(asc, asc_len, false, &a, &used);
    if (rc != 0)
        return rc;
    unsigned index = 0;
    while (index < RATES_N && RATES[index] != a.core_rate)
        index++;
    if (a.object_type == AOT_LC && !a.frames_of_960 && index < RATES_N) {
        struct bits b;
        struct aac_block block;
        bits_init(&b, raw, len);
        aac_block_read(&b, index, &block);
        note_sbr(&a, &block);
    }
    return tell(&a, out);
}

int adts_frame_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct adts h;
    int rc = adts_parse(data, len, &h);
    if (rc == 0)
        *out = (struct audio_frame){.bytes = h.frame_bytes,
                                    .header_bytes = h.header_bytes,
                                    .samples = 1024u * h.blocks,
                                    .sample_rate = h.sample_rate,
                                    .identity = (uint64_t)h.object_type << 16 |
                                                (uint64_t)h.sample_rate_index << 8 |
                                                h.channel_configuration};
    return rc;
}

int adts_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out)
{
    (void)pmt_config;
    struct adts h;
    return adts_parse(frame, len, &h) == 0 ? aac_params(&h, frame, len, out) : -EINVAL;
}
