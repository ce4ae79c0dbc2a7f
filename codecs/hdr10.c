/* Reads static HDR metadata out of SEI messages, and writes it where a sample entry wants it. */
/* SPDX-License-Identifier: MIT */
#include "codecs/hdr10.h"

enum {
    MASTERING_BYTES = 24,
    LIGHT_BYTES = 4,
    CHROMATICITY_MAX = 50000, /* D.3.28: 1.0 */
    HEADER_BYTES = 2,
    PREFIX_SEI = 39,
};

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t read_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void take_mastering(struct hdr10 *h, const uint8_t *p)
{
    uint16_t values[8];
    for (unsigned i = 0; i < 8; i++) {
        values[i] = read_u16(p + (size_t)2 * i);
        if (values[i] > CHROMATICITY_MAX)
            return;
    }
    uint32_t most = read_u32(p + 16), least = read_u32(p + 20);
    if (most <= least)
        return;
    for (unsigned i = 0; i < 6; i++)
        h->primaries[i / 2][i % 2] = values[i];
    h->white[0] = values[6];
    h->white[1] = values[7];
    h->luminance_max = most;
    h->luminance_min = least;
    h->has_mastering = true;
}

void hdr10_take(struct hdr10 *h, const struct sei_message *m)
{
    if (m->type == SEI_MASTERING_DISPLAY && m->len == MASTERING_BYTES) {
        take_mastering(h, m->data);
    } else if (m->type == SEI_CONTENT_LIGHT && m->len == LIGHT_BYTES) {
        h->max_cll = read_u16(m->data);
        h->max_fall = read_u16(m->data + 2);
        h->has_light = true;
    }
}

/* One unit of one message after 16 bits of length, with emulation prevention (7.3.1.1). */
static size_t write_unit(uint8_t *out, uint8_t type, const uint8_t *payload, uint8_t size)
{
    uint8_t *p = out + 2;
    unsigned zeros = 0;
    *p++ = PREFIX_SEI << 1;
    *p++ = 1; /* nuh_layer_id 0, nuh_temporal_id_plus1 */
    *p++ = type;
    *p++ = size;
    for (unsigned i = 0; i < size; i++) {
        if (zeros == 2 && payload[i] <= 3) {
            *p++ = 3;
            zeros = 0;
        }
        zeros = payload[i] == 0 ? zeros + 1 : 0;
        *p++ = payload[i];
    }
    *p++ = 0x80; /* rbsp_trailing_bits */
    size_t len = (size_t)(p - out) - 2;
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)len;
    return len + 2;
}

unsigned hdr10_write_units(const struct hdr10 *h, uint8_t out[HDR10_UNITS_BYTES], size_t *len)
{
    uint8_t payload[MASTERING_BYTES];
    struct bit_writer w;
    unsigned units = 0;
    *len = 0;
    if (h->has_mastering) {
        bit_writer_init(&w, payload, sizeof payload);
        for (unsigned i = 0; i < 6; i++)
            bit_writer_put(&w, 16, h->primaries[i / 2][i % 2]);
        bit_writer_put(&w, 16, h->white[0]);
        bit_writer_put(&w, 16, h->white[1]);
        bit_writer_put(&w, 32, h->luminance_max);
        bit_writer_put(&w, 32, h->luminance_min);
        *len += write_unit(out, SEI_MASTERING_DISPLAY, payload, MASTERING_BYTES);
        units++;
    }
    if (h->has_light) {
        bit_writer_init(&w, payload, sizeof payload);
        bit_writer_put(&w, 16, h->max_cll);
        bit_writer_put(&w, 16, h->max_fall);
        *len += write_unit(out + *len, SEI_CONTENT_LIGHT, payload, LIGHT_BYTES);
        units++;
    }
    return units;
}
