/* Values of request fields: lists, codings, tags, ranges, and what is wrong with them. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 1000 };

static void test_ranges(void **state)
{
    static const struct {
        const char *value;
        enum field_range want;
        uint64_t first, last;
    } cases[] = {
        {"bytes=0-0", FIELD_RANGE_PART, 0, 0},
        {"bytes=0-", FIELD_RANGE_PART, 0, 999},
        {"bytes=10-19", FIELD_RANGE_PART, 10, 19},
        {"Bytes= 10-19 ", FIELD_RANGE_PART, 10, 19},
        {"bytes=999-999", FIELD_RANGE_PART, 999, 999},
        {"bytes=0-9007199254740991", FIELD_RANGE_PART, 0, 999}, /* RFC 8673 */
        {"bytes=5-18446744073709551616", FIELD_RANGE_PART, 5, 999},
        {"bytes=0-99999999999999999999999999999999", FIELD_RANGE_PART, 0, 999},
        {"bytes=-1", FIELD_RANGE_PART, 999, 999},
        {"bytes=-1000", FIELD_RANGE_PART, 0, 999},
        {"bytes=-5000", FIELD_RANGE_PART, 0, 999},
        {"bytes=-99999999999999999999999999", FIELD_RANGE_PART, 0, 999},
        {"bytes=1000-", FIELD_RANGE_BEYOND, 0, 0},
        {"bytes=1000-2000", FIELD_RANGE_BEYOND, 0, 0},
        {"bytes=18446744073709551616-", FIELD_RANGE_BEYOND, 0, 0},
        {"bytes=-0", FIELD_RANGE_BEYOND, 0, 0},
        {"bytes=5-4", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=-", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes", FIELD_RANGE_WHOLE, 0, 0},
        {"", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=5", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=a-b", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=1-2x", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=--1", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=1--2", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=0-1,5-6", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=-1,-2", FIELD_RANGE_WHOLE, 0, 0},
        {"bytes=0x1-2", FIELD_RANGE_WHOLE, 0, 0},
        {"items=0-1", FIELD_RANGE_WHOLE, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t first = 0, last = 0;
        const char *v = cases[i].value;
        enum field_range got = field_range(v, strlen(v), SIZE, &first, &last);
        if (got != cases[i].want)
            fail_msg("%s: got %d, want %d", v, (int)got, (int)cases[i].want);
        if (got == FIELD_RANGE_PART && (first != cases[i].first || last != cases[i].last))
            fail_msg("%s: got %llu-%llu", v, (unsigned long long)first, (unsigned long long)last);
    }
}

static void test_range_of_nothing(void **state)
{
    uint64_t first, last;
    (void)state;
    assert_int_equal(field_range("bytes=0-", 8, 0, &first, &last), FIELD_RANGE_BEYOND);
    assert_int_equal(field_range("bytes=-5", 8, 0, &first, &last), FIELD_RANGE_BEYOND);
}

static void test_gzip(void **state)
{
    static const struct {
        const char *value;
        int want;
    } cases[] = {
        {"gzip", 1},
        {"gzip, deflate, br, zstd", 1},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", 1},
        {"GZIP", 1},
        {"x-gzip", 1},
        {"deflate , gzip ; q=1", 1},
        {"gzip;q=0.001", 1},
        {"*", 1},
        {"gzip;q=0", 0},
        {"gzip;q=0.000, *", 0},
        {"*, gzip; Q=0.", 0},
        {"*;q=0", 0},
        {"identity", 0},
        {"gzipped", 0},
        {"deflate, br", 0},
        {"", 0},
        {",,;;,", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (field_accepts_gzip(cases[i].value, strlen(cases[i].value)) != cases[i].want)
            fail_msg("\"%s\": want %d", cases[i].value, cases[i].want);
}

static void test_etags(void **state)
{
    static const struct {
        const char *value;
        int listed, is;
    } cases[] = {
        {"\"abc\"", 1, 1},
        {"W/\"abc\"", 1, 0},
        {"\"x\", \"abc\"", 1, 0},
        {"\"x\" ,W/\"abc\",\"y\"", 1, 0},
        {"*", 1, 0},
        {" * ", 1, 0},
        {"\"abcd\"", 0, 0},
        {"abc", 0, 0},
        {"\"ABC\"", 0, 0},
        {"W/", 0, 0},
        {"", 0, 0},
        {"Sun, 22 Nov 2026 21:18:03 GMT", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *v = cases[i].value;
        if (field_etag_listed(v, strlen(v), "\"abc\"") != cases[i].listed ||
            field_etag_is(v, strlen(v), "\"abc\"") != cases[i].is)
            fail_msg("%s", v);
    }
}

static void test_tokens(void **state)
{
    (void)state;
    assert_true(field_has_token("close", 5, "close"));
    assert_true(field_has_token("foo ,\tCLOSE", 11, "close"));
    assert_false(field_has_token("closed", 6, "close"));
    assert_false(field_has_token("", 0, "close"));
    assert_false(field_has_token(" , ,", 4, "close"));
}

/* RFC 9218 section 4 */
static void test_priority(void **state)
{
    static const struct {
        const char *value;
        int urgency, incremental; /* 9, 0: as before */
    } cases[] = {
        {"u=0", 0, 0},     {"u=5, i", 5, 1},  {"i", 9, 1},   {"i=?1 , u=7", 7, 1},
        {"i, i=?0", 9, 0}, {"u=3,u=2", 2, 0}, {"u=8", 9, 0}, {"u=10", 9, 0},
        {"u=-1", 9, 0},    {"", 9, 0},        {",,;", 9, 0}, {"i=1, x=\"u=1\"", 9, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t urgency = 9;
        bool incremental = false;
        field_priority(cases[i].value, strlen(cases[i].value), &urgency, &incremental);
        if (urgency != cases[i].urgency || incremental != cases[i].incremental)
            fail_msg("%s: %d %d", cases[i].value, urgency, incremental);
    }
    uint8_t urgency = 9;
    bool incremental = false;
    field_priority(NULL, 0, &urgency, &incremental); /* as of an empty frame */
    assert_true(urgency == 9 && !incremental);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_range_of_nothing),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_etags),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
