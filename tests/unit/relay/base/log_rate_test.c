/* Ten lines of a kind in any second, whatever else is logged. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct log_rate rate = LOG_RATE_INIT;
static uint32_t suppressed;

static int fresh(void **state)
{
    (void)state;
    memset(rate.slot, 0, sizeof rate.slot);
    suppressed = 0;
    return 0;
}

static unsigned allowed(uint64_t kind, int64_t from_us, int64_t step_us, unsigned n)
{
    unsigned yes = 0;
    for (unsigned i = 0; i < n; i++)
        yes += log_rate_allow(&rate, kind, from_us + step_us * i, &suppressed);
    return yes;
}

static void test_kind(void **state)
{
    (void)state;
    uint64_t a = log_rate_kind("room/a", "open peer=%s");
    assert_true(a == log_rate_kind("room/a", "open peer=%s role=%s"));
    assert_true(a == log_rate_kind("room/a", "open"));
    assert_true(a != log_rate_kind("room/b", "open peer=%s"));
    assert_true(a != log_rate_kind("room/a", "opened"));
    assert_true(log_rate_kind("ab", "c") != log_rate_kind("a", "bc"));
}

static void test_ten_in_any_second(void **state)
{
    (void)state;
    assert_int_equal(allowed(7, 1, 1, 500), 10);
    /* The window slides: still the same second, counted from the first line. */
    assert_int_equal(allowed(7, 1000000, 0, 1), 0);
    assert_true(log_rate_allow(&rate, 7, 1000001, &suppressed));
    assert_int_equal(suppressed, 491);
    assert_true(log_rate_allow(&rate, 7, 1000002, &suppressed));
    assert_int_equal(suppressed, 0);
    /* Steady and slow enough: nothing is held back. */
    assert_int_equal(allowed(8, 1, 100000, 1000), 1000);
    /* Steady and twice too fast: half of it, never more than ten in a second. */
    assert_int_equal(allowed(9, 1, 50000, 2000), 1000);
}

static void test_kinds_do_not_share(void **state)
{
    (void)state;
    for (uint64_t kind = 1; kind <= 100; kind++)
        assert_int_equal(allowed(kind, 1, 1, 20), 10);
}

/* More kinds than slots: a flood of strangers must not free a noisy kind from its limit. */
static void test_full_table(void **state)
{
    (void)state;
    char ctx[32];
    uint64_t noisy = log_rate_kind("room/noisy", "lost");
    unsigned yes = 0;
    for (int i = 0; i < 10 * LOG_RATE_SLOTS; i++) {
        snprintf(ctx, sizeof ctx, "room/%d", i);
        yes += log_rate_allow(&rate, noisy, 1 + 2 * i, &suppressed);
        assert_true(log_rate_allow(&rate, log_rate_kind(ctx, "lost"), 2 + 2 * i, &suppressed));
    }
    assert_int_equal(yes, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind),
        cmocka_unit_test_setup(test_ten_in_any_second, fresh),
        cmocka_unit_test_setup(test_kinds_do_not_share, fresh),
        cmocka_unit_test_setup(test_full_table, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
