/* Delivery directives in queries of every kind. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/directives.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_well_formed(void **state)
{
    static const struct {
        const char *query;
        struct directives want;
    } cases[] = {
        {"", {0}},
        {"a=b", {0}},
        {"&&=&==&a", {0}},
        {"_HLS_msn=0", {.has_msn = true}},
        {"_HLS_msn=42&_HLS_part=7", {.has_msn = true, .msn = 42, .has_part = true, .part = 7}},
        {"_HLS_part=7&_HLS_msn=42", {.has_msn = true, .msn = 42, .has_part = true, .part = 7}},
        {"x=_HLS_msn=9&_HLS_msn=5&y", {.has_msn = true, .msn = 5}},
        {"_HLS_msn=18446744073709551615", {.has_msn = true, .msn = UINT64_MAX}},
        {"_HLS_msn=00000000000000000012", {.has_msn = true, .msn = 12}},
        {"_HLS_skip=YES", {.has_skip = true}},
        {"_HLS_msn=3&_HLS_skip=v2&",
         {.has_msn = true, .msn = 3, .has_skip = true, .skips_dateranges = true}},
        /* Other names: rule 100. */
        {"_HLS_push=1&_hls_msn=x&_HLS_msn2=-&%5fHLS_msn=z&_HLS_report=/a", {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *query = cases[i].query, *sentence;
        const struct directives *want = &cases[i].want;
        struct directives d;
        if (directives_parse(&d, query, strlen(query), &sentence) != 0)
            fail_msg("\"%s\": %s", query, sentence);
        assert_null(sentence);
        if (d.has_msn != want->has_msn || d.has_part != want->has_part ||
            d.has_skip != want->has_skip || d.skips_dateranges != want->skips_dateranges ||
            d.msn != want->msn || d.part != want->part)
            fail_msg("\"%s\" is read as %d %llu %d %llu %d", query, d.has_msn,
                     (unsigned long long)d.msn, d.has_part, (unsigned long long)d.part, d.has_skip);
    }
}

static void test_refused(void **state)
{
    static const char *const queries[] = {
        "_HLS_msn",
        "_HLS_msn=",
        "_HLS_msn=&_HLS_part=1",
        "_HLS_msn=-1",
        "_HLS_msn=+1",
        "_HLS_msn= 1",
        "_HLS_msn=1 ",
        "_HLS_msn=1.5",
        "_HLS_msn=0x10",
        "_HLS_msn=abc",
        "_HLS_msn=1a",
        "_HLS_msn=%31",
        "_HLS_msn=1,2",
        "_HLS_msn=18446744073709551616",
        "_HLS_msn=99999999999999999999",
        "_HLS_msn=000000000000000000001",
        "_HLS_msn=1&_HLS_part",
        "_HLS_msn=1&_HLS_part=",
        "_HLS_msn=1&_HLS_part=-1",
        "_HLS_msn=1&_HLS_part=x",
        "_HLS_msn=1&_HLS_part=18446744073709551616",
        "_HLS_part=1",
        "a=b&_HLS_part=1&c",
        "_HLS_msn=1&_HLS_msn=1",
        "_HLS_msn=1&_HLS_part=1&_HLS_part=2",
        "_HLS_skip",
        "_HLS_skip=",
        "_HLS_skip=yes",
        "_HLS_skip=NO",
        "_HLS_skip=v3",
        "_HLS_skip=YES&_HLS_skip=YES",
        "_HLS_skip=YES&_HLS_skip=v2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct directives d;
        const char *sentence;
        if (directives_parse(&d, queries[i], strlen(queries[i]), &sentence) != -EINVAL)
            fail_msg("\"%s\" is let through", queries[i]);
        assert_non_null(sentence);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
    }
}

/* What follows the query in memory is not read; a fault does not hide what else was asked for. */
static void test_bounds(void **state)
{
    struct directives d;
    const char *sentence;
    (void)state;
    assert_int_equal(directives_parse(&d, "_HLS_msn=123", 11, &sentence), 0);
    assert_int_equal(d.msn, 12);
    assert_int_equal(directives_parse(&d, NULL, 0, &sentence), 0);
    assert_int_equal(directives_parse(&d, "_HLS_skip=x&_HLS_msn=y", 22, &sentence), -EINVAL);
    assert_true(d.has_msn && d.has_skip);
    assert_string_equal(sentence, "_HLS_skip must be YES or v2.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
