/* Who is called stuck, and who only seems to be. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/vigil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t start_us = 5000000;

static void test_beating(void **state)
{
    struct vigil v = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(vigil_look(&v, (uint64_t)i, true, start_us + i * VIGIL_LOOK_US), 0);
}

static void test_still(void **state)
{
    struct vigil v = {0};
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(vigil_look(&v, 7, true, start_us + i * VIGIL_LOOK_US), i * VIGIL_LOOK_US);
    assert_int_equal(vigil_look(&v, 8, true, start_us + 10 * VIGIL_LOOK_US), 0);
}

/* The watcher was stopped, or the machine was: what it slept through counts for nothing. */
static void test_late_look(void **state)
{
    struct vigil v = {0};
    (void)state;
    for (int i = 0; i < 4; i++)
        vigil_look(&v, 7, true, start_us + i * VIGIL_LOOK_US);
    assert_int_equal(v.still_us, 3 * VIGIL_LOOK_US);
    assert_int_equal(vigil_look(&v, 7, true, start_us + 60000000), 0);
    assert_int_equal(vigil_look(&v, 7, true, start_us + 60000000 + VIGIL_LOOK_US), VIGIL_LOOK_US);
}

/* Who sleeps because there is nothing to do is not stuck; the count begins with the work. */
static void test_idle(void **state)
{
    struct vigil v = {0};
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(vigil_look(&v, 7, false, start_us + i * VIGIL_LOOK_US), 0);
    assert_int_equal(vigil_look(&v, 7, true, start_us + 10 * VIGIL_LOOK_US), 0);
    assert_int_equal(vigil_look(&v, 7, true, start_us + 11 * VIGIL_LOOK_US), VIGIL_LOOK_US);
    /* it did it, and has something else to do at this very look */
    assert_int_equal(vigil_look(&v, 8, true, start_us + 12 * VIGIL_LOOK_US), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beating),
        cmocka_unit_test(test_still),
        cmocka_unit_test(test_late_look),
        cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
