/* The packager: aligned segments from tracks that start late, stop, jump or change. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/package/packager_stage.h"

static void make(size_t tracks)
{
    static const struct packager_track both[] = {{.codec = CODEC_H264}, {.codec = CODEC_AAC}};
    struct packager_out out = {.track = on_track, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .start_90k = 900000};

    memset(&seen, 0, sizeof(seen));
    record = H264_BASE_RECORD;
    assert_int_equal(packager_new(&p, &o, both, tracks, &out), 0);
}

/* A feed beside another one, whose segment 0 begins with the picture of that raw PTS. */
static void make_beside(uint64_t raw_pts)
{
    static const struct packager_track one[] = {{.codec = CODEC_H264}};
    struct packager_out out = {.track = on_track, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .target_duration_s = 2,
                                 .start_90k = 7000000,
                                 .joins = true,
                                 .raw_90k = raw_pts & 0x1ffffffff};

    memset(&seen, 0, sizeof(seen));
    record = H264_BASE_RECORD;
    assert_int_equal(packager_new(&p, &o, one, 1, &out), 0);
}

/* Interleaves video (30 fps, an IDR every `gop` frames) and audio between two times. */
struct span {
    int64_t from, to; /* 90 kHz, of both */
    int64_t audio_from, audio_to;
    int64_t gop;
    int64_t shift; /* added to what is sent */
};

static void play(const struct span *s)
{
    int64_t a = s->audio_from;

    for (int64_t v = s->from; v < s->to; v += FRAME) {
        video((uint64_t)(v + s->shift), (v / FRAME) % s->gop == 0);
        for (; a < s->audio_to && a < v + FRAME; a += AUDIO_STEP)
            audio((uint64_t)(a + s->shift));
    }
}

/* What every viewer relies on: numbers and times go on, tracks agree. */
static void check_lists(void)
{
    uint32_t target = seen.segments[0][0].target_duration_s;

    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < seen.count[t]; i++) {
            const struct packager_segment *s = &seen.segments[t][i], *before = s - 1;

            assert_true(s->duration_90k > 0);
            assert_in_range((s->duration_90k + 45000) / 90000, 0, target);
            assert_int_equal(s->target_duration_s, target);
            if (i == 0)
                continue;
            assert_int_equal(s->sequence, before->sequence + 1);
            if (!s->gap && !before->gap)
                assert_int_equal(s->start_90k, before->start_90k + before->duration_90k);
            if (!s->discontinuity)
                assert_in_range(s->capture_wall_us - before->capture_wall_us, 0, 11000000);
        }
}

static void test_both_tracks(void **state)
{
    struct span s = {.to = 900000, .audio_to = 900000, .gop = 60, .shift = 12345};

    (void)state;
    make(2);
    play(&s);
    finish();
    check_lists();
    assert_int_equal(seen.count[0], 5);
    assert_int_equal(seen.count[1], 5);
    assert_int_equal(seen.samples[0], 300);
    assert_int_equal(seen.samples[1], (900000 + AUDIO_STEP - 1) / AUDIO_STEP);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(seen.segments[0][i].start_90k, 900000 + (int64_t)i * 180000);
        assert_int_equal(seen.segments[0][i].duration_90k, 180000);
        assert_true(seen.segments[0][i].independent);
        assert_int_equal(seen.segments[0][i].sequence, seen.segments[1][i].sequence);
        /* audio is cut at its first frame that is heard with or after the first picture */
        if (i > 0)
            assert_in_range(seen.segments[1][i].start_90k - seen.segments[0][i].present_90k, 0,
                            AUDIO_STEP);
        assert_false(seen.segments[0][i].discontinuity);
    }
    assert_int_equal(seen.inits[0], 1);
}

static void test_audio_late(void **state)
{
    struct span s = {.to = 900000, .audio_from = 270000, .audio_to = 900000, .gop = 60};

    (void)state;
    make(2);
    play(&s);
    finish();
    check_lists();
    assert_int_equal(seen.count[0], 5);
    assert_int_equal(seen.segments[1][0].sequence, 1);
    assert_int_equal(seen.segments[1][0].start_90k, 900000 + 270000);
    assert_int_equal(seen.samples[1], (630000 + AUDIO_STEP - 1) / AUDIO_STEP);
}

static void test_audio_stops_and_comes_back(void **state)
{
    struct span s = {.to = 900000, .audio_to = 300000, .gop = 60};
    struct span later = {
        .from = 900000, .to = 1620000, .audio_from = 900000, .audio_to = 1620000, .gop = 60};
    size_t gaps = 0;

    (void)state;
    make(2);
    play(&s);
    play(&later);
    finish();
    check_lists();
    for (size_t i = 0; i < seen.count[1]; i++)
        gaps += seen.segments[1][i].gap;
    assert_in_range(gaps, 2, 3);
    assert_int_equal(seen.segments[1][seen.count[1] - 1].sequence,
                     seen.segments[0][seen.count[0] - 1].sequence);
    assert_int_equal(seen.samples[1], 157 + 375);
}

static void test_announced_video_never_comes(void **state)
{
    (void)state;
    make(2);
    for (int64_t a = 0; a < 900000; a += AUDIO_STEP)
        audio((uint64_t)a);
    finish();
    assert_int_equal(seen.count[0], 0);
    assert_int_equal(seen.samples[1], 469);
    assert_int_equal(seen.segments[1][0].start_90k, 900000);
    assert_int_equal(seen.segments[1][0].target_duration_s, 2);
}

static void test_audio_before_the_first_picture(void **state)
{
    (void)state;
    make(2);
    for (int64_t a = 0; a < 180000; a += AUDIO_STEP)
        audio((uint64_t)a);
    for (int64_t v = 90000; v < 450000; v += FRAME) {
        video((uint64_t)v, v % 180000 == 0); /* joined in the middle of a GOP */
    }
    finish();
    /* the picture at 180000 is shown at 186000: a fifth of a second of sound before it is kept */
    assert_int_equal(seen.samples[1], (180000 - 168960 + AUDIO_STEP - 1) / AUDIO_STEP);
    assert_int_equal(seen.segments[0][0].start_90k, 900000);
    assert_int_equal(seen.samples[0], 90);
}

static void test_clock_jumps(void **state)
{
    static const int64_t shifts[] = {900000, -800000, INT64_C(9720000000)};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct span s = {.to = 450000, .audio_to = 450000, .gop = 60, .shift = 900000};
        struct span after = {.from = 450000,
                             .to = 900000,
                             .audio_from = 451200,
                             .audio_to = 900000,
                             .gop = 60,
                             .shift = 900000 + shifts[k]};
        size_t marks = 0;

        make(2);
        play(&s);
        play(&after);
        finish();
        check_lists();
        for (size_t i = 0; i < seen.count[0]; i++)
            marks += seen.segments[0][i].discontinuity;
        assert_int_equal(marks, 1);
        assert_int_equal(seen.samples[0], 300);
        assert_int_equal(seen.segments[0][4].start_90k + seen.segments[0][4].duration_90k, 1800000);
    }
}

static void test_parameters_change(void **state)
{
    struct span s = {.to = 360000, .audio_to = 360000, .gop = 60};
    struct span after = {
        .from = 360000, .to = 900000, .audio_from = 360960, .audio_to = 900000, .gop = 60};

    (void)state;
    make(2);
    play(&s);
    record = H264_SAR_RECORD;
    play(&after);
    finish();
    check_lists();
    assert_int_equal(seen.inits[0], 2);
    assert_int_equal(seen.inits[1], 1);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(seen.segments[0][i].discontinuity, i == 2);
        assert_int_equal(seen.segments[1][i].discontinuity, i == 2);
        assert_int_equal(seen.segments[0][i].init_id, i < 2 ? 1 : 2);
    }
}

/* A second clock far from the first track's must neither crash nor pull the tracks apart. */
static void test_audio_of_another_clock(void **state)
{
    static const int64_t shifts[] = {-20 * 90000, -5 * 90000, INT64_C(3600) * 90000};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        make(2);
        for (int64_t v = 0; v < 900000; v += FRAME) {
            video((uint64_t)(v + 9000000), (v / FRAME) % 60 == 0);
            audio((uint64_t)(v / FRAME * AUDIO_STEP + 9000000 + shifts[k]));
        }
        finish();
        check_lists();
        assert_int_equal(seen.samples[0], 300);
        assert_int_equal(seen.samples[1], 300);
        assert_in_range(seen.segments[1][0].start_90k, 900000, 900000 + 2 * FRAME);
    }
}

/* A camera dies, its microphone does not; later it comes back. */
static void test_video_stops_and_comes_back(void **state)
{
    struct span s = {.to = 360000, .audio_to = 360000, .gop = 60};
    struct span after = {
        .from = 3960000, .to = 4320000, .audio_from = 3960000, .audio_to = 4320000, .gop = 60};
    size_t gaps = 0, audio_segments;

    (void)state;
    make(2);
    play(&s);
    for (int64_t a = 361000; a < 3960000; a += AUDIO_STEP)
        audio((uint64_t)a);
    audio_segments = seen.count[1];
    assert_in_range(audio_segments, 17, 22); /* listeners went on meanwhile */
    play(&after);
    finish();
    for (size_t i = 0; i < seen.count[0]; i++)
        gaps += seen.segments[0][i].gap;
    assert_in_range(gaps, 15, 21);
    assert_int_equal(seen.samples[0], 240);
    assert_int_equal(seen.samples[1], 188 + 1875 + 188);
    assert_int_equal(seen.segments[0][seen.count[0] - 1].sequence,
                     seen.segments[1][seen.count[1] - 1].sequence);
}

/* Sound that is missing for a moment does not stretch the frame before the hole over a cut. */
static void test_hole_over_a_cut(void **state)
{
    struct span s = {.to = 450000, .audio_to = 110000, .gop = 60};
    struct span rest = {
        .from = 450000, .to = 900000, .audio_from = 450000, .audio_to = 900000, .gop = 60};
    int64_t a = 250000;

    (void)state;
    make(2);
    s.to = 249000;
    play(&s);
    for (int64_t v = 249000; v < 450000; v += FRAME) {
        video((uint64_t)v, (v / FRAME) % 60 == 0);
        for (; a < v + FRAME; a += AUDIO_STEP)
            audio((uint64_t)a);
    }
    play(&rest);
    finish();
    for (size_t i = 0; i < seen.count[1]; i++)
        assert_in_range(seen.segments[1][i].duration_90k, 1, 2 * 90000 + 44999);
    assert_int_equal(seen.count[1], seen.count[0]);
}

static void test_stuck_audio_clock(void **state)
{
    struct span s = {.to = 180000, .audio_to = 180000, .gop = 60};

    (void)state;
    make(2);
    play(&s);
    for (int64_t v = 180000; v < 540000; v += FRAME) {
        video((uint64_t)v, (v / FRAME) % 60 == 0);
        audio(181000);
    }
    finish();
    assert_int_equal(seen.samples[0], 180);
}

static void test_no_keyframes(void **state)
{
    struct span s = {.to = 2700000, .audio_to = 2700000, .gop = 100000};

    (void)state;
    make(2);
    play(&s);
    finish();
    check_lists();
    assert_true(seen.count[0] >= 3);
    assert_false(seen.segments[0][1].independent);
    assert_int_equal(seen.samples[0], 900);
}

/* A GOP of a second, so every second IDR begins a segment: which one, the other feed says. */
static void test_joins_another_feed(void **state)
{
    const int64_t shift = INT64_C(0x1ffffffff) - 200000; /* the clock wraps on the way */
    struct span s = {.from = 33000, .to = 900000, .gop = 30, .shift = shift};

    (void)state;
    make_beside((uint64_t)(270000 + 2 * FRAME + shift));
    play(&s);
    finish();
    assert_int_equal(seen.count[0], 4);
    assert_int_equal(seen.segments[0][0].sequence, 0);
    assert_int_equal(seen.segments[0][0].present_90k, 7000000);
    assert_int_equal(seen.segments[0][0].start_90k, 7000000 - 2 * FRAME);
    assert_int_equal(seen.segments[0][1].present_90k, 7180000);
    /* raw time and this make the room's, as they would for the other feed */
    assert_int_equal((7000000 - (270000 + 2 * FRAME + shift)) & 0x1ffffffff,
                     seen.segments[0][0].clock_90k);
}

/* It came while a segment of the other feed was on: it starts with the next, and counts it. */
static void test_joins_in_the_middle(void **state)
{
    struct span s = {.from = 33000, .to = 900000, .gop = 30};

    (void)state;
    make_beside(0 + 2 * FRAME);
    play(&s);
    finish();
    assert_int_equal(seen.segments[0][0].sequence, 1);
    assert_int_equal(seen.segments[0][0].present_90k, 7180000);
}

/* Too late to know which IDR begins a segment, or another clock altogether: nothing comes out. */
static void test_joins_nothing(void **state)
{
    struct span late = {.from = 180000, .to = 540000, .gop = 30};
    struct span apart = {.from = 90000 * 100, .to = 90000 * 101, .gop = 30};

    (void)state;
    make_beside(0);
    play(&late);
    assert_false(packager_is_apart(p));
    finish();
    assert_int_equal(seen.count[0], 0);
    make_beside(0);
    play(&apart);
    assert_true(packager_is_apart(p));
    finish();
    assert_int_equal(seen.count[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joins_another_feed),
        cmocka_unit_test(test_joins_in_the_middle),
        cmocka_unit_test(test_joins_nothing),
        cmocka_unit_test(test_both_tracks),
        cmocka_unit_test(test_audio_late),
        cmocka_unit_test(test_audio_stops_and_comes_back),
        cmocka_unit_test(test_announced_video_never_comes),
        cmocka_unit_test(test_audio_before_the_first_picture),
        cmocka_unit_test(test_clock_jumps),
        cmocka_unit_test(test_parameters_change),
        cmocka_unit_test(test_audio_of_another_clock),
        cmocka_unit_test(test_video_stops_and_comes_back),
        cmocka_unit_test(test_hole_over_a_cut),
        cmocka_unit_test(test_stuck_audio_clock),
        cmocka_unit_test(test_no_keyframes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
