/* When a web hook is tried again. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_judge(void **state)
{
    static const long again[] = {0, 100, 408, 425, 429, 500, 502, 503, 504, 599};
    static const long refused[] = {300, 301, 302, 304, 308, 400, 401, 403, 404, 410, 413, 422};
    (void)state;
    for (long i = 200; i < 300; i++)
        assert_int_equal(HOOK_TAKEN, hook_retry_judge(i));
    for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++)
        assert_int_equal(HOOK_AGAIN, hook_retry_judge(again[i]));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(HOOK_REFUSED, hook_retry_judge(refused[i]));
}

static void test_delays(void **state)
{
    static const int64_t whole_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        int64_t us = whole_s[i] * 1000000;
        assert_int_equal(us / 2, hook_retry_delay_us(i + 1, 0, 0));
        for (uint32_t random = 1; random; random <<= 1)
            assert_in_range(hook_retry_delay_us(i + 1, 0, random - 1), us / 2, us);
        assert_in_range(hook_retry_delay_us(i + 1, 0, UINT32_MAX), us / 2, us);
    }
    assert_int_equal(30000000, hook_retry_delay_us(UINT32_MAX, 0, 0));
    assert_int_equal(30000000, hook_retry_delay_us(0, 0, 0));
}

static void test_asked_for(void **state)
{
    (void)state;
    assert_int_equal(120000000, hook_retry_delay_us(1, 120, 7));
    assert_int_equal(300000000, hook_retry_delay_us(1, 301, 7));
    assert_int_equal(300000000, hook_retry_delay_us(1, INT64_MAX, 7));
    assert_int_equal(500000, hook_retry_delay_us(1, -5, 0));
    assert_int_equal(30000000, hook_retry_delay_us(9, 5, 0)); /* less than our own is no more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
