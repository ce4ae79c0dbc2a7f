/* When a dead child is started again. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/revival.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MS = 1000, S = 1000000 };

/* kill -9 a hundred times at random moments: each time back within a second. */
static void test_killed(void **state)
{
    struct revival r = {0};
    (void)state;
    for (int i = 0; i < 100; i++) {
        int64_t lived_us = (i * 37 % 50) * 100 * MS;
        int64_t delay_us = revival_delay_us(&r, true, REVIVAL_KILLED, lived_us);
        assert_true(delay_us <= (lived_us < S ? 500 * MS : 0));
    }
    assert_false(revival_is_hopeless(&r));
}

static void test_crash_loop(void **state)
{
    struct revival r = {0};
    int64_t last_us = 0;
    (void)state;
    for (int i = 0; i < 40; i++) {
        int64_t delay_us = revival_delay_us(&r, true, REVIVAL_CRASHED, 2 * S);
        assert_true(delay_us >= last_us && delay_us >= 100 * MS && delay_us <= 5 * S);
        last_us = delay_us;
    }
    assert_int_equal(last_us, 5 * S);
    assert_int_equal(r.crashes, 40);
    assert_false(revival_is_hopeless(&r)); /* it did come up */
    assert_int_equal(revival_delay_us(&r, true, REVIVAL_CRASHED, 11 * S), 0);
    assert_int_equal(revival_delay_us(&r, true, REVIVAL_CRASHED, 2 * S), 100 * MS);
}

static void test_never_up(void **state)
{
    static const int64_t delays_ms[REVIVAL_TRIES] = {250, 500, 1000, 2000, 4000};
    struct revival r = {0};
    (void)state;
    for (int i = 0; i < REVIVAL_TRIES; i++) {
        assert_false(revival_is_hopeless(&r));
        assert_int_equal(revival_delay_us(&r, false, REVIVAL_CRASHED, 10 * MS), delays_ms[i] * MS);
    }
    assert_true(revival_is_hopeless(&r));
}

/* Once it was up, trouble at a start is the machine's, and may pass. */
static void test_no_more_up(void **state)
{
    struct revival r = {0};
    (void)state;
    revival_delay_us(&r, true, REVIVAL_KILLED, 60 * S);
    for (int i = 0; i < 30; i++) {
        assert_true(revival_delay_us(&r, false, REVIVAL_CRASHED, 10 * MS) <= 8 * S);
        assert_false(revival_is_hopeless(&r));
    }
}

/* The front died and took it with it. */
static void test_taken(void **state)
{
    struct revival r = {0};
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(revival_delay_us(&r, i % 2, REVIVAL_TAKEN, 10 * MS), 0);
    assert_int_equal(r.crashes + r.starts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),   cmocka_unit_test(test_crash_loop),
        cmocka_unit_test(test_never_up), cmocka_unit_test(test_no_more_up),
        cmocka_unit_test(test_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
