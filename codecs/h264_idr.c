/* Gives an IDR picture another idr_pic_id, so that it may follow itself. */
/* SPDX-License-Identifier: MIT */
#include "codecs/h264_idr.h"

#include "codecs/bits.h"
#include "codecs/h264.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { HEADER_BYTES = 1, ID_MAX = 65535, ESCAPE = 3 };

/* 7.4.1: one byte in front of every byte below 4 behind two zeros, and one at the end. */
size_t h264_idr_room(const struct nal *nal)
{
    return nal->len + nal->len / 2 + 16;
}

int h264_idr_layout(const struct nal *sps, struct h264_idr_layout *out)
{
    struct h264_sps parsed;
    if (h264_sps_parse(sps, &parsed) != 0)
        return -EINVAL;
    *out = (struct h264_idr_layout){.frame_num_bits = parsed.frame_num_bits,
                                    .separate_planes = parsed.separate_planes,
                                    .fields = parsed.interlaced};
    return 0;
}

/* 7.3.3 up to idr_pic_id. */
static int read_up_to_id(struct bits *b, const struct h264_idr_layout *layout)
{
    bits_ue(b);        /* first_mb_in_slice */
    bits_ue_max(b, 9); /* slice_type */
    bits_ue_max(b, H264_PPS_ID_MAX);
    bits_skip(b, layout->separate_planes ? 2 : 0); /* colour_plane_id */
    bits_skip(b, layout->frame_num_bits);
    if (layout->fields && bits_flag(b)) /* field_pic_flag */
        bits_skip(b, 1);                /* bottom_field_flag */
    return b->error ? -EINVAL : 0;
}

int h264_idr_number(const struct nal *nal, const struct h264_idr_layout *layout, uint32_t *out)
{
    struct bits b;
    if (h264_nal_type(nal) != H264_NAL_IDR)
        return -EINVAL;
    bits_init_nal(&b, nal->data + HEADER_BYTES, nal->len - HEADER_BYTES);
    if (read_up_to_id(&b, layout) != 0)
        return -EINVAL;
    *out = bits_ue_max(&b, ID_MAX);
    return b.error ? -EINVAL : 0;
}

/* ue(v) is written as id + 1 with a zero in front for each bit but the first. */
static unsigned ue_bits(uint32_t id)
{
    unsigned bits = 1;
    for (uint32_t code = id + 1; code > 1; code >>= 1)
        bits += 2;
    return bits;
}

/* Another id whose code is as long, or a whole byte longer or shorter. */
static uint32_t other_id(uint32_t id)
{
    uint32_t same_length = ((id + 1) ^ 1) - 1;
    if (id == 0)
        return 15;                                     /* 1 bit becomes 9: no other code has 1 */
    return same_length <= ID_MAX ? same_length : 4095; /* 33 bits become 25 */
}

/* 7.3.1: the RBSP behind the header. Returns its length; out has room for nal->len. */
static size_t unescape(const struct nal *nal, uint8_t *out)
{
    size_t n = 0;
    unsigned zeros = 0;
    for (size_t i = HEADER_BYTES; i < nal->len; i++) {
        if (zeros >= 2 && nal->data[i] == ESCAPE) {
            zeros = 0;
            continue;
        }
        zeros = nal->data[i] == 0 ? zeros + 1 : 0;
        out[n++] = nal->data[i];
    }
    return n;
}

/* Bytes into a NAL unit; too many set `full`. */
struct escaper {
    uint8_t *out;
    size_t len, size;
    unsigned zeros;
    bool full;
};

static void escape(struct escaper *e, uint8_t byte)
{
    if (e->size - e->len < 2) {
        e->full = true;
        return;
    }
    if (e->zeros >= 2 && byte <= ESCAPE) {
        e->out[e->len++] = ESCAPE;
        e->zeros = 0;
    }
    e->zeros = byte == 0 ? e->zeros + 1 : 0;
    e->out[e->len++] = byte;
}

/* The bytes that hold the code change, and the bits around it come from theirs. */
static void put_code(struct escaper *e, const uint8_t *rbsp, uint64_t at, uint32_t old, uint32_t id)
{
    unsigned lead = (unsigned)(at % 8), bits = ue_bits(id);
    uint8_t bytes[8] = {0};
    struct bit_writer w;
    uint64_t end = at + ue_bits(old);
    bit_writer_init(&w, bytes, sizeof bytes);
    bit_writer_put(&w, lead, rbsp[at / 8] >> (8 - lead));
    bit_writer_put(&w, bits / 2, 0);
    bit_writer_put(&w, bits - bits / 2, id + 1);
    if (end % 8)
        bit_writer_put(&w, 8 - (unsigned)(end % 8), rbsp[end / 8]);
    for (size_t i = 0; i < w.len; i++)
        escape(e, bytes[i]);
}

static int put_all(const uint8_t *rbsp, size_t bytes, const struct h264_idr_layout *layout,
                   struct escaper *e)
{
    struct bits b;
    bits_init(&b, rbsp, bytes);
    if (read_up_to_id(&b, layout) != 0)
        return -EINVAL;
    uint64_t at = bits_done(&b);
    uint32_t old = bits_ue_max(&b, ID_MAX);
    uint64_t end = bits_done(&b);
    if (b.error || end / 8 >= bytes)
        return -EINVAL;
    for (size_t i = 0; i < at / 8; i++)
        escape(e, rbsp[i]);
    put_code(e, rbsp, at, old, other_id(old));
    for (size_t i = (size_t)((end + 7) / 8); i < bytes; i++)
        escape(e, rbsp[i]);
    if (e->zeros > 0) { /* 7.4.1: cabac_zero_words end in an escape */
        e->zeros = 0;
        escape(e, ESCAPE);
    }
    return e->full ? -EINVAL : 0;
}

int h264_idr_renumber(const struct nal *nal, const struct h264_idr_layout *layout, uint8_t *out,
                      size_t size, size_t *len)
{
    if (h264_nal_type(nal) != H264_NAL_IDR || size < h264_idr_room(nal))
        return -EINVAL;
    /* the plain bytes go to the end of `out`; what is written stays behind what is read */
    uint8_t *rbsp = out + size - nal->len;
    size_t bytes = unescape(nal, rbsp);
    struct escaper e = {.out = out, .len = HEADER_BYTES, .size = size};
    out[0] = nal->data[0];
    int rc = put_all(rbsp, bytes, layout, &e);
    *len = e.len;
    return rc;
}
