/* What a feed may announce in a second, and what ends it. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Eight tracks that catch up with ten seconds at once, each behind a break. */
static void test_catching_up(void **state)
{
    struct feed_pace p = {0};
    (void)state;
    for (uint32_t track = 0; track < LINK_TRACKS_MAX; track++) {
        for (int i = 0; i < 20; i++)
            assert_null(feed_pace_news(&p, track, i == 0));
        for (int i = 0; i < 30; i++)
            assert_null(feed_pace_news(&p, track, false));
        assert_null(feed_pace_change(&p));
    }
}

static void test_jumping(void **state)
{
    struct feed_pace p = {0};
    (void)state;
    for (int second = 0; second < 5; second++) {
        for (int i = 0; i < FEED_PACE_CHANGES; i++)
            assert_null(feed_pace_news(&p, 0, true));
        assert_null(feed_pace_news(&p, 1, true)); /* each track has its own */
        feed_pace_second(&p);
    }
    for (int i = 0; i < FEED_PACE_CHANGES; i++)
        assert_null(feed_pace_news(&p, 3, true));
    assert_string_equal(feed_pace_news(&p, 3, true), "its clock jumps all the time");
}

static void test_too_fast(void **state)
{
    struct feed_pace p = {0};
    (void)state;
    for (int i = 0; i < FEED_PACE_NEWS; i++)
        assert_null(feed_pace_news(&p, (uint32_t)i % LINK_TRACK_SLOTS, false));
    assert_string_equal(feed_pace_news(&p, 0, false), "its clock runs far too fast");
}

static void test_tables(void **state)
{
    struct feed_pace p = {0};
    (void)state;
    for (int i = 0; i < FEED_PACE_CHANGES; i++)
        assert_null(feed_pace_change(&p));
    assert_non_null(feed_pace_change(&p));
    feed_pace_second(&p);
    assert_null(feed_pace_change(&p));
}

/* Those of a clock that runs too fast are left out, in each second anew. */
static void test_marks(void **state)
{
    struct feed_pace p = {0};
    (void)state;
    for (int second = 0; second < 3; second++) {
        for (int i = 0; i < FEED_PACE_MARKS; i++)
            assert_true(feed_pace_mark(&p));
        for (int i = 0; i < 1000; i++)
            assert_false(feed_pace_mark(&p));
        feed_pace_second(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catching_up), cmocka_unit_test(test_jumping),
        cmocka_unit_test(test_too_fast),    cmocka_unit_test(test_tables),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
