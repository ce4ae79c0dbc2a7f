/* Fuzzes timed metadata: packets in, only whole sections with a right CRC and whole tags out. */
/* SPDX-License-Identifier: MIT */
#include "codecs/id3.h"
#include "relay/ingest/aside_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_section(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    if (len > SCTE35_SECTION_MAX || bytes[0] != SCTE35_TABLE_ID || psi_crc(bytes, len) != 0)
        abort();
}

static void on_id3(void *ctx, const uint8_t *bytes, size_t len, bool has_pts, uint64_t pts)
{
    (void)ctx;
    if (id3_tag_bytes(bytes, len) != len || pts >> 33 != 0 || (!has_pts && pts != 0))
        abort();
}

/* The first byte chooses PES or sections; then runs of length, flags and payload become packets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aside_reader r;
    struct aside_out out = {.section = on_section, .id3 = on_id3};
    uint8_t p[TS_PACKET];

    if (size < 1)
        return 0;
    aside_reader_init(&r, 0x100, data[0] & 1, &out);
    data++;
    size--;
    while (size > 2) {
        size_t n = data[0] % 185, stuffing;

        n = n < size - 2 ? n : size - 2;
        stuffing = 184 - n;
        memset(p, 0xff, sizeof(p));
        memcpy(p, (const uint8_t[]){0x47, data[1] & 0x80 ? 0x41 : 1, 0, data[1] & 15}, 4);
        p[3] |= stuffing ? 0x30 : 0x10;
        p[4] = stuffing ? (uint8_t)(stuffing - 1) : p[4];
        memcpy(p + TS_PACKET - n, data + 2, n);
        aside_reader_take(&r, p);
        if (r.have > sizeof(r.bytes))
            abort();
        data += 2 + n;
        size -= 2 + n;
    }
    return 0;
}
