/* Dates are written as the RFCs show them, at both ends of what can be written. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void test_iso(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } row[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {INT64_C(784111777000000), "1994-11-06T08:49:37.000Z"},
        {INT64_C(951782399999999), "2000-02-28T23:59:59.999Z"},
        {INT64_C(951868800123456), "2000-03-01T00:00:00.123Z"},
        {INT64_C(4294967296000001), "2106-02-07T06:28:16.000Z"},
        {-1, "1970-01-01T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.000Z"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char out[32];
        clock_format(row[i].us, out);
        assert_string_equal(out, row[i].text);
    }
}

/* RFC 9110 section 5.6.7 has the first of these as its example. */
static void test_http(void **state)
{
    (void)state;
    char out[32];
    clock_http_date(INT64_C(784111777000000), out);
    assert_string_equal(out, "Sun, 06 Nov 1994 08:49:37 GMT");
    clock_http_date(INT64_C(951782400999999), out);
    assert_string_equal(out, "Tue, 29 Feb 2000 00:00:00 GMT");
    clock_http_date(INT64_MIN, out);
    assert_string_equal(out, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void test_now(void **state)
{
    (void)state;
    int64_t a = clock_mono_us(), b = clock_mono_us();
    assert_true(a > 0 && b >= a);
    assert_true(clock_wall_us() > INT64_C(1700000000000000));
}

/* Ten times as fast: a tenth of a second is one. What guards connections does not know. */
static void test_scale(void **state)
{
    struct timespec tenth = {.tv_nsec = 100000000};
    int64_t mono_us, room_us, wall_us;

    (void)state;
    assert_int_equal(clock_set_scale("10"), 10);
    mono_us = clock_mono_us();
    room_us = clock_room_us();
    wall_us = clock_wall_us();
    nanosleep(&tenth, NULL);
    mono_us = clock_mono_us() - mono_us;
    assert_in_range(clock_room_us() - room_us, mono_us * 9, mono_us * 12);
    assert_in_range(clock_wall_us() - wall_us, mono_us * 9, mono_us * 12);
    assert_int_equal(clock_set_scale("0"), 1);
    assert_int_equal(clock_set_scale("60x"), 1);
    assert_int_equal(clock_set_scale(NULL), 1);
    mono_us = clock_mono_us();
    assert_in_range(clock_room_us() - mono_us, 0, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
