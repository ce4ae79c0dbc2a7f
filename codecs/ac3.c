/* Reads AC-3 and Enhanced AC-3 syncframes and says what such a track is. */
/* SPDX-License-Identifier: MIT */
#include "codecs/ac3.h"

#include "codecs/bits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    SYNC_WORD = 0x0b77,
    AC3_HEADER_BYTES = 8,
    EAC3_HEADER_BYTES = 6,
    AC3_BSID_MAX = 8, /* 9 and 10 are decoders' extensions that no ISO file may hold */
    EAC3_BSID_MIN = 11,
    EAC3_BSID_MAX = 16,
    BLOCK_SAMPLES = 256,
    STRMTYP_DEPENDENT = 1,
    STRMTYP_CONVERTED = 2,
    STRMTYP_RESERVED = 3,
};

/* Table 4.1 fscod */
static const uint32_t RATES[] = {48000, 44100, 32000};

/* Table 4.13 frmsizecod / 2: nominal bit rate in kbit/s */
static const uint16_t BIT_RATES[] = {32,  40,  48,  56,  64,  80,  96,  112, 128, 160,
                                     192, 224, 256, 320, 384, 448, 512, 576, 640};
enum { BIT_RATES_N = sizeof BIT_RATES / sizeof BIT_RATES[0] };

/* Table 4.3 acmod: full-bandwidth channels */
static const uint8_t CHANNELS[] = {2, 1, 2, 3, 3, 4, 4, 5};

/* Table 4.13: frame sizes are whole 16-bit words; at 44.1 kHz an odd code has one more. */
static uint32_t ac3_bytes(unsigned fscod, unsigned frmsizecod)
{
    const uint32_t rate = BIT_RATES[frmsizecod / 2];
    if (fscod == 0)
        return 4 * rate;
    return fscod == 1 ? 2 * (320 * rate / 147 + frmsizecod % 2) : 6 * rate;
}

int ac3_parse(const uint8_t *data, size_t len, struct ac3_frame *out)
{
    if (len < AC3_HEADER_BYTES)
        return -EAGAIN;
    struct bits b;
    bits_init(&b, data, AC3_HEADER_BYTES);
    *out = (struct ac3_frame){.blocks = 6};
    const bool sync = bits_u(&b, 16) == SYNC_WORD;
    bits_skip(&b, 16); /* crc1 */
    out->fscod = (uint8_t)bits_u(&b, 2);
    const unsigned frmsizecod = bits_u(&b, 6);
    out->bsid = (uint8_t)bits_u(&b, 5);
    if (!sync || out->fscod > 2 || frmsizecod / 2 >= BIT_RATES_N || out->bsid > AC3_BSID_MAX)
        return -EINVAL;
    out->bsmod = (uint8_t)bits_u(&b, 3);
    out->acmod = (uint8_t)bits_u(&b, 3);
    if ((out->acmod & 1) && out->acmod != 1)
        bits_skip(&b, 2); /* cmixlev */
    if (out->acmod & 4)
        bits_skip(&b, 2); /* surmixlev */
    if (out->acmod == 2)
        bits_skip(&b, 2); /* dsurmod */
    out->lfeon = bits_flag(&b);
    out->bit_rate_code = (uint8_t)(frmsizecod / 2);
    out->bytes = ac3_bytes(out->fscod, frmsizecod);
    out->sample_rate = RATES[out->fscod];
    return 0;
}

/* E.1.2.2: what only mixing of several programs needs, on the way to bsmod. */
static void skip_mixing(struct bits *b, const struct ac3_frame *f, unsigned numblkscod)
{
    if (f->acmod > 2)
        bits_skip(b, 2); /* dmixmod */
    if ((f->acmod & 1) && f->acmod > 2)
        bits_skip(b, 6); /* ltrtcmixlev, lorocmixlev */
    if (f->acmod & 4)
        bits_skip(b, 6); /* ltrtsurmixlev, lorosurmixlev */
    if (f->lfeon && bits_flag(b))
        bits_skip(b, 5); /* lfemixlevcod */
    if (f->strmtyp != 0)
        return;
    for (int i = 0; i < (f->acmod == 0 ? 3 : 2); i++) /* pgmscl, pgmscl2, extpgmscl */
        if (bits_flag(b))
            bits_skip(b, 6);
    const unsigned mixdef = bits_u(b, 2);
    if (mixdef == 1)
        bits_skip(b, 5);
    else if (mixdef == 2)
        bits_skip(b, 12);
    else if (mixdef == 3)
        bits_skip(b, 8 * ((uint64_t)bits_u(b, 5) + 2));
    for (int i = 0; f->acmod < 2 && i < (f->acmod == 0 ? 2 : 1); i++)
        if (bits_flag(b))
            bits_skip(b, 14); /* panmean, paninfo */
    if (!bits_flag(b))        /* frmmixcfginfoe */
        return;
    if (numblkscod == 0) {
        bits_skip(b, 5);
        return;
    }
    for (unsigned i = 0; i < f->blocks; i++)
        if (bits_flag(b))
            bits_skip(b, 5);
}

/* E.1.2.2: informational metadata. */
static void read_info(struct bits *b, struct ac3_frame *f)
{
    f->bsmod = (uint8_t)bits_u(b, 3);
    bits_skip(b, 2); /* copyrightb, origbs */
    if (f->acmod == 2)
        bits_skip(b, 4); /* dsurmod, dheadphonmod */
    if (f->acmod >= 6)
        bits_skip(b, 2);                              /* dsurexmod */
    for (int i = 0; i < (f->acmod == 0 ? 2 : 1); i++) /* audprodie, audprodi2e */
        if (bits_flag(b))
            bits_skip(b, 8);
    if (f->fscod < 3)
        bits_skip(b, 1); /* sourcefscod */
}

/* E.1.2.2 from dialnorm on. What a broken frame does not hold stays as it is. */
static void read_bsi(struct bits *b, struct ac3_frame *f, unsigned numblkscod)
{
    struct ac3_frame read = *f;
    for (int i = 0; i < (f->acmod == 0 ? 2 : 1); i++) {
        bits_skip(b, 5); /* dialnorm */
        if (bits_flag(b))
            bits_skip(b, 8); /* compr */
    }
    if (f->strmtyp == STRMTYP_DEPENDENT && bits_flag(b))
        read.chanmap = (uint16_t)bits_u(b, 16);
    if (bits_flag(b)) /* mixmdate */
        skip_mixing(b, f, numblkscod);
    if (bits_flag(b)) /* infomdate */
        read_info(b, &read);
    if (f->strmtyp == 0 && numblkscod != 3)
        bits_skip(b, 1); /* convsync */
    if (f->strmtyp == STRMTYP_CONVERTED && (numblkscod == 3 || bits_flag(b)))
        bits_skip(b, 6);  /* frmsizecod */
    if (bits_flag(b)) {   /* addbsie */
        bits_skip(b, 13); /* addbsil, and 7 reserved bits of TS 103 420 */
        if (bits_flag(b)) /* flag_ec3_extension_type_a */
            read.joc = (uint8_t)bits_u(b, 8);
    }
    if (b->error)
        return;
    *f = read;
}

int eac3_parse(const uint8_t *data, size_t len, struct ac3_frame *out)
{
    static const uint8_t blocks[] = {1, 2, 3, 6};
    if (len < EAC3_HEADER_BYTES)
        return -EAGAIN;
    struct bits b;
    bits_init(&b, data, len);
    *out = (struct ac3_frame){.blocks = 6};
    const bool sync = bits_u(&b, 16) == SYNC_WORD;
    out->strmtyp = (uint8_t)bits_u(&b, 2);
    out->substreamid = (uint8_t)bits_u(&b, 3);
    out->bytes = 2 * (bits_u(&b, 11) + 1);
    out->fscod = (uint8_t)bits_u(&b, 2);
    unsigned second = bits_u(&b, 2); /* fscod2 at half the rate, else numblkscod */
    out->acmod = (uint8_t)bits_u(&b, 3);
    out->lfeon = bits_flag(&b);
    out->bsid = (uint8_t)bits_u(&b, 5);
    if (!sync || out->strmtyp == STRMTYP_RESERVED || out->bsid < EAC3_BSID_MIN ||
        out->bsid > EAC3_BSID_MAX || out->bytes < AC3_HEADER_BYTES ||
        (out->fscod == 3 && second == 3))
        return -EINVAL;
    out->sample_rate = out->fscod == 3 ? RATES[second] / 2 : RATES[out->fscod];
    if (out->fscod == 3)
        second = 3; /* six blocks */
    out->blocks = blocks[second];
    if (b.len > out->bytes)
        b.len = out->bytes;
    read_bsi(&b, out, second);
    return 0;
}

static bool begins_unit(const struct ac3_frame *f)
{
    return f->strmtyp != STRMTYP_DEPENDENT && f->substreamid == 0;
}

/* Notes a substream when it is met for the first time. False: out of order. */
static bool note(struct eac3_unit *u, const struct ac3_frame *f)
{
    if (f->strmtyp == STRMTYP_DEPENDENT) { /* of the program before it */
        uint8_t known = u->program[u->current].dependents;
        if (f->substreamid > known)
            return false;
        if (f->substreamid == known) {
            u->program[u->current].dependents++;
            u->program[u->current].chanmap |= f->chanmap;
        }
    } else {
        if (f->substreamid > u->programs)
            return false;
        if (f->substreamid == u->programs)
            u->program[u->programs++].frame = *f;
        u->current = f->substreamid;
    }
    u->joc = f->joc > u->joc ? f->joc : u->joc;
    return true;
}

/* Fewer bytes than a sync word can still become one. */
static bool may_be_sync(const uint8_t *at, size_t n)
{
    return n == 0 || (at[0] == SYNC_WORD >> 8 && (n < 2 || at[1] == (SYNC_WORD & 0xff)));
}

int eac3_unit_read(const uint8_t *data, size_t len, struct eac3_unit *out)
{
    unsigned blocks = 0;
    *out = (struct eac3_unit){.bytes = 0};
    while (blocks < EAC3_UNIT_BLOCKS || out->bytes < len) {
        struct ac3_frame f;
        const uint8_t *at = data + out->bytes;
        int rc = eac3_parse(at, len - out->bytes, &f);
        if (rc == -EAGAIN && blocks == EAC3_UNIT_BLOCKS && !may_be_sync(at, len - out->bytes))
            return 0;
        if (rc == -EAGAIN)
            return rc;
        if (blocks == EAC3_UNIT_BLOCKS && (rc < 0 || begins_unit(&f)))
            return 0;
        if (rc < 0 || (out->programs == 0 && !begins_unit(&f)) || !note(out, &f))
            return -EINVAL;
        if (begins_unit(&f))
            blocks += f.blocks;
        out->bytes += f.bytes;
        if (blocks > EAC3_UNIT_BLOCKS || out->bytes > AUDIO_FRAME_MAX)
            return -EINVAL;
        if (out->bytes > len)
            return -EAGAIN;
        out->sample_rate = out->program[0].frame.sample_rate;
    }
    return 0;
}

/* F.4: AC3SpecificBox, 24 bits */
static uint32_t dac3(const struct ac3_frame *f)
{
    return (uint32_t)f->fscod << 22 | (uint32_t)f->bsid << 17 | (uint32_t)f->bsmod << 14 |
           (uint32_t)f->acmod << 11 | (uint32_t)f->lfeon << 10 | (uint32_t)f->bit_rate_code << 5;
}

int ac3_frame_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct ac3_frame f;
    int rc = ac3_parse(data, len, &f);
    if (rc == 0)
        *out = (struct audio_frame){.bytes = f.bytes,
                                    .samples = 6 * BLOCK_SAMPLES,
                                    .sample_rate = f.sample_rate,
                                    .identity = dac3(&f)};
    return rc;
}

static void tell(enum codec_id id, const char *name, uint32_t rate, struct track_params *out)
{
    *out = (struct track_params){.codec = id};
    snprintf(out->rfc6381, sizeof out->rfc6381, "%s", name);
    out->sample_rate = out->core_sample_rate = rate;
    out->frame_samples = 6 * BLOCK_SAMPLES;
}

int ac3_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out)
{
    (void)pmt_config;
    struct ac3_frame f;
    if (ac3_parse(frame, len, &f) != 0 || f.bytes > len)
        return -EINVAL;
    tell(CODEC_AC3, "ac-3", f.sample_rate, out);
    out->channels = CHANNELS[f.acmod] + (f.lfeon ? 1u : 0);
    struct bit_writer w;
    bit_writer_init(&w, out->config, sizeof out->config);
    bit_writer_put(&w, 24, dac3(&f));
    out->config_len = (uint32_t)w.len;
    return 0;
}

/* Table E.1.4 (chanmap, first bit leftmost) to table F.6.1 (chan_loc, bit 0 rightmost): places 5 to
 * 12, and 14, which is LFE2. */
static uint32_t chan_loc(uint16_t chanmap)
{
    uint32_t loc = 0;
    for (unsigned i = 0; i < 8; i++)
        loc |= (uint32_t)(chanmap >> (15 - (5 + i)) & 1) << i;
    return loc | (uint32_t)(chanmap >> 1 & 1) << 8;
}

/* How many channels dependent substreams add: what the independent one holds is only replaced. */
static uint32_t added_channels(uint16_t chanmap)
{
    static const uint8_t at[] = {2, 2, 1, 1, 2, 2, 2, 1, 1}; /* table F.6.1: pairs count twice */
    const uint32_t loc = chan_loc(chanmap);
    uint32_t channels = 0;
    for (unsigned i = 0; i < sizeof at; i++)
        if (loc >> i & 1)
            channels += at[i];
    return channels;
}

/* F.6: EC3SpecificBox */
static size_t write_dec3(const struct eac3_unit *u, uint32_t kbps, uint8_t *out, size_t size)
{
    struct bit_writer w;
    bit_writer_init(&w, out, size);
    bit_writer_put(&w, 13, kbps > 8191 ? 8191 : kbps);
    bit_writer_put(&w, 3, u->programs - 1u);
    for (unsigned i = 0; i < u->programs; i++) {
        const struct ac3_frame *f = &u->program[i].frame;
        bit_writer_put(&w, 2, f->fscod);
        bit_writer_put(&w, 5, f->bsid);
        bit_writer_put(&w, 2, 0); /* reserved, asvc: a main service */
        bit_writer_put(&w, 3, f->bsmod);
        bit_writer_put(&w, 3, f->acmod);
        bit_writer_put(&w, 1, f->lfeon);
        bit_writer_put(&w, 3, 0);
        bit_writer_put(&w, 4, u->program[i].dependents);
        if (u->program[i].dependents > 0)
            bit_writer_put(&w, 9, chan_loc(u->program[i].chanmap));
        else
            bit_writer_put(&w, 1, 0);
    }
    bit_writer_align(&w);
    if (u->joc > 0)
        bit_writer_put(&w, 16, 1u << 8 | u->joc); /* TS 103 420 clause 8.3.1 */
    return w.len;
}

/* FNV-1a of the record without its bit rate, which may move from frame to frame. */
static uint64_t identity_of(const struct eac3_unit *u)
{
    uint8_t record[64];
    uint64_t hash = 0xcbf29ce484222325u;
    const size_t len = write_dec3(u, 0, record, sizeof record);
    for (size_t i = 0; i < len && i < sizeof record; i++)
        hash = (hash ^ record[i]) * 0x100000001b3u;
    return hash ^ u->sample_rate;
}

int eac3_frame_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct eac3_unit u;
    int rc = eac3_unit_read(data, len, &u);
    if (rc == 0)
        *out = (struct audio_frame){.bytes = u.bytes,
                                    .samples = EAC3_UNIT_BLOCKS * BLOCK_SAMPLES,
                                    .sample_rate = u.sample_rate,
                                    .identity = identity_of(&u)};
    return rc;
}

int eac3_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out)
{
    (void)pmt_config;
    struct eac3_unit u;
    if (eac3_unit_read(frame, len, &u) != 0)
        return -EINVAL;
    tell(CODEC_EAC3, "ec-3", u.sample_rate, out);
    const struct ac3_frame *f = &u.program[0].frame;
    out->channels = CHANNELS[f->acmod] + (f->lfeon ? 1u : 0) + added_channels(u.program[0].chanmap);
    const uint64_t bits = (uint64_t)u.bytes * 8 * u.sample_rate;
    const uint32_t kbps = (uint32_t)(bits / (EAC3_UNIT_BLOCKS * BLOCK_SAMPLES) / 1000);
    out->config_len = (uint32_t)write_dec3(&u, kbps, out->config, sizeof out->config);
    return 0;
}
