/* A sample that the muxer refuses costs itself, never the place of its neighbours. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/cmaf_track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAME_90K = 2160 }; /* 1152 samples at 48 kHz */

static struct cmaf_track_segment segments[4];
static struct cmaf_track_part parts[16];
static size_t segment_count, part_count;

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                     uint32_t bytes, int fd)
{
    (void)ctx, (void)track, (void)init_id, (void)p, (void)bytes;
    close(fd);
}

static void on_part(void *ctx, const struct cmaf_track_part *p, int fd)
{
    (void)ctx;
    parts[part_count++] = *p;
    if (fd >= 0)
        close(fd);
}

static void on_segment(void *ctx, const struct cmaf_track_segment *s, int fd)
{
    (void)ctx;
    segments[segment_count++] = *s;
    close(fd);
}

static struct cmaf_track *sound(void)
{
    static const struct track_params mp3 = {
        .codec = CODEC_MP3,
        .sample_rate = 48000,
        .core_sample_rate = 48000,
        .channels = 2,
        .frame_samples = 1152,
    };
    struct cmaf_track_out out = {.track = on_track, .part = on_part, .segment = on_segment};
    struct cmaf_track *r;

    segment_count = part_count = 0;
    assert_int_equal(cmaf_track_new(&r, 0, "", 45000, &out), 0);
    assert_int_equal(cmaf_track_set_params(r, &mp3), 0);
    cmaf_track_start(r, 7);
    return r;
}

static void frame(struct cmaf_track *r, int64_t at_90k)
{
    static const uint8_t bytes[] = {0xff, 0xfb, 0x50, 0xc0, 0, 0, 0, 0};
    struct cmaf_track_sample s = {.data = bytes,
                                  .len = sizeof bytes,
                                  .pts_90k = at_90k,
                                  .dts_90k = at_90k,
                                  .random_access = true};

    assert_int_equal(cmaf_track_push(r, &s), 0);
}

/* No time before zero can be written: the muxer refuses the first frame. */
static void test_the_first_one_is_refused(void **state)
{
    struct cmaf_track *r = sound();

    (void)state;
    frame(r, -5 * FRAME_90K);
    for (int i = 0; i < 4; i++)
        frame(r, i * FRAME_90K);
    assert_int_equal(cmaf_track_cut(r, 8, (int64_t)4 * FRAME_90K), 0);
    assert_int_equal(segment_count, 1);
    assert_int_equal(segments[0].sequence, 7);
    assert_int_equal(segments[0].samples, 4);
    assert_int_equal(segments[0].start_90k, 0);
    assert_int_equal(segments[0].present_90k, 0);
    assert_int_equal(segments[0].duration_90k, 4 * FRAME_90K);
    assert_int_equal(parts[0].part, 0);
    assert_int_equal(parts[0].start_90k, 0);
    cmaf_track_free(&r);
}

static void test_all_are_refused(void **state)
{
    struct cmaf_track *r = sound();

    (void)state;
    frame(r, -3 * FRAME_90K);
    frame(r, -2 * FRAME_90K);
    assert_int_equal(cmaf_track_cut(r, 8, -1 * FRAME_90K), 0);
    assert_int_equal(segment_count + part_count, 0);
    frame(r, 0);
    assert_int_equal(cmaf_track_cut(r, 9, FRAME_90K), 0);
    assert_int_equal(segment_count, 1);
    assert_int_equal(segments[0].sequence, 8);
    cmaf_track_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_one_is_refused),
        cmocka_unit_test(test_all_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
