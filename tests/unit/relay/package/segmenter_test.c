/* Cuts: at IDRs near the target, before TARGETDURATION is broken, and frozen once. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/segmenter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct run {
    int64_t durations[64];
    bool independent[64];
    size_t count;
};

/* Plays frames of `step` with an IDR every `gop` frames through the decisions, as packager does. */
static void play(struct segmenter *s, int64_t step, unsigned gop, unsigned frames, struct run *out)
{
    int64_t start = 0, held = 0;
    bool first_idr = true, held_idr = true;

    memset(out, 0, sizeof(*out));
    segmenter_cut(s, 0, 0, true);
    for (unsigned i = 1; i < frames; i++) {
        struct segmenter_unit u = {.dts_90k = i * step, .random_access = gop && i % gop == 0};
        enum segmenter_verdict v;

        for (int k = 0; k < 2; k++) {
            v = segmenter_next(s, &u, start, held, 1000);
            if (v == SEGMENTER_GO_ON)
                break;
            out->durations[out->count] = (v == SEGMENTER_CUT_HERE ? u.dts_90k : held) - start;
            out->independent[out->count++] = first_idr;
            segmenter_freeze(s, out->durations[out->count - 1], 0, 0, 0);
            start = v == SEGMENTER_CUT_HERE ? u.dts_90k : held;
            first_idr = v == SEGMENTER_CUT_HERE ? u.random_access : held_idr;
            segmenter_cut(s, start, 0, first_idr);
            if (v == SEGMENTER_CUT_HERE)
                break;
        }
        held = u.dts_90k;
        held_idr = u.random_access;
    }
}

static void expect_legal(const struct segmenter *s, const struct run *r)
{
    for (size_t i = 0; i < r->count; i++)
        if ((r->durations[i] + 45000) / 90000 > s->target_duration_s)
            fail_msg("segment %zu of %lld ticks breaks TARGETDURATION %u", i,
                     (long long)r->durations[i], s->target_duration_s);
}

/* A keyframe comes 1.3 s late once TARGETDURATION is frozen: one segment begins without one, and
 * the next keyframe is taken for a cut again, however soon; else the cuts would miss several more.
 */
static void test_finds_back_to_keyframes(void **state)
{
    struct segmenter s;
    int64_t start = 0, held = 0;
    unsigned astray = 0;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    segmenter_cut(&s, 0, 0, true);
    for (int64_t i = 1; i < 600; i++) {
        bool idr = i < 300 ? i % 60 == 0 : i >= 339 && (i - 339) % 60 == 0;
        struct segmenter_unit u = {.dts_90k = i * 3000, .random_access = idr};

        for (int k = 0; k < 2; k++) {
            enum segmenter_verdict v = segmenter_next(&s, &u, start, held, 1000);

            if (v == SEGMENTER_GO_ON)
                break;
            start = v == SEGMENTER_CUT_HERE ? u.dts_90k : held;
            segmenter_freeze(&s, 180000, 0, 0, 0);
            segmenter_cut(&s, start, 0, v == SEGMENTER_CUT_HERE && idr);
            astray += v != SEGMENTER_CUT_HERE || !idr;
            if (v == SEGMENTER_CUT_HERE)
                break;
        }
        held = u.dts_90k;
    }
    assert_int_equal(astray, 1);
}

static void test_usual_gops(void **state)
{
    static const struct {
        int64_t step;
        unsigned gop;
        int64_t duration;
        uint32_t target;
    } cases[] = {
        {3000, 60, 180000, 2}, {3600, 25, 180000, 2}, {3600, 50, 180000, 2},
        {3003, 60, 180180, 2}, {1500, 30, 180000, 2}, {3000, 250, 750000, 9},
        {3000, 90, 270000, 3}, {3000, 1, 162000, 2},  {3600, 250, 900000, 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct segmenter s;
        struct run r;

        segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
        play(&s, cases[i].step, cases[i].gop, 2000, &r);
        assert_true(r.count > 3);
        for (size_t k = 0; k < r.count; k++) {
            assert_int_equal(r.durations[k], cases[i].duration);
            assert_true(r.independent[k]);
        }
        assert_int_equal(s.target_duration_s, cases[i].target);
        expect_legal(&s, &r);
    }
}

static void test_no_keyframe_for_long(void **state)
{
    struct segmenter s;
    struct run r;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    play(&s, 3000, 0, 4000, &r);
    assert_int_equal(s.target_duration_s, 10);
    assert_true(r.count >= 12);
    assert_false(r.independent[1]);
    expect_legal(&s, &r);
}

static void test_frozen_room_holds(void **state)
{
    struct segmenter s;
    struct run r;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 2, 7);
    play(&s, 3000, 250, 3000, &r); /* a room of 2 s gets an encoder with an IDR every 8.33 s */
    assert_int_equal(s.target_duration_s, 2);
    expect_legal(&s, &r);
}

static void test_bytes_are_bounded(void **state)
{
    struct segmenter s;
    struct segmenter_unit u = {.dts_90k = 3000};

    (void)state;
    segmenter_init(&s, 2000, 10, 1000000, 0, 0);
    assert_int_equal(segmenter_next(&s, &u, 0, 0, 1000000), SEGMENTER_GO_ON);
    assert_int_equal(segmenter_next(&s, &u, 0, 0, 1000001), SEGMENTER_CUT_HERE);
}

static void test_encoder_says_its_gop(void **state)
{
    struct segmenter s;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    segmenter_freeze(&s, 190000, 250, 30, 1); /* a scene cut came early; keyint says 8.33 s */
    assert_int_equal(s.target_duration_s, 9);
    segmenter_freeze(&s, 900000, 0, 0, 0);
    assert_int_equal(s.target_duration_s, 9);
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    segmenter_freeze(&s, 190000, UINT32_MAX, 30, 1); /* keyint=infinite says nothing */
    assert_int_equal(s.target_duration_s, 2);
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    segmenter_freeze(&s, 190000, 600, 30, 1); /* longer than we may declare */
    assert_int_equal(s.target_duration_s, 2);
}

static void test_cuts_are_found_and_forgotten(void **state)
{
    struct segmenter s;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 100);
    assert_null(segmenter_find(&s, 100));
    for (int i = 0; i < 40; i++)
        segmenter_cut(&s, i * 1000, i, true);
    assert_int_equal(segmenter_sequence(&s), 139);
    assert_null(segmenter_find(&s, 140));
    assert_int_equal(segmenter_find(&s, 139)->present_90k, 39000);
    assert_int_equal(segmenter_find(&s, 124)->present_90k, 24000);
    assert_null(segmenter_find(&s, 123));
    assert_null(segmenter_find(&s, 99));
}

static void test_cuts_never_go_back(void **state)
{
    struct segmenter s;

    (void)state;
    segmenter_init(&s, 2000, 10, 1 << 26, 0, 0);
    segmenter_cut(&s, 90000, 1000000, true);
    segmenter_cut(&s, 45000, 500000, true); /* video takes the lead over, half a second behind */
    assert_int_equal(segmenter_find(&s, 1)->present_90k, 90001);
    assert_in_range(segmenter_find(&s, 1)->capture_wall_us, 1000000, 1000020);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_gops),
        cmocka_unit_test(test_finds_back_to_keyframes),
        cmocka_unit_test(test_no_keyframe_for_long),
        cmocka_unit_test(test_frozen_room_holds),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_encoder_says_its_gop),
        cmocka_unit_test(test_cuts_are_found_and_forgotten),
        cmocka_unit_test(test_cuts_never_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
