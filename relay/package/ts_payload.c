/* NAL units get start codes, AAC frames their ADTS headers back. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/ts_payload.h"

#include "codecs/bits.h"

#include <errno.h>
#include <string.h>

enum { NAL_SPS = 7, NAL_AUD = 9, ADTS_BYTES = 7, ADTS_FRAME_MAX = 8191, ASC_ESCAPE = 15 };

static uint8_t *put_nal(uint8_t *at, const uint8_t *nal, size_t len)
{
    static const uint8_t start_code[4] = {0, 0, 0, 1};

    memcpy(at, start_code, sizeof(start_code));
    memcpy(at + sizeof(start_code), nal, len);
    return at + sizeof(start_code) + len;
}

/* ISO/IEC 14496-15 section 5.3.3.1: counts in 5 and 8 bits, each set after its length. The record
 * is our own. */
static uint8_t *put_sets(uint8_t *at, const struct track_params *p)
{
    size_t next = 5;

    for (int kind = 0; kind < 2 && next < p->config_len; kind++) {
        unsigned count = p->config[next++] & (kind == 0 ? 0x1f : 0xff);

        while (count-- > 0 && next + 2 <= p->config_len) {
            size_t len = (size_t)p->config[next] << 8 | p->config[next + 1];

            if (len > p->config_len - next - 2)
                return at;
            at = put_nal(at, p->config + next + 2, len);
            next += 2 + len;
        }
    }
    return at;
}

/* The next NAL unit of a sample, after its length in 4 bytes; 0: no more. */
static size_t next_nal(const uint8_t *sample, size_t len, size_t *at)
{
    size_t bytes;

    if (*at + 4 > len)
        return 0;
    bytes = (size_t)sample[*at] << 24 | (size_t)sample[*at + 1] << 16 |
            (size_t)sample[*at + 2] << 8 | sample[*at + 3];
    *at += 4;
    return bytes <= len - *at ? bytes : 0;
}

static bool has_sps(const uint8_t *sample, size_t len)
{
    size_t at = 0, bytes;

    while ((bytes = next_nal(sample, len, &at)) > 0) {
        if ((sample[at] & 0x1f) == NAL_SPS)
            return true;
        at += bytes;
    }
    return false;
}

static int write_h264(const struct track_params *p, const uint8_t *sample, size_t len,
                      bool random_access, uint8_t *out, size_t *out_len)
{
    /* H.264 section 7.3.2.4: any slices may follow. */
    static const uint8_t delimiter[2] = {NAL_AUD, 0xf0};
    bool sets = random_access && !has_sps(sample, len);
    size_t at = 0, bytes = next_nal(sample, len, &at);
    uint8_t *o = out;

    if (bytes == 0)
        return -EINVAL;
    if ((sample[at] & 0x1f) == NAL_AUD) {
        o = put_nal(o, sample + at, bytes);
        at += bytes;
    } else {
        o = put_nal(o, delimiter, sizeof(delimiter));
        at = 0;
    }
    if (sets)
        o = put_sets(o, p);
    while ((bytes = next_nal(sample, len, &at)) > 0) {
        o = put_nal(o, sample + at, bytes);
        at += bytes;
    }
    *out_len = (size_t)(o - out);
    return 0;
}

/* ISO/IEC 14496-3 sections 1.6.2.1 and 1.A.2.2: ADTS has no SBR; its decoders find it themselves.
 */
static int put_adts(const struct track_params *p, size_t len, uint8_t *out)
{
    struct bits b;
    struct bit_writer w;
    uint32_t type, rate, channels;

    bits_init(&b, p->config, p->config_len);
    type = bits_u(&b, 5);
    rate = bits_u(&b, 4);
    if (rate == ASC_ESCAPE)
        return -EINVAL;
    channels = bits_u(&b, 4);
    if (type == 5 || type == 29) {
        if (bits_u(&b, 4) == ASC_ESCAPE)
            bits_skip(&b, 24);
        type = bits_u(&b, 5);
    }
    if (b.error || type < 1 || type > 4 || channels > 7 || len > ADTS_FRAME_MAX)
        return -EINVAL;
    bit_writer_init(&w, out, ADTS_BYTES);
    bit_writer_put(&w, 16, 0xfff1); /* MPEG-4, no CRC */
    bit_writer_put(&w, 2, type - 1);
    bit_writer_put(&w, 4, rate);
    bit_writer_put(&w, 1, 0);
    bit_writer_put(&w, 3, channels);
    bit_writer_put(&w, 4, 0);
    bit_writer_put(&w, 13, (uint32_t)len);
    bit_writer_put(&w, 11, 0x7ff); /* a variable rate */
    bit_writer_put(&w, 2, 0);      /* one raw data block */
    return 0;
}

int ts_payload_write(const struct track_params *p, const uint8_t *sample, size_t len,
                     bool random_access, uint8_t *out, size_t *out_len)
{
    size_t header = p->codec == CODEC_AAC ? ADTS_BYTES : 0;

    if (p->codec == CODEC_H264)
        return write_h264(p, sample, len, random_access, out, out_len);
    if (header && put_adts(p, header + len, out))
        return -EINVAL;
    memcpy(out + header, sample, len);
    *out_len = header + len;
    return 0;
}
