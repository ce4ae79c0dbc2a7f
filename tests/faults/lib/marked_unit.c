/* Pictures of PCM macroblocks and skipped ones, small but whole, with their mark. */
/* SPDX-License-Identifier: MIT */
#include "tests/faults/lib/marked_unit.h"

#include "tests/faults/lib/bit_writer.h"
#include "tests/faults/lib/hevc_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MAX_FRAME_NUM_BITS = 8, POC_BITS = 8, H264_SEI = 6, HEVC_SEI = 39 };

static struct bit_writer w;

uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t len)
{
    return (uint32_t)crc32(crc, bytes, (uInt)len);
}

static void append(struct unit *u, const void *bytes, size_t len)
{
    if (u->len + len > u->size) {
        u->size = 2 * (u->len + len);
        u->bytes = realloc(u->bytes, u->size);
        if (!u->bytes)
            abort();
    }
    memcpy(u->bytes + u->len, bytes, len);
    u->len += len;
}

/* Start code, header, the payload with emulation prevention (7.4.1); counted: in the CRC. */
static void add_nal(struct unit *u, const uint8_t *head, size_t head_len, const uint8_t *rbsp,
                    size_t len, bool counted)
{
    static const uint8_t start[] = {0, 0, 0, 1}, three = 3;
    size_t from = u->len + sizeof(start), zeros = 0;

    append(u, start, sizeof(start));
    append(u, head, head_len);
    for (size_t i = 0; i < len; i++) {
        if (zeros >= 2 && rbsp[i] <= 3) {
            append(u, &three, 1);
            zeros = 0;
        }
        append(u, &rbsp[i], 1);
        zeros = rbsp[i] ? 0 : zeros + 1;
    }
    if (counted)
        u->crc = crc32_of(u->crc, u->bytes + from, u->len - from);
}

static void add_h264(struct unit *u, uint8_t header, bool counted)
{
    add_nal(u, &header, 1, w.bytes, w.bits / 8, counted);
}

static void add_hevc(struct unit *u, unsigned type, bool counted)
{
    uint8_t header[2] = {(uint8_t)(type << 1), 1};

    add_nal(u, header, 2, w.bytes, w.bits / 8, counted);
}

static void h264_sps(const struct picture *p)
{
    bit_writer_begin(&w);
    put_bits(&w, 77, 8);
    put_bits(&w, 0, 8);
    put_bits(&w, p->profile_twist % 2 ? 31 : 30, 8);
    put_ue(&w, 0);
    put_ue(&w, MAX_FRAME_NUM_BITS - 4);
    put_ue(&w, 0); /* pic_order_cnt_type */
    put_ue(&w, POC_BITS - 4);
    put_ue(&w, 2 + p->profile_twist / 2 % 2); /* max_num_ref_frames */
    put_bits(&w, 0, 1);
    put_ue(&w, p->width / 16 - 1);
    put_ue(&w, p->height / 16 - 1);
    put_bits(&w, 0x6, 3); /* frames only, direct 8x8, no cropping */
    put_bits(&w, 1, 1);   /* VUI: timing only */
    put_bits(&w, 0, 4);
    put_bits(&w, 1, 1);
    put_bits(&w, p->step_90k, 32);
    put_bits(&w, 180000, 32);
    put_bits(&w, 0, 1); /* no fixed rate */
    put_bits(&w, 0, 4);
    put_trailing(&w);
}

static void h264_pps(void)
{
    bit_writer_begin(&w);
    put_ue(&w, 0);
    put_ue(&w, 0);
    put_bits(&w, 0, 2); /* CAVLC */
    put_ue(&w, 0);
    put_ue(&w, 0);
    put_ue(&w, 0);
    put_bits(&w, 0, 3);
    put_se(&w, 0);
    put_se(&w, 0);
    put_se(&w, 0);
    put_bits(&w, 0, 3);
    put_trailing(&w);
}

/* Section 7.3.3, without deblocking control, weighting or reordering. */
static void h264_slice_header(const struct picture *p, unsigned type)
{
    put_ue(&w, 0);
    put_ue(&w, type);
    put_ue(&w, 0);
    put_bits(&w, p->frame_num, MAX_FRAME_NUM_BITS);
    if (p->idr)
        put_ue(&w, p->idr_pic_id);
    put_bits(&w, p->poc & ((1u << POC_BITS) - 1), POC_BITS);
    if (p->bidirectional)
        put_bits(&w, 1, 1); /* direct_spatial_mv_pred_flag */
    if (type != 7)
        put_bits(&w, 0, 1); /* num_ref_idx_active_override_flag */
    if (type != 7)
        put_bits(&w, 0, 1);
    if (p->bidirectional)
        put_bits(&w, 0, 1);
    if (p->idr)
        put_bits(&w, 0, 2);
    else if (!p->bidirectional)
        put_bits(&w, 0, 1);
    put_se(&w, 0);
}

static void h264_slice(struct unit *u, const struct picture *p)
{
    uint32_t blocks = p->width / 16 * (p->height / 16);
    bool intra = p->idr || p->cra;

    bit_writer_begin(&w);
    h264_slice_header(p, intra ? 7 : p->bidirectional ? 6 : 5);
    for (uint32_t i = 0; intra && i < blocks; i++) {
        put_ue(&w, 25); /* I_PCM */
        put_align(&w, 0);
        for (int n = 0; n < 384; n += 4)
            put_bits(&w, (uint32_t)next_random(u->random) | 0x01010101u, 32);
    }
    if (!intra)
        put_ue(&w, blocks); /* mb_skip_run */
    put_trailing(&w);
    add_h264(u, p->idr ? 0x65 : p->bidirectional ? 0x01 : 0x41, true);
}

/* A slice of noise: nothing here decodes HEVC. */
static void hevc_slice(struct unit *u, const struct picture *p)
{
    unsigned type = p->idr ? 19 : p->cra ? 21 : p->leading ? 8 : p->bidirectional ? 0 : 1;

    bit_writer_begin(&w);
    put_bits(&w, 1, 1); /* first_slice_segment_in_pic_flag */
    if (p->idr || p->cra)
        put_bits(&w, 0, 1);
    put_ue(&w, 0);
    put_ue(&w, p->idr || p->cra ? 2 : p->bidirectional ? 0 : 1);
    if (!p->idr)
        put_bits(&w, p->poc & 0xff, 8);
    for (uint32_t n = p->idr || p->cra ? 1500 : 20; n > 0; n--)
        put_bits(&w, (uint32_t)next_random(u->random), 32);
    put_trailing(&w);
    add_hevc(u, type, true);
}

enum { FILLER_BYTES = BIT_WRITER_BYTES / 2 };

static void filler(struct unit *u, uint32_t bytes)
{
    bit_writer_begin(&w);
    while (bytes-- > 0)
        put_bits(&w, (uint32_t)next_random(u->random) | 0x40u, 8);
    put_trailing(&w);
    if (u->hevc)
        add_hevc(u, 38, true);
    else
        add_h264(u, 12, true);
}

static void recovery_point(void)
{
    bit_writer_begin(&w);
    put_bits(&w, 6, 8);
    put_bits(&w, 1, 8);
    put_ue(&w, 0);
    put_bits(&w, 0x8, 4); /* exact match, not broken, no slice group changes */
    put_align(&w, 0);
    put_trailing(&w);
}

static void mark(uint32_t number, uint32_t crc)
{
    char text[64];
    int len = snprintf(text, sizeof(text), MARK_UUID "%08x %08x", number, crc);

    bit_writer_begin(&w);
    put_bits(&w, 5, 8);
    put_bits(&w, (uint32_t)len, 8);
    for (int i = 0; i < len; i++)
        put_bits(&w, (uint8_t)text[i], 8);
    put_trailing(&w);
}

static void delimiter(struct unit *u)
{
    bit_writer_begin(&w);
    put_bits(&w, u->hevc ? 2 : 7, 3);
    put_trailing(&w);
    if (u->hevc)
        add_hevc(u, 35, true);
    else
        add_h264(u, 9, true);
}

static void parameter_sets(struct unit *u, const struct picture *p)
{
    if (!u->hevc) {
        h264_sps(p);
        add_h264(u, 0x67, true);
        h264_pps();
        add_h264(u, 0x68, true);
        return;
    }
    hevc_vps(&w, p->profile_twist);
    add_hevc(u, 32, true);
    hevc_sps(&w, p->width, p->height, p->profile_twist);
    add_hevc(u, 33, true);
    hevc_pps(&w);
    add_hevc(u, 34, true);
}

/* The mark stands before the slices and holds the CRC of what follows it: it goes in last. */
void unit_picture(struct unit *u, const struct picture *p)
{
    struct unit tail = {.random = u->random, .hevc = p->codec == UNIT_HEVC};

    u->len = 0;
    u->crc = 0;
    u->hevc = tail.hevc;
    delimiter(u);
    if (p->idr || p->cra)
        parameter_sets(u, p);
    if (p->recovery && !u->hevc) {
        recovery_point();
        add_h264(u, H264_SEI, false);
    }
    tail.crc = u->crc;
    if (u->hevc)
        hevc_slice(&tail, p);
    else
        h264_slice(&tail, p);
    for (uint32_t left = p->padding_bytes; left > 0;) {
        uint32_t bytes = left < FILLER_BYTES ? left : FILLER_BYTES;

        filler(&tail, bytes);
        left -= bytes;
    }
    u->crc = tail.crc;
    mark(p->number, u->crc);
    if (u->hevc)
        add_hevc(u, HEVC_SEI, false);
    else
        add_h264(u, H264_SEI, false);
    append(u, tail.bytes, tail.len);
    free(tail.bytes);
}

void unit_sound(struct unit *u, uint32_t number, uint32_t noise_bytes)
{
    static const uint8_t silence[] = {0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80};
    uint8_t noise[128], text[64];
    size_t n = noise_bytes < sizeof(noise) ? noise_bytes : sizeof(noise), len;
    uint8_t element[2] = {0x81, 0}, adts[7] = {0xff, 0xf1, 0x4c, 0x80, 0, 0x1f, 0xfc};

    for (size_t i = 0; i < n; i++)
        noise[i] = (uint8_t)next_random(u->random) & 0x7f;
    u->crc = crc32_of(0, noise, n);
    snprintf((char *)text, sizeof(text), MARK_UUID "%08x %08x", number, u->crc);
    element[1] = (uint8_t)(33 + n);
    len = sizeof(adts) + sizeof(element) + 33 + n + sizeof(silence);
    adts[3] |= (uint8_t)(len >> 11);
    adts[4] = (uint8_t)(len >> 3);
    adts[5] |= (uint8_t)(len << 5);
    u->len = 0;
    append(u, adts, sizeof(adts));
    append(u, element, sizeof(element));
    append(u, text, 33);
    append(u, noise, n);
    append(u, silence, sizeof(silence));
}

void unit_fini(struct unit *u)
{
    free(u->bytes);
    u->bytes = NULL;
    u->size = 0;
}
