/* Fuzzes what is read of SEI messages: captions and static HDR metadata, of both codecs. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"
#include "codecs/hdr10.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hdr10(const uint8_t *data, size_t size)
{
    static struct sei_message m;
    struct hdr10 h = {0}, again = {0};
    struct sei_reader r;
    uint8_t units[HDR10_UNITS_BYTES];
    size_t len = 0;

    sei_reader_init(&r, data, size);
    while (sei_next(&r, &m))
        hdr10_take(&h, &m);
    unsigned n = hdr10_write_units(&h, units, &len);
    if (len > sizeof units || n != (unsigned)h.has_mastering + h.has_light)
        abort();
    for (size_t at = 0; n > 0; n--) { /* what was written says the same */
        size_t unit = (size_t)units[at] << 8 | units[at + 1];
        sei_reader_init(&r, units + at + 4, unit - 2);
        if (!sei_next(&r, &m))
            abort();
        hdr10_take(&again, &m);
        at += 2 + unit;
    }
    if (memcmp(&h, &again, sizeof h) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct captions found;
    struct nal nal = {.data = data, .len = size};

    codec_captions(CODEC_H264, &nal, 1, &found);
    if (found.channels > 0x0f || found.services & 1 ||
        (!found.carried && (found.channels || found.services)))
        abort();
    codec_captions(CODEC_HEVC, &nal, 1, &found);
    check_hdr10(data, size);
    return 0;
}
