/* Dates that keep up with the wall clock when an encoder's clock is off. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/drift.h"
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

#include <stdlib.h>

enum { SECOND = 1000000 };

static uint32_t random_state = 1;

/* In [0, below). */
static int64_t noise(int64_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (int64_t)(random_state >> 8) % below;
}

/* `count` segments of 2 s by a clock that is off by ppm; each is up to noise_us late, and as if
 * seen by a machine that stood still every 50 of them. Returns how late the dates are at the end,
 * beyond what they were in the beginning. */
static int64_t run(struct drift *d, int64_t ppm, int64_t count, int64_t noise_us)
{
    int64_t slewed_us = 0, biggest_us = 0;

    for (int64_t i = 1; i <= count; i++) {
        int64_t late_us = 60000 + i * 2 * ppm - slewed_us + noise(noise_us + 1);
        int64_t step_us = drift_take(d, 7, 2 * SECOND, late_us + (i % 50 == 0 ? SECOND : 0));

        biggest_us = llabs(step_us) > biggest_us ? llabs(step_us) : biggest_us;
        slewed_us += step_us;
    }
    assert_true(biggest_us <= 1000);
    return count * 2 * ppm - slewed_us;
}

/* 43 minutes, a day and a half, three days. */
static void test_clocks_of_any_speed(void **state)
{
    (void)state;
    for (int64_t ppm = -100; ppm <= 100; ppm += 20)
        for (int64_t count = 1300; count < 130000; count *= 10) {
            struct drift d = {0};
            assert_true(llabs(run(&d, ppm, count, 3000)) < 15000);
        }
}

static void test_a_good_clock_with_noise(void **state)
{
    struct drift d = {0};

    (void)state;
    assert_int_equal(run(&d, 0, 10000, 4000), 0);
}

static void test_an_hour_is_not_jumped(void **state)
{
    struct drift d = {0};
    int64_t sum_us = 0;

    (void)state;
    run(&d, 0, 100, 0);
    for (int i = 0; i < 1800; i++)
        sum_us += drift_take(&d, 7, 2 * SECOND, INT64_C(3600) * SECOND);
    assert_in_range(sum_us, 440000, 460000); /* one part in 8000 of an hour */
}

static void test_a_break_begins_anew(void **state)
{
    struct drift d = {0};

    (void)state;
    run(&d, 0, 100, 0);
    for (int i = 0; i < 200; i++)
        assert_int_equal(drift_take(&d, 8, 2 * SECOND, 90 * SECOND), 0);
}

/* A room's lists: dates follow in steps of a millisecond and are the same in both. */
static void test_dates_of_a_room(void **state)
{
    struct stage *s = *state;
    struct listing *video = calloc(2, sizeof(*video)), *audio = video + 1;

    assert_non_null(video);
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 4, 0);
    stage_listing(s, "video", video);
    double late_s = (double)s->wall_us / 1e6 - video->list[3].date_s;
    for (uint64_t i = 4; i < 2000; i++) {
        stage_run(s, 1, 2, i, i + 1, 0);
        s->wall_us += 200; /* 100 ppm: the media's two seconds last longer */
    }
    stage_listing(s, "video", video);
    stage_listing(s, "audio", audio);
    const struct listed *last = &video->list[video->count - 1];
    assert_true((double)s->wall_us / 1e6 - last->date_s - late_s < 0.02); /* 0.4 without */
    for (size_t i = 0; i < video->count; i++)
        assert_true(video->list[i].date_s == audio->list[i].date_s);
    for (size_t i = 1; i < video->count; i++) {
        double step_s = video->list[i].date_s - video->list[i - 1].date_s - 2;
        assert_true(step_s > -0.0015 && step_s < 0.0015);
    }
    assert_int_equal(video->first_sequence, last->sequence);
    free(video);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks_of_any_speed),
        cmocka_unit_test(test_a_good_clock_with_noise),
        cmocka_unit_test(test_an_hour_is_not_jumped),
        cmocka_unit_test(test_a_break_begins_anew),
        cmocka_unit_test_setup_teardown(test_dates_of_a_room, stage_set, stage_strike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
