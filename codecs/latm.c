/* Takes AAC frames out of LATM/LOAS and puts each beside its configuration. */
/* SPDX-License-Identifier: MIT */
#include "codecs/latm.h"

#include "codecs/aac.h"
#include "codecs/bits.h"

#include <errno.h>
#include <string.h>

enum { SYNC_WORD = 0x2b7, SYNC_BYTES = 3 };

int latm_sync(const uint8_t *data, size_t len, uint32_t *bytes)
{
    if (len < SYNC_BYTES)
        return -EAGAIN;
    const uint32_t head = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
    *bytes = SYNC_BYTES + (head & 0x1fff);
    return head >> 13 == SYNC_WORD && *bytes > SYNC_BYTES ? 0 : -EINVAL;
}

/* 1.7.3.1 LatmGetValue */
static uint32_t read_value(struct bits *b)
{
    uint32_t value = 0;
    for (unsigned n = bits_u(b, 2) + 1; n > 0; n--)
        value = value << 8 | bits_u(b, 8);
    return value;
}

/* The next bits of b from a byte's start, as far as they go and fit; b stays. */
static size_t copy_ahead(const struct bits *b, uint8_t *out, size_t size)
{
    struct bits ahead = *b;
    size_t n = (size_t)((bits_left(b) + 7) / 8);
    n = n < size ? n : size;
    for (size_t i = 0; i < n; i++) {
        const uint64_t left = bits_left(&ahead);
        out[i] = left >= 8 ? (uint8_t)bits_u(&ahead, 8)
                           : (uint8_t)(bits_u(&ahead, (unsigned)left) << (8 - left));
    }
    return n;
}

/* AudioSpecificConfig where it stands. `bits`: how many it has, 0 when only reading it tells. */
static void read_config(struct bits *b, uint32_t bits, struct latm *l)
{
    uint8_t copy[LATM_CONFIG_MAX];
    static const uint32_t longest = 8 * sizeof copy;
    struct track_params p;
    size_t n = copy_ahead(b, copy, sizeof copy), used = 0;
    if (bits > longest || bits > 8 * n) {
        b->error = true;
        return;
    }
    int rc = bits > 0 ? aac_params_from_config(copy, (bits + 7) / 8, &p)
                      : aac_params_from_open_config(copy, n, &p, &used);
    if (rc != 0 || p.config_len > sizeof l->config) {
        b->error = true;
        return;
    }
    bits_skip(b, bits > 0 ? bits : used);
    memcpy(l->config, p.config, p.config_len);
    l->config_len = (uint8_t)p.config_len;
    l->frame_samples = p.frame_samples;
    l->sample_rate = p.core_sample_rate;
}

/* Table 1.42 StreamMuxConfig of one program with one layer, whose frames say their length. */
static int read_mux_config(struct bits *b, struct latm *out)
{
    struct latm l = {.has_config = true};
    const bool version = bits_flag(b);
    if (version && bits_flag(b)) /* audioMuxVersionA: reserved */
        return -EINVAL;
    if (version)
        read_value(b);                           /* taraBufferFullness */
    const bool same_time_framing = bits_flag(b); /* allStreamsSameTimeFraming */
    l.frames = (uint8_t)(bits_u(b, 6) + 1);      /* numSubFrames */
    const uint32_t others = bits_u(b, 4 + 3);    /* numProgram, numLayer */
    if (!same_time_framing || others != 0)
        return -EINVAL;
    const uint32_t config_bits = version ? read_value(b) : 0;
    if (version && config_bits == 0)
        return -EINVAL;
    read_config(b, config_bits, &l);
    if (bits_u(b, 3) != 0) /* frameLengthType */
        return -EINVAL;
    bits_skip(b, 8); /* latmBufferFullness */
    l.other_data = bits_flag(b);
    if (l.other_data && version) {
        l.other_bits = read_value(b);
    } else if (l.other_data) {
        bool more;
        do {
            more = bits_flag(b);
            l.other_bits = l.other_bits << 8 | bits_u(b, 8);
        } while (more && !b->error);
    }
    l.crc = bits_flag(b);
    if (l.crc)
        bits_skip(b, 8);
    if (b->error)
        return -EINVAL;
    *out = l;
    return 0;
}

/* Tables 1.44 and 1.45: PayloadLengthInfo and PayloadMux of one frame. */
static int give_frame(const struct latm *l, struct bits *b, latm_fn *fn, void *ctx)
{
    uint8_t unit[LATM_UNIT_MAX];
    uint32_t bytes = 0, more;
    do {
        more = bits_u(b, 8);
        bytes += more;
    } while (more == 0xff);
    if (b->error || bytes == 0 || (uint64_t)bytes * 8 > bits_left(b))
        return -EINVAL;
    unit[0] = l->config_len;
    memcpy(unit + 1, l->config, l->config_len);
    uint8_t *frame = unit + 1 + l->config_len;
    for (uint32_t i = 0; i < bytes; i++)
        frame[i] = (uint8_t)bits_u(b, 8);
    fn(ctx, unit, 1u + l->config_len + bytes, l->frame_samples, l->sample_rate);
    return 0;
}

int latm_take(struct latm *l, const uint8_t *data, size_t len, latm_fn *fn, void *ctx)
{
    uint32_t bytes;
    if (latm_sync(data, len, &bytes) != 0 || bytes != len)
        return -EINVAL;
    struct bits b;
    bits_init(&b, data + SYNC_BYTES, len - SYNC_BYTES);
    if (!bits_flag(&b)) { /* useSameStreamMux */
        int rc = read_mux_config(&b, l);
        if (rc != 0) {
            l->has_config = false;
            return rc;
        }
    }
    if (!l->has_config)
        return -EAGAIN;
    for (unsigned i = 0; i < l->frames; i++)
        if (give_frame(l, &b, fn, ctx) != 0)
            return -EINVAL;
    return 0;
}

int latm_unit_read(const uint8_t *data, size_t len, struct audio_frame *out)
{
    struct track_params p;
    if (len < 1 || len < 2u + data[0] || len > LATM_UNIT_MAX ||
        aac_params_from_config(data + 1, data[0], &p) != 0)
        return -EINVAL;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (unsigned i = 1; i <= data[0]; i++)
        hash = (hash ^ data[i]) * 0x100000001b3u;
    *out = (struct audio_frame){.bytes = (uint32_t)len,
                                .header_bytes = 1u + data[0],
                                .samples = p.frame_samples,
                                .sample_rate = p.core_sample_rate,
                                .identity = hash};
    return 0;
}

int latm_unit_params(uint8_t pmt_config, const uint8_t *unit, size_t len, struct track_params *out)
{
    (void)pmt_config;
    struct audio_frame f;
    if (latm_unit_read(unit, len, &f) != 0)
        return -EINVAL;
    return aac_params_of_frame(unit + 1, unit[0], unit + f.header_bytes, len - f.header_bytes, out);
}
