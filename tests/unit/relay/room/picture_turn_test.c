/* Turns and their budget, by a made-up clock: nobody starves, and no more is spent than allowed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/picture_turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROOMS = 50, SECOND = 1000000, INTERVAL = 5 * SECOND };

/* Two minutes of ROOMS rooms whose pictures cost cost_us each, and the first one's first_us; what
 * was spent. */
static int64_t play(struct picture_turn *rooms, unsigned *turns, int64_t first_us, int64_t cost_us)
{
    struct picture_budget b = {0};
    int64_t spent_us = 0;

    for (int64_t now_us = SECOND; now_us < 121 * (int64_t)SECOND; now_us += 10000) {
        struct picture_turn *next = NULL;

        picture_budget_fill(&b, 5, now_us);
        for (size_t i = 0; i < ROOMS && picture_budget_has(&b); i++)
            if (picture_turn_is_due(&rooms[i], now_us) &&
                (!next || picture_turn_is_first(&rooms[i], next)))
                next = &rooms[i];
        if (!next)
            continue;
        picture_turn_begin(next, INTERVAL, now_us);
        int64_t us = next == rooms ? first_us : cost_us;

        picture_turn_made(next);
        picture_turn_charge(next, (uint64_t)us, 5);
        picture_budget_spend(&b, (uint64_t)us);
        spent_us += us;
        turns[next - rooms]++;
    }
    return spent_us;
}

static void test_all_get_older_alike(void **state)
{
    struct picture_turn rooms[ROOMS] = {0};
    unsigned turns[ROOMS] = {0};
    int64_t spent_us = play(rooms, turns, 24000, 24000);

    (void)state;
    /* 5 % of two minutes, and what may have gathered before and be overdrawn after */
    assert_in_range(spent_us, 5900000, 6000000 + 50000 + 24000);
    for (size_t i = 0; i < ROOMS; i++)
        assert_in_range(turns[i], 5, 6); /* 252 turns among 50 */
}

static void test_never_more_than_the_interval(void **state)
{
    struct picture_turn rooms[ROOMS] = {0};
    unsigned turns[ROOMS] = {0};
    int64_t spent_us = play(rooms, turns, 1000, 1000);

    (void)state;
    assert_in_range(spent_us, 1, 2 * SECOND);
    for (size_t i = 0; i < ROOMS; i++)
        assert_in_range(turns[i], 23, 24);
}

/* A stranger's keyframe of half a second of CPU: it would take all of the budget. */
static void test_a_dear_room_pays_itself(void **state)
{
    struct picture_turn rooms[ROOMS] = {0};
    unsigned turns[ROOMS] = {0};

    (void)state;
    (void)play(rooms, turns, 500000, 3000);
    assert_in_range(turns[0], 1, 4); /* 1.25 % of two minutes are 1.5 s */
    for (size_t i = 1; i < ROOMS; i++)
        assert_in_range(turns[i], 16, 24);
}

static void test_budget(void **state)
{
    struct picture_budget b = {0};

    (void)state;
    picture_budget_fill(&b, 5, SECOND);
    assert_true(picture_budget_has(&b)); /* a start need not be waited for */
    picture_budget_fill(&b, 5, 3600 * (int64_t)SECOND);
    picture_budget_spend(&b, 50000); /* an hour of rest gathers no more than a second's */
    assert_false(picture_budget_has(&b));
    picture_budget_spend(&b, 50000);
    picture_budget_fill(&b, 5, 3601 * (int64_t)SECOND); /* paid back, and nothing over */
    assert_false(picture_budget_has(&b));
    picture_budget_fill(&b, 5, 3601 * (int64_t)SECOND + 1);
    assert_true(picture_budget_has(&b));
    picture_budget_fill(&b, 5, SECOND); /* a clock that goes back gives nothing and takes nothing */
    assert_true(picture_budget_has(&b));
}

static void test_failures_wait_longer(void **state)
{
    struct picture_turn t = {0};
    int64_t now_us = SECOND, waits[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        picture_turn_begin(&t, INTERVAL, now_us);
        picture_turn_failed(&t, INTERVAL);
        waits[i] = t.not_before_us - now_us;
        now_us = t.not_before_us;
    }
    assert_int_equal(2 * INTERVAL, waits[0]);
    assert_int_equal(4 * INTERVAL, waits[1]);
    assert_int_equal(32 * (int64_t)INTERVAL, waits[7]);
    picture_turn_begin(&t, INTERVAL, now_us);
    picture_turn_made(&t);
    assert_true(picture_turn_is_due(&t, now_us + INTERVAL));
    picture_turn_begin(&t, INTERVAL, now_us);
    picture_turn_failed(&t, INTERVAL);
    assert_int_equal(now_us + 2 * INTERVAL, t.not_before_us);
}

static void test_deaths(void **state)
{
    struct picture_turn t = {0};
    int64_t now_us = SECOND;

    (void)state;
    for (int i = 1; i < PICTURE_DEATHS; i++)
        assert_false(picture_turn_died(&t, now_us));
    picture_turn_made(&t); /* only in a row they count */
    for (int i = 1; i < PICTURE_DEATHS; i++)
        assert_false(picture_turn_died(&t, now_us));
    assert_true(picture_turn_died(&t, now_us));
    assert_true(t.out);
    assert_false(picture_turn_is_due(&t, now_us + PICTURE_OUT_US - 1));
    assert_true(picture_turn_is_due(&t, now_us + PICTURE_OUT_US));
    picture_turn_begin(&t, INTERVAL, now_us + PICTURE_OUT_US);
    assert_false(t.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_get_older_alike),
        cmocka_unit_test(test_never_more_than_the_interval),
        cmocka_unit_test(test_a_dear_room_pays_itself),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_failures_wait_longer),
        cmocka_unit_test(test_deaths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
