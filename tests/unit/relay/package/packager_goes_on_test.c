/* A feed of the same encoder goes on where another one ended: at any picture, or behind a hole. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/codecs/record.h"
#include "tests/unit/relay/package/packager_stage.h"

typedef void segment_fn(void *ctx, const struct packager_segment *s, int fd);

/* A feed whose units have the raw times that are below by 5000: its tracks go on from there. */
static void make_with(const struct packager_track *tracks, size_t count, int64_t video_90k,
                      int64_t audio_90k, segment_fn *segment)
{
    struct packager_out out = {.track = on_track, .segment = segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .target_duration_s = 2,
                                 .start_90k = 7000000,
                                 .goes_on = true,
                                 .raw_90k = 7000000 - 5000,
                                 .from_90k = {video_90k, audio_90k}};

    memset(&seen, 0, sizeof(seen));
    record = H264_BASE_RECORD;
    assert_int_equal(packager_new(&p, &o, tracks, count, &out), 0);
}

static void make_going_on(int64_t video_90k, int64_t audio_90k)
{
    static const struct packager_track both[] = {{.codec = CODEC_H264}, {.codec = CODEC_AAC}};

    make_with(both, 2, video_90k, audio_90k, on_segment);
}

/* Two seconds before and four after the place, a keyframe each second: picture 37 is not one. */
static void run_going_on(uint64_t first)
{
    for (uint64_t i = first; i < 180; i++) {
        video(6995000 - 60 * FRAME + i * FRAME, i % 30 == 7);
        audio(6995000 - 60 * FRAME + i * FRAME);
    }
}

static void test_goes_on_between_keyframes(void **state)
{
    (void)state;
    make_going_on(7000000 - FRAME / 2, 7000000 + 3 * FRAME - 900);
    run_going_on(7);
    finish();
    /* every unit from the place on, and none before it */
    assert_int_equal(seen.samples[0], 120);
    assert_int_equal(seen.samples[1], 117);
    assert_int_equal(seen.segments[0][0].start_90k, 7000000);
    assert_in_range(seen.segments[1][0].start_90k, 7000000 + 3 * FRAME - 1, 7000000 + 3 * FRAME);
    assert_int_equal(seen.segments[0][0].sequence, 0); /* the end of what the other feed began */
    assert_false(seen.segments[0][0].independent);
    assert_int_equal(seen.segments[0][0].samples, 7); /* to the next keyframe */
    assert_true(seen.segments[0][1].independent);
    assert_int_equal(seen.segments[0][1].samples, 60);
    for (size_t i = 0; i < seen.count[0]; i++)
        assert_false(seen.segments[0][i].discontinuity);
    assert_int_equal(seen.segments[0][1].clock_90k, 5000);
}

static void test_goes_on_at_a_keyframe(void **state)
{
    (void)state;
    make_going_on(7000000 + 7 * FRAME - 1, 7000000 + 7 * FRAME - 1);
    run_going_on(7);
    finish();
    assert_int_equal(seen.segments[0][0].sequence, 1); /* the other feed's was whole */
    assert_true(seen.segments[0][0].independent);
    assert_int_equal(seen.segments[0][0].start_90k, 7000000 + 7 * FRAME);
    assert_int_equal(seen.samples[0], 113);
}

static void test_goes_on_behind_a_hole(void **state)
{
    (void)state;
    make_going_on(7000000, 7000000);
    run_going_on(90); /* a second is missing, and the first picture is none to begin with */
    finish();
    assert_int_equal(seen.segments[0][0].sequence, 1);
    assert_true(seen.segments[0][0].independent);
    assert_true(seen.segments[0][0].discontinuity);
    assert_int_equal(seen.segments[0][0].start_90k, 7000000 + 37 * FRAME);
    assert_int_equal(seen.samples[0], 83);
}

/* A third of a second behind the first half: no part within a segment may be so short. */
static void test_leaves_a_splinter(void **state)
{
    (void)state;
    make_going_on(7000000 + 7 * FRAME - 1, 7000000 + 7 * FRAME - 1);
    for (uint64_t i = 67; i < 67 + 25; i++)
        video(6995000 - 60 * FRAME + i * FRAME, i == 67);
    assert_int_equal(packager_drop_splinters(p), 0);
    assert_int_equal(packager_end(p), 0);
    packager_free(&p);
    assert_int_equal(seen.count[0], 1);
    assert_int_equal(seen.samples[0], 15);
    assert_int_equal(seen.segments[0][0].duration_90k, 15 * FRAME);
}

/* What a segment begins with stays: it is independent. */
static void test_keeps_a_beginning(void **state)
{
    (void)state;
    make_going_on(7000000 + 7 * FRAME - 1, 7000000 + 7 * FRAME - 1);
    for (uint64_t i = 67; i < 67 + 5; i++)
        video(6995000 - 60 * FRAME + i * FRAME, i == 67);
    assert_int_equal(packager_drop_splinters(p), 0);
    finish();
    assert_int_equal(seen.samples[0], 5);
}

static void on_any_segment(void *ctx, const struct packager_segment *s, int fd)
{
    (void)ctx;
    seen.samples[s->track] += s->samples;
    if (fd >= 0)
        close(fd);
}

/* Fourteen hours later a sound joins: by 33 bits that is before the place, and it is not. */
static void test_sound_is_added_hours_later(void **state)
{
    static const struct packager_track both[] = {{.codec = CODEC_H264}, {.codec = CODEC_AAC}};
    const uint64_t step = 90000, hours = 14 * 3600;

    (void)state;
    make_with(both, 1, 7000000, 0, on_any_segment);
    for (uint64_t i = 0; i < hours; i++)
        video(6995000 + i * step, i % 2 == 0);
    assert_int_equal(packager_turn(p, both, 2), 0);
    for (uint64_t i = hours; i < hours + 10; i++) {
        video(6995000 + i * step, i % 2 == 0);
        for (uint64_t k = 0; k < 47; k++)
            audio(6995000 + i * step + k * AUDIO_STEP);
    }
    finish();
    assert_int_equal(seen.samples[0], hours + 10);
    assert_int_equal(seen.samples[1], 470);
}

/* H.265 table 7-1: CRA, which two RASL pictures follow, then TRAIL. */
static void hevc(uint64_t raw, unsigned place)
{
    uint8_t slice[40] = {place == 0 ? 21 << 1 : place < 3 ? 8 << 1 : 1 << 1, 1, 0xa0, 0x88};
    struct nal nals[8];
    size_t n = place == 0 ? record_hvcc(HEVC_MAIN_RECORD, nals) : 0;
    struct packager_unit u = {.raw_pts = raw,
                              .raw_dts = raw,
                              .nals = nals,
                              .data = slice,
                              .len = sizeof(slice),
                              .wall_us = (int64_t)raw * 100 / 9};

    nals[n++] = (struct nal){.data = slice, .len = sizeof(slice)};
    u.nal_count = n;
    assert_int_equal(packager_take(p, &u), 0);
}

static uint64_t hevc_samples(uint64_t first)
{
    static const struct packager_track one[] = {{.codec = CODEC_HEVC}};

    make_with(one, 1, 7000000, 0, on_segment);
    for (uint64_t i = first; i < 180; i++)
        hevc(7000000 - 5000 - 60 * FRAME + i * FRAME, (unsigned)(i + 23) % 30);
    finish();
    return seen.samples[0];
}

/* Pictures that lean on what came before a CRA: of no use behind a hole, whole without one. */
static void test_leaves_out_what_leans_over_a_hole(void **state)
{
    (void)state;
    assert_int_equal(hevc_samples(7), 120);
    assert_false(seen.segments[0][0].discontinuity);
    assert_int_equal(hevc_samples(90), 83 - 2);
    assert_true(seen.segments[0][0].discontinuity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_between_keyframes),
        cmocka_unit_test(test_goes_on_at_a_keyframe),
        cmocka_unit_test(test_goes_on_behind_a_hole),
        cmocka_unit_test(test_leaves_a_splinter),
        cmocka_unit_test(test_keeps_a_beginning),
        cmocka_unit_test(test_sound_is_added_hours_later),
        cmocka_unit_test(test_leaves_out_what_leans_over_a_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
