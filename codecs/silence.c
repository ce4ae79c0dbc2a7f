/* Makes a silent frame for a sound with given parameters, as audio_frame.h reads frames. */
/* SPDX-License-Identifier: MIT */
#include "codecs/silence.h"

#include "codecs/aac.h"
#include "codecs/bits.h"
#include "codecs/mpeg_audio.h"
#include "codecs/opus.h"

#include <errno.h>
#include <string.h>

enum { ADTS_HEADER = 7, CONFIG_CHANNELS_MAX = 7 };

/* 4.5.1.1: id_syn_ele */
enum element { ELEMENT_NONE, SCE, CPE, LFE, END = 7 };

/* 1.6.3.5 table 1.19: the elements of each channelConfiguration, in order. */
static const uint8_t elements[CONFIG_CHANNELS_MAX + 1][5] = {
    {0},
    {SCE},
    {CPE},
    {SCE, CPE},
    {SCE, CPE, SCE},
    {SCE, CPE, CPE},
    {SCE, CPE, CPE, LFE},
    {SCE, CPE, CPE, CPE, LFE},
};

/* Elements' numbers in the bitstream: 4.5.2.1 table 4.85. */
static unsigned element_id(uint8_t e)
{
    return e == SCE ? 0 : e == CPE ? 1 : 3;
}

/* 4.4.2.7 ics_info: one long window, no scale factor band, no prediction. */
static void put_ics_info(struct bit_writer *w)
{
    bit_writer_put(w, 1 + 2 + 1, 0); /* ics_reserved_bit, ONLY_LONG_SEQUENCE, sine window */
    bit_writer_put(w, 6 + 1, 0);     /* max_sfb, predictor_data_present */
}

/* 4.4.2.7 individual_channel_stream: with no band there are no sections and no spectrum. */
static void put_channel(struct bit_writer *w, int common_window)
{
    bit_writer_put(w, 8, 0); /* global_gain */
    if (!common_window)
        put_ics_info(w);
    bit_writer_put(w, 3, 0); /* pulse, TNS and gain control are not present */
}

static void put_element(struct bit_writer *w, uint8_t e, unsigned tag)
{
    bit_writer_put(w, 3, element_id(e));
    bit_writer_put(w, 4, tag);
    if (e != CPE) {
        put_channel(w, 0);
        return;
    }
    bit_writer_put(w, 1, 1); /* common_window */
    put_ics_info(w);
    bit_writer_put(w, 2, 0); /* ms_mask_present */
    put_channel(w, 1);
    put_channel(w, 1);
}

/* raw_data_block of that channelConfiguration; element_instance_tag counts per kind. */
static void put_block(struct bit_writer *w, unsigned configuration)
{
    unsigned tags[ELEMENT_NONE + 4] = {0};
    for (size_t i = 0; i < sizeof elements[0] && elements[configuration][i]; i++)
        put_element(w, elements[configuration][i], tags[elements[configuration][i]]++);
    bit_writer_put(w, 3, END);
    bit_writer_align(w);
}

/* 1.6.2.1: the channelConfiguration, where it is told behind an explicit SBR in front too. */
static int configuration_of(const uint8_t *asc, size_t len)
{
    struct bits b;
    bits_init(&b, asc, len);
    bits_skip(&b, 5); /* audioObjectType */
    if (bits_u(&b, 4) == 15)
        bits_skip(&b, 24);
    unsigned configuration = bits_u(&b, 4);
    return b.error || configuration == 0 || configuration > CONFIG_CHANNELS_MAX
               ? -ENOTSUP
               : (int)configuration;
}

int silence_aac(const uint8_t *asc, size_t asc_len, uint8_t out[static SILENCE_MAX], size_t *len)
{
    struct track_params p;
    struct bit_writer w;
    int configuration = configuration_of(asc, asc_len);
    if (configuration < 0 || asc_len > 64 || aac_params_from_config(asc, asc_len, &p) != 0)
        return -ENOTSUP;
    out[0] = (uint8_t)asc_len;
    memcpy(out + 1, asc, asc_len);
    bit_writer_init(&w, out + 1 + asc_len, SILENCE_MAX - 1 - asc_len);
    put_block(&w, (unsigned)configuration);
    *len = 1 + asc_len + w.len;
    return 0;
}

/* 1.6.3.3 table 1.18; 16 when it is none. */
static unsigned rate_index(uint32_t rate)
{
    static const uint32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                     22050, 16000, 12000, 11025, 8000,  7350};
    for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i] == rate)
            return i;
    return 16;
}

int silence_adts(uint32_t sample_rate, uint32_t channels, uint8_t out[static SILENCE_MAX],
                 size_t *len)
{
    struct bit_writer w;
    unsigned index = rate_index(sample_rate);
    if (index > 12 || channels < 1 || channels > 6)
        return -ENOTSUP;
    bit_writer_init(&w, out + ADTS_HEADER, SILENCE_MAX - ADTS_HEADER);
    put_block(&w, channels);
    *len = ADTS_HEADER + w.len;
    bit_writer_init(&w, out, ADTS_HEADER); /* 1.A.2.2 */
    bit_writer_put(&w, 16, 0xfff1);
    bit_writer_put(&w, 2, 1); /* AAC-LC */
    bit_writer_put(&w, 4, index);
    bit_writer_put(&w, 1, 0);
    bit_writer_put(&w, 3, channels);
    bit_writer_put(&w, 4, 0);
    bit_writer_put(&w, 13, (uint32_t)*len);
    bit_writer_put(&w, 11, 0x7ff); /* the buffer's fullness: not said */
    bit_writer_put(&w, 2, 0);
    return 0;
}

int silence_mpeg(unsigned layer, uint8_t object_type, uint32_t sample_rate, uint32_t channels,
                 uint8_t out[static SILENCE_MAX], size_t *len)
{
    static const uint32_t rates[] = {44100, 48000, 32000};
    unsigned shift = object_type == 0x6b ? 0 : 1, index = 0;
    unsigned kbps_64 = shift ? 8 : layer == 2 ? 4 : 5; /* bitrate_index */
    struct mpeg_audio m;
    struct bit_writer w;
    while (index < 3 && rates[index] >> shift != sample_rate)
        index++;
    if (layer < 2 || layer > 3 || index == 3 || channels < 1 ||
        channels > 2) /* MPEG 2.5 has no object type of its own */
        return -ENOTSUP;
    memset(out, 0, SILENCE_MAX);
    bit_writer_init(&w, out, SILENCE_MAX);
    bit_writer_put(&w, 11, 0x7ff);
    bit_writer_put(&w, 2, shift ? 2 : 3);
    bit_writer_put(&w, 2, 4 - layer);
    bit_writer_put(&w, 1, 1); /* no CRC */
    bit_writer_put(&w, 4, kbps_64);
    bit_writer_put(&w, 2, index);
    bit_writer_put(&w, 2, 0);
    bit_writer_put(&w, 2, channels == 1 ? 3 : 0);
    bit_writer_put(&w, 6, 0); /* and side information or allocation of zeros: no spectrum */
    if (mpeg_audio_parse(out, 4, &m) != 0 || m.bytes > SILENCE_MAX)
        return -ENOTSUP;
    *len = m.bytes;
    return 0;
}

int silence_opus(const uint8_t *dops, size_t dops_len, uint8_t out[static SILENCE_MAX], size_t *len,
                 uint8_t *pmt_config)
{
    /* RFC 6716 3.1: CELT, fullband, 20 ms, one frame, stereo; 4.3: the silence flag is the first
     * symbol, and 0xff 0xfe makes it true. */
    static const uint8_t packet[] = {0xfc, 0xff, 0xfe};
    if (dops_len < 11 || dops[1] < 1 || dops[1] > 2 || dops[10] != 0)
        return -ENOTSUP; /* packets of several streams */
    out[0] = 0x7f;       /* ETSI TS 102 366 annex: opus_control_header without trims */
    out[1] = 0xe0;
    out[2] = sizeof packet;
    memcpy(out + 3, packet, sizeof packet);
    *len = 3 + sizeof packet;
    *pmt_config = dops[1];
    return 0;
}
