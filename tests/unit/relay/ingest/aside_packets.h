/* Writes SCTE-35 sections and ID3 tags into TS packets, as an encoder would. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INGEST_ASIDE_PACKETS_H
#define TESTS_UNIT_INGEST_ASIDE_PACKETS_H

#include "relay/ingest/psi.h"

#include <string.h>

/* splice_insert with that id, and, unless pts is UINT64_MAX (at once), that splice time. Returns
 * its length; out needs 64 bytes. */
static inline size_t put_insert(uint8_t *out, uint32_t id, bool leaves, uint64_t pts,
                                uint64_t duration_90k)
{
    bool now = pts == UINT64_MAX;
    size_t n = 14;

    memset(out, 0, 64);
    out[0] = 0xfc;
    out[1] = 0x30;
    memcpy(out + 10, "\xff\xf0", 2); /* tier, splice_command_length */
    out[13] = 5;
    for (int i = 0; i < 4; i++)
        out[n++] = (uint8_t)(id >> (24 - 8 * i));
    out[n++] = 0x7f;
    out[n++] =
        (uint8_t)((leaves ? 0x80 : 0) | 0x40 | (duration_90k ? 0x20 : 0) | (now ? 0x10 : 0) | 0x0f);
    if (!now)
        out[n++] = (uint8_t)(0xfe | (pts >> 32 & 1));
    for (int i = 0; i < 4 && !now; i++)
        out[n++] = (uint8_t)(pts >> (24 - 8 * i));
    if (duration_90k)
        out[n++] = (uint8_t)(0x7e | (duration_90k >> 32 & 1));
    for (int i = 0; i < 4 && duration_90k; i++)
        out[n++] = (uint8_t)(duration_90k >> (24 - 8 * i));
    n += 4; /* unique_program_id, avail_num, avails_expected */
    out[12] = (uint8_t)(n - 14);
    n += 2; /* descriptor_loop_length */
    out[2] = (uint8_t)(n + 4 - 3);
    uint32_t crc = psi_crc(out, n);
    for (int i = 0; i < 4; i++)
        out[n++] = (uint8_t)(crc >> (24 - 8 * i));
    return n;
}

/* An ID3v2.4 tag of `text` bytes in one frame. */
static inline size_t put_id3(uint8_t *out, const char *text)
{
    size_t len = strlen(text) + 1;

    memcpy(out, "ID3\x04\0\0\0\0\0", 9);
    out[9] = (uint8_t)(10 + len);
    memcpy(out + 10, "TIT2\0\0\0", 7);
    out[17] = (uint8_t)len;
    out[18] = out[19] = 0;
    out[20] = 3; /* UTF-8 */
    memcpy(out + 21, text, len - 1);
    return 20 + len;
}

/* A PES head for `len` bytes of payload; with_length 0: its length is not said. */
static inline size_t put_pes(uint8_t *out, uint64_t pts, size_t len, bool with_length)
{
    size_t size = with_length ? len + 8 : 0;

    memcpy(out, "\0\0\x01\xbd", 4);
    out[4] = (uint8_t)(size >> 8);
    out[5] = (uint8_t)size;
    out[6] = 0x84;
    out[7] = 0x80;
    out[8] = 5;
    out[9] = (uint8_t)(0x21 | (pts >> 30 & 7) << 1);
    out[10] = (uint8_t)(pts >> 22);
    out[11] = (uint8_t)(pts >> 14 | 1);
    out[12] = (uint8_t)(pts >> 7);
    out[13] = (uint8_t)(pts << 1 | 1);
    return 14;
}

/* One packet with these payload bytes (184 at most), stuffed in the adaptation field. */
static inline void put_packet(uint8_t out[static TS_PACKET], uint16_t pid, unsigned counter,
                              bool start, const uint8_t *payload, size_t len)
{
    size_t stuffing = 184 - len;

    memset(out, 0xff, TS_PACKET);
    out[0] = 0x47;
    out[1] = (uint8_t)((start ? 0x40 : 0) | pid >> 8);
    out[2] = (uint8_t)pid;
    out[3] = (uint8_t)((stuffing ? 0x30 : 0x10) | (counter & 15));
    if (stuffing > 0)
        out[4] = (uint8_t)(stuffing - 1);
    if (stuffing > 1)
        out[5] = 0;
    memcpy(out + TS_PACKET - len, payload, len);
}

#endif
