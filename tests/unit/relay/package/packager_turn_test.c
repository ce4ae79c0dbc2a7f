/* The program changes under a packager: what is the same goes on, nothing of it is lost. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 300, FRAME_90K = 2880, FRAME_BYTES = 128 };

static struct {
    uint32_t inits[2];
    uint64_t samples[2];
    int64_t end_90k[2];
    uint32_t breaks;
    struct track_params params[2];
} seen;
static struct packager *p;

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     const char *language, uint32_t bytes, int fd)
{
    (void)ctx, (void)language, (void)bytes;
    close(fd);
    seen.inits[track] = init_id;
    seen.params[track] = *params;
}

static void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    (void)ctx;
    if (seen.end_90k[s->track])
        assert_int_equal(s->start_90k, seen.end_90k[s->track]);
    seen.end_90k[s->track] = s->start_90k + s->duration_90k;
    seen.samples[s->track] += s->samples;
    seen.breaks += s->track == 0 && s->discontinuity;
    if (fd >= 0)
        close(fd);
}

static int set_up(void **state)
{
    struct packager_track track = {.codec = CODEC_AC3};
    struct packager_out out = {.track = on_track, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .start_90k = 900000};

    (void)state;
    memset(&seen, 0, sizeof(seen));
    return packager_new(&p, &o, &track, 1, &out);
}

static int tear_down(void **state)
{
    (void)state;
    packager_free(&p);
    return 0;
}

/* 32 kbit/s at 48 kHz: ETSI TS 102 366; E-AC-3 (annex E) of 6 blocks in as many bytes. */
static void take(uint32_t track, enum codec_id codec, uint64_t raw)
{
    uint8_t ac3[FRAME_BYTES] = {0x0b, 0x77, 0, 0, 0, 0x40, 0x40};
    uint8_t eac3[FRAME_BYTES] = {0x0b, 0x77, 0, FRAME_BYTES / 2 - 1, 0x34, 0x80};
    struct packager_unit u = {.track = track, .raw_pts = raw, .raw_dts = raw, .len = FRAME_BYTES};

    u.data = codec == CODEC_AC3 ? ac3 : eac3;
    assert_int_equal(packager_take(p, &u), 0);
}

static void test_a_track_appears_and_goes(void **state)
{
    static const struct packager_track both[] = {{.codec = CODEC_AC3}, {.codec = CODEC_AC3}};

    (void)state;
    for (uint64_t i = 0; i < FRAMES; i++) {
        if (i == 100)
            assert_int_equal(packager_turn(p, both, 2), 0);
        if (i == 200)
            assert_int_equal(packager_turn(p, both, 1), 0);
        take(0, CODEC_AC3, i * FRAME_90K);
        if (i >= 100 && i < 200)
            take(1, CODEC_AC3, i * FRAME_90K);
    }
    assert_int_equal(packager_end(p), 0);
    assert_int_equal(seen.samples[0], FRAMES);
    assert_int_equal(seen.samples[1], 100);
    assert_int_equal(seen.inits[0], 1);
    assert_int_equal(seen.breaks, 0);
}

static void test_a_codec_changes(void **state)
{
    static const struct packager_track other = {.codec = CODEC_EAC3};

    (void)state;
    for (uint64_t i = 0; i < FRAMES; i++) {
        if (i == 150)
            assert_int_equal(packager_turn(p, &other, 1), 0);
        take(0, i < 150 ? CODEC_AC3 : CODEC_EAC3, i * FRAME_90K);
    }
    assert_int_equal(packager_end(p), 0);
    assert_int_equal(seen.samples[0], FRAMES);
    assert_int_equal(seen.inits[0], 2);
    assert_string_equal(seen.params[0].rfc6381, "ec-3");
    assert_int_equal(seen.breaks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_track_appears_and_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_codec_changes, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
