/* A packager that is fed made-up access units, and what it said. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PACKAGE_PACKAGER_STAGE_H
#define TESTS_UNIT_PACKAGE_PACKAGER_STAGE_H

#include "relay/package/packager.h"
#include "tests/unit/codecs/clips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEPT = 200, FRAME = 3000, AUDIO_STEP = 1920 };

struct log {
    struct packager_segment segments[PACKAGER_TRACKS][KEPT];
    size_t count[PACKAGER_TRACKS];
    uint32_t inits[PACKAGER_TRACKS];
    uint64_t samples[PACKAGER_TRACKS];
};

static struct log seen;
static struct packager *p;
static const uint8_t *record = H264_BASE_RECORD;

static inline void on_track(void *ctx, uint32_t track, uint32_t init_id,
                            const struct track_params *params, const char *language, uint32_t bytes,
                            int fd)
{
    (void)ctx, (void)language;
    assert_int_equal(init_id, seen.inits[track] + 1);
    assert_true(params->config_len > 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), bytes);
    close(fd);
    seen.inits[track]++;
}

static inline void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    size_t n = seen.count[s->track]++;

    (void)ctx;
    assert_true(n < KEPT);
    seen.segments[s->track][n] = *s;
    seen.samples[s->track] += s->samples;
    assert_int_equal(s->gap, fd < 0);
    assert_int_equal(s->init_id, seen.inits[s->track]);
    if (fd < 0)
        return;
    assert_int_equal(lseek(fd, 0, SEEK_END), s->bytes);
    close(fd);
}

static inline void finish(void)
{
    struct packager_stats s;

    assert_int_equal(packager_end(p), 0);
    packager_stats(p, &s);
    assert_int_equal(s.out, seen.samples[0] + seen.samples[1]);
    packager_free(&p);
    assert_null(p);
}

/* avcC: 8 bytes, the SPS after its length at 6, then a count, then the PPS. */
static inline size_t parameter_sets(struct nal nals[static 2])
{
    size_t sps = (size_t)record[6] << 8 | record[7], at = 8 + sps + 1;

    nals[0] = (struct nal){.data = record + 8, .len = sps};
    nals[1] =
        (struct nal){.data = record + at + 2, .len = (size_t)record[at] << 8 | record[at + 1]};
    return 2;
}

static inline void video(uint64_t raw, bool idr)
{
    uint8_t slice[40] = {idr ? 0x65 : 0x41, 0x88, 0x84};
    struct nal nals[3];
    size_t n = idr ? parameter_sets(nals) : 0;
    struct packager_unit u = {.track = 0,
                              .raw_pts = (raw + 2 * FRAME) & 0x1ffffffff,
                              .raw_dts = raw & 0x1ffffffff,
                              .nals = nals,
                              .data = slice,
                              .wall_us = (int64_t)raw * 100 / 9};

    nals[n++] = (struct nal){.data = slice, .len = sizeof(slice)};
    u.nal_count = n;
    u.len = sizeof(slice);
    assert_int_equal(packager_take(p, &u), 0);
}

/* AAC-LC, 48 kHz, mono, 7 + 24 bytes; a lone SCE element that ends at once. */
static inline void audio(uint64_t raw)
{
    uint8_t frame[31] = {0xff, 0xf1, 0x4c, 0x40, 0x03, 0xff, 0xfc, 0x01, 0x40, 0x20, 0x07};
    struct packager_unit u = {.track = 1,
                              .raw_pts = raw & 0x1ffffffff,
                              .raw_dts = raw & 0x1ffffffff,
                              .data = frame,
                              .len = sizeof(frame),
                              .wall_us = (int64_t)raw * 100 / 9};

    assert_int_equal(packager_take(p, &u), 0);
}

#endif
