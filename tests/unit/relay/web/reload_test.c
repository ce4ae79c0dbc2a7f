/* Blocking reload decided: every place around the end of a playlist, by tables. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NO_PART = -1 };

static const char *const words[] = {"old", "ready", "wait", "too far"};

static void check(const struct view_rendition *r, uint32_t part_target_ms, uint64_t msn,
                  int64_t part, enum reload_verdict want)
{
    struct directives d = {.has_msn = true, .msn = msn};
    if (part != NO_PART) {
        d.has_part = true;
        d.part = (uint64_t)part;
    }
    enum reload_verdict got = reload_judge(r, part_target_ms, &d);
    if (got != want)
        fail_msg("msn %llu part %lld of open %llu with %u parts, before it %u: %s, not %s",
                 (unsigned long long)msn, (long long)part, (unsigned long long)r->open_msn,
                 r->open_parts, r->last_parts, words[got], words[want]);
}

/* Segments up to 99 are whole, 99 had 4 parts, 100 has 2 so far; 500 ms: the limit is 6 parts. */
static void test_around_the_end(void **state)
{
    static const struct {
        uint64_t msn;
        int64_t part;
        enum reload_verdict want;
    } cases[] = {
        {0, NO_PART, RELOAD_OLD},
        {0, INT64_MAX, RELOAD_OLD},
        {98, NO_PART, RELOAD_OLD},
        {98, 99, RELOAD_OLD}, /* behind its parts comes a part of 99, which is there */
        {99, NO_PART, RELOAD_READY},
        {99, 0, RELOAD_READY},
        {99, 3, RELOAD_READY},
        {99, 4, RELOAD_READY}, /* rule 93: part 0 of 100 */
        {99, INT64_MAX, RELOAD_READY},
        {100, 0, RELOAD_READY},
        {100, 1, RELOAD_READY},
        {100, 2, RELOAD_WAIT},
        {100, 7, RELOAD_WAIT}, /* six behind the last one */
        {100, 8, RELOAD_TOO_FAR},
        {100, INT64_MAX, RELOAD_TOO_FAR},
        {100, NO_PART, RELOAD_WAIT},
        {101, NO_PART, RELOAD_WAIT}, /* the last segment plus two */
        {101, 0, RELOAD_WAIT},
        {101, 5, RELOAD_WAIT},
        {101, 6, RELOAD_TOO_FAR},
        {102, NO_PART, RELOAD_TOO_FAR},
        {102, 0, RELOAD_TOO_FAR},
        {UINT64_MAX, NO_PART, RELOAD_TOO_FAR},
        {UINT64_MAX, INT64_MAX, RELOAD_TOO_FAR},
    };
    const struct view_rendition r = {
        .blocks = true, .open_msn = 100, .last_parts = 4, .open_parts = 2};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&r, 500, cases[i].msn, cases[i].part, cases[i].want);
}

/* A segment has just been completed: its parts are all there, the next one's first is not. */
static void test_between_segments(void **state)
{
    const struct view_rendition r = {.blocks = true, .open_msn = 100, .last_parts = 4};
    (void)state;
    check(&r, 500, 99, NO_PART, RELOAD_READY);
    check(&r, 500, 99, 3, RELOAD_READY);
    check(&r, 500, 99, 4, RELOAD_WAIT); /* rule 93 */
    check(&r, 500, 99, INT64_MAX, RELOAD_WAIT);
    check(&r, 500, 100, 0, RELOAD_WAIT);
    check(&r, 500, 100, 5, RELOAD_WAIT);
    check(&r, 500, 100, 6, RELOAD_TOO_FAR);
}

/* Section 6.2.5.2: 3 / PART-TARGET below a second, else 3. */
static void test_advance_part_limit(void **state)
{
    static const struct {
        uint32_t part_target_ms, limit;
    } cases[] = {{330, 9}, {334, 8}, {500, 6}, {999, 3}, {1000, 3}, {2000, 3}, {0, 3}};
    const struct view_rendition r = {.blocks = true, .open_msn = 5, .open_parts = 10};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&r, cases[i].part_target_ms, 5, 9 + cases[i].limit, RELOAD_WAIT);
        check(&r, cases[i].part_target_ms, 5, 10 + cases[i].limit, RELOAD_TOO_FAR);
    }
}

static void test_first_segment(void **state)
{
    const struct view_rendition r = {.blocks = true, .open_msn = 0, .open_parts = 1};
    (void)state;
    check(&r, 500, 0, 0, RELOAD_READY);
    check(&r, 500, 0, 1, RELOAD_WAIT);
    check(&r, 500, 0, NO_PART, RELOAD_WAIT);
    check(&r, 500, 1, NO_PART, RELOAD_WAIT);
    check(&r, 500, 2, NO_PART, RELOAD_TOO_FAR);
}

static void check_hint(const char *hint, const char *name, bool want)
{
    struct view_rendition r = {.blocks = true};
    snprintf(r.hint, sizeof r.hint, "%s", hint);
    if (reload_is_hinted(&r, name, strlen(name)) != want)
        fail_msg("\"%s\" with the hint \"%s\"", name, hint);
    r.blocks = false;
    assert_false(reload_is_hinted(&r, name, strlen(name)));
}

static void test_hints(void **state)
{
    (void)state;
    check_hint("p99.m4s", "p99.m4s", true);
    check_hint("p99.m4s", "p98.m4s", false);
    check_hint("p99.m4s", "p100.m4s", true); /* one view ahead of us */
    check_hint("p99.m4s", "p101.m4s", true);
    check_hint("p99.m4s", "p102.m4s", false);
    check_hint("p99.m4s", "p0100.m4s", false);
    check_hint("p99.m4s", "q100.m4s", false);
    check_hint("p99.m4s", "p100.mp4", false);
    check_hint("p99.m4s", "p100", false);
    check_hint("p99.m4s", "100.m4s", false);
    check_hint("p99.m4s", "pp100.m4s", false);
    check_hint("p99.m4s", "p100.m4s2", false);
    check_hint("p99.m4s", "p18446744073709551715.m4s", false);
    check_hint("p99.m4s", "", false);
    check_hint("p99.m4s", "p", false);
    check_hint("p.m4s", "p.m4s", true);
    check_hint("p.m4s", "p1.m4s", false);
    check_hint("28123456.m4s", "28123457.m4s", true);
    check_hint("", "", false);
    check_hint("", "p1.m4s", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_around_the_end),
        cmocka_unit_test(test_between_segments),
        cmocka_unit_test(test_advance_part_limit),
        cmocka_unit_test(test_first_segment),
        cmocka_unit_test(test_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
