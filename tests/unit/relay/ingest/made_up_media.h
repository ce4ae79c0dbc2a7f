/* For tests: transport stream packets of an encoder with pictures, sound, or nothing to send. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RELAY_INGEST_MADE_UP_MEDIA_H
#define TESTS_UNIT_RELAY_INGEST_MADE_UP_MEDIA_H

#include "relay/ingest/psi.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/relay/ingest/ts_writer.h"

#include <stddef.h>
#include <string.h>

enum { GOP = 25, PICTURE_90K = 3600 };

static uint8_t ts_counters[3]; /* of tables, video, audio */

static const struct psi_stream both[] = {{.pid = 0x100, .type = 0x1b},
                                         {.pid = 0x101, .type = 0x0f}};

/* PAT and PMT with so many streams. */
static inline size_t put_tables(uint8_t *out, size_t streams)
{
    psi_write(both, streams, 0x1000, 0x100, out);
    out[3] = (uint8_t)(0x10 | (ts_counters[0] & 15));
    out[TS_PACKET + 3] = (uint8_t)(0x10 | (ts_counters[0]++ & 15));
    return 2 * TS_PACKET;
}

static inline size_t put_null(uint8_t *out)
{
    memset(out, 0xff, TS_PACKET);
    memcpy(out, "\x47\x1f\xff\x10", 4);
    return TS_PACKET;
}

static inline size_t put_set(uint8_t *out, const uint8_t *set, size_t len)
{
    memcpy(out, "\0\0\0\1", 4);
    memcpy(out + 4, set, len);
    return 4 + len;
}

/* Picture i of 25 a second; each GOP begins with an IDR and its parameter sets. */
static inline size_t put_picture(uint8_t *out, unsigned i)
{
    const uint8_t *avcc = H264_BASE_RECORD;
    size_t sps = (size_t)avcc[6] << 8 | avcc[7], at = 8 + sps + 1, len;
    const uint8_t slice[] = {i % GOP == 0 ? 0x65 : 0x41, 0x88, 0x84, (uint8_t)i | 1, 0x80};
    struct ts_writer w = {.out = out, .size = 5 * TS_PACKET};
    uint8_t data[256];

    w.counter[0x100] = ts_counters[1];
    len = put_set(data, (const uint8_t *)"\x09\xf0", 2);
    if (i % GOP == 0) {
        len += put_set(data + len, avcc + 8, sps);
        len += put_set(data + len, avcc + at + 2, (size_t)avcc[at] << 8 | avcc[at + 1]);
    }
    len += put_set(data + len, slice, sizeof(slice));
    ts_write_pes(&w, 0x100, 0xe0, 90000 + i * PICTURE_90K, 90000 + i * PICTURE_90K, data, len, 0);
    ts_counters[1] = w.counter[0x100];
    return w.len;
}

/* AAC-LC, 48 kHz, mono: 1024 samples of silence. */
static inline size_t put_sound(uint8_t *out, unsigned i)
{
    static const uint8_t frame[31] = {0xff, 0xf1, 0x4c, 0x40, 0x03, 0xff,
                                      0xfc, 0x01, 0x40, 0x20, 0x07};
    struct ts_writer w = {.out = out, .size = TS_PACKET};

    w.counter[0x101] = ts_counters[2];
    ts_write_pes(&w, 0x101, 0xc0, 90000 + i * 1920, 90000 + i * 1920, frame, sizeof(frame), 1);
    ts_counters[2] = w.counter[0x101];
    return w.len;
}

#endif
