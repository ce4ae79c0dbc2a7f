/* Timelines: both wraps of 33 bits, jumps either way, tracks that follow, smallest repairs. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WRAP (UINT64_C(1) << 33)

static struct timeline t;

static int64_t map(size_t track, uint64_t pts, uint64_t dts, bool jump, int64_t *pts_out)
{
    int64_t p, d;

    assert_int_equal(timeline_map(&t, track, pts % WRAP, dts % WRAP, &p, &d), jump);
    if (pts_out)
        *pts_out = p;
    return d;
}

static void start(uint64_t raw, int64_t at)
{
    timeline_init(&t);
    timeline_anchor(&t, raw % WRAP, at);
}

/* 55 h of media at 25 fps in both tracks: four times around a day, two wraps, from any start. */
static void test_two_wraps(void **state)
{
    static const uint64_t starts[] = {0, WRAP - 90000 * 5, 123456789};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        uint64_t raw = starts[k];

        start(raw, 900000);
        for (int64_t i = 0; i < INT64_C(55) * 3600 * 25; i++) {
            int64_t pts, dts = map(0, raw + 7200, raw, false, &pts);

            if (dts != 900000 + i * 3600 || pts != dts + 7200)
                fail_msg("unit %lld of start %zu is at %lld", (long long)i, k, (long long)dts);
            if (i % 2 == 0 && map(1, raw + 1000, raw + 1000, false, NULL) != dts + 1000)
                fail_msg("audio left video at %lld", (long long)i);
            raw += 3600;
        }
        assert_int_equal(t.jumps, 0);
        assert_int_equal(t.repaired, 0);
    }
}

static void test_wrap_between_pts_and_dts(void **state)
{
    int64_t pts, dts;

    (void)state;
    start(WRAP - 3000, 0);
    dts = map(0, 3000, WRAP - 3000, false, &pts);
    assert_int_equal(dts, 0);
    assert_int_equal(pts, 6000);
}

static void test_jumps_go_on_without_hole(void **state)
{
    static const int64_t jumps[] = {10 * 90000, -10 * 90000, INT64_C(30) * 3600 * 90000, -90000};

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        uint64_t raw = 90000 * 100;
        int64_t last = 0;

        start(raw, 0);
        for (int i = 0; i < 50; i++, raw += 3000) {
            last = map(0, raw, raw, false, NULL);
            map(1, raw + 10, raw + 10, false, NULL);
        }
        raw += (uint64_t)jumps[k];
        assert_int_equal(map(0, raw, raw, true, NULL), last + 3000);
        /* audio's last unit of the old clock comes late, then it follows into the new one */
        assert_int_equal(map(1, raw + 10, raw + 10, false, NULL), last + 3010);
        assert_int_equal(map(0, raw + 3000, raw + 3000, false, NULL), last + 6000);
        assert_int_equal(t.jumps, 1);
    }
}

static void test_silent_track_comes_back_in_step(void **state)
{
    uint64_t raw = 1000000;

    (void)state;
    start(raw, 0);
    map(1, raw, raw, false, NULL);
    for (int i = 0; i < 25 * 20; i++, raw += 3600)
        map(0, raw, raw, false, NULL);
    assert_int_equal(map(1, raw, raw, false, NULL), 25 * 20 * 3600);
    assert_int_equal(t.jumps, 0);
}

static void test_small_steps_back_are_nudged(void **state)
{
    (void)state;
    start(0, 0);
    assert_int_equal(map(0, 6000, 3000, false, NULL), 3000);
    assert_int_equal(map(0, 6000, 3000, false, NULL), 3001);
    assert_int_equal(map(0, 6000, 2970, false, NULL), 3002);
    assert_int_equal(map(0, 6000, 6000, false, NULL), 6000);
    assert_int_equal(t.repaired, 2);
}

static void test_pts_below_dts_is_lifted(void **state)
{
    int64_t pts, dts;

    (void)state;
    start(0, 0);
    dts = map(0, 2999, 3000, false, &pts);
    assert_int_equal(pts, dts);
    assert_int_equal(t.repaired, 1);
}

static void test_pts_far_ahead_is_taken_back(void **state)
{
    int64_t pts, dts;

    (void)state;
    start(0, 0);
    dts = map(0, 3000 + 60 * 90000, 3000, false, &pts);
    assert_int_equal(pts, dts + 60 * 90000);
    dts = map(0, UINT64_C(0x80000000), 6000, false, &pts);
    assert_int_equal(pts, dts);
    assert_int_equal(t.repaired, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_wraps),
        cmocka_unit_test(test_wrap_between_pts_and_dts),
        cmocka_unit_test(test_jumps_go_on_without_hole),
        cmocka_unit_test(test_silent_track_comes_back_in_step),
        cmocka_unit_test(test_small_steps_back_are_nudged),
        cmocka_unit_test(test_pts_below_dts_is_lifted),
        cmocka_unit_test(test_pts_far_ahead_is_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
