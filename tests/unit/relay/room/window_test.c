/* Windows: what slides, what stays downloadable for how long, what the bytes add up to. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/bandwidth.h"
#include "relay/room/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { SECOND_90K = 90000, SECOND_US = 1000000 };

static void add(struct window *w, uint64_t msn, int64_t duration_90k, uint32_t bytes,
                int64_t now_us)
{
    struct window_segment s = {.msn = msn,
                               .duration_90k = duration_90k,
                               .bytes = bytes,
                               .independent = true,
                               .gap = bytes == 0,
                               .listed_us = now_us};
    if (bytes > 0)
        assert_int_equal(0, blob_new(&s.blob, memfd_create("t", 0), bytes, "\"t\""));
    assert_int_equal(0, window_append(w, &s));
}

static void test_limit(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    assert_true(window_limit(&w, 6, 1) == UINT64_MAX);
    for (uint64_t i = 100; i < 110; i++)
        add(&w, i, 2 * SECOND_90K, 10, 0);
    assert_int_equal(104, window_limit(&w, 6, 0));
    assert_int_equal(104, window_limit(&w, 6, 12 * SECOND_90K));
    assert_int_equal(103, window_limit(&w, 6, 12 * SECOND_90K + 1));
    assert_int_equal(100, window_limit(&w, 6, 100 * SECOND_90K));
    assert_int_equal(100, window_limit(&w, 60, 0));
    window_fini(&w);
    assert_int_equal(0, blob_count());
}

/* Rule 24: first appearance + its duration + the longest list that held it. */
static void test_availability(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    for (uint64_t i = 0; i < 5; i++)
        add(&w, i, 2 * SECOND_90K, 10, 0); /* all at once, as after a black-out */
    window_slide(&w, 2, SECOND_US, SECOND_US);
    assert_int_equal(3, window_listed(&w));
    assert_int_equal(2, window_first(&w)->msn);
    assert_null(window_find(&w, 1));
    assert_int_equal(3, window_find(&w, 3)->msn);
    assert_null(window_find(&w, 5));
    assert_false(window_expire(&w, 12 * SECOND_US - 1));
    assert_int_equal(5, w.count);
    assert_true(window_expire(&w, 12 * SECOND_US));
    assert_int_equal(3, w.count);
    assert_int_equal(0, w.retained);
    window_slide(&w, 3, 100 * SECOND_US, SECOND_US); /* long listed: its own time and the grace */
    assert_false(window_expire(&w, 103 * SECOND_US - 1));
    assert_true(window_expire(&w, 103 * SECOND_US));
    window_fini(&w);
    assert_int_equal(0, blob_count());
}

/* Rule 26, and that what a part says of its segment is added up. */
static void test_parts(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    struct blob *file;
    for (uint64_t i = 0; i < 8; i++) {
        struct window_segment s = {.msn = i, .open = true};
        assert_int_equal(0, blob_new(&file, memfd_create("t", 0), 0, "\"t\""));
        s.file = file;
        assert_int_equal(0, window_append(&w, &s));
        for (uint32_t k = 0; k < 5; k++) {
            struct window_part part = {.number = i * 5 + k, .bytes = 10, .duration_90k = 18000};
            assert_int_equal(0, window_extend(&w, &part, 3));
        }
        assert_int_equal(i, window_whole(&w));
        assert_ptr_equal(window_open(&w), window_last(&w));
        window_list_parts(&w, 6 * SECOND_90K); /* half of it is three of these segments */
        assert_int_equal(i < 3 ? 0 : i - 2, w.parts_from);
        if (i < 7)
            window_complete(&w, file, true, 0);
    }
    const struct window_segment *s = window_open(&w);
    assert_true(s->duration_90k == SECOND_90K && s->bytes == 50 && s->samples == 15);
    assert_int_equal(39, s->parts[s->part_count - 1].number);
    assert_int_equal(8 * 50, w.bytes); /* one file each, counted once */
    while (window_shed_listed(&w))
        ;
    assert_int_equal(1, window_whole(&w)); /* a whole one stays beside the open one */
    assert_int_equal(2 * 50, w.bytes);
    window_fini(&w);
    assert_int_equal(0, blob_count());
}

static void test_shedding(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    for (uint64_t i = 0; i < 4; i++)
        add(&w, i, SECOND_90K, 100, 0);
    assert_int_equal(400, w.bytes);
    window_slide(&w, 1, 0, 0);
    assert_true(window_shed_retained(&w));
    assert_false(window_shed_retained(&w));
    assert_int_equal(300, w.bytes);
    assert_true(window_shed_listed(&w));
    assert_true(window_shed_listed(&w));
    assert_false(window_shed_listed(&w)); /* never the last */
    assert_int_equal(3, window_first(&w)->msn);
    assert_int_equal(100, w.bytes);
    window_fini(&w);
}

/* Section 4.1: sets of 0.5 to 1.5 target durations. */
static void test_peak(void **state)
{
    (void)state;
    struct window w;
    window_init(&w);
    add(&w, 0, SECOND_90K / 2, 100000, 0); /* alone too short to be a set */
    add(&w, 1, 2 * SECOND_90K, 100000, 0);
    add(&w, 2, 2 * SECOND_90K, 500000, 0);
    add(&w, 3, 2 * SECOND_90K, 0, 0); /* a gap */
    assert_int_equal(2000000, bandwidth_peak(&w, 2, false));
    assert_int_equal(700000 * 8 * 10 / 45, bandwidth_average(&w, false));
    window_fini(&w);
    window_init(&w);
    add(&w, 0, SECOND_90K / 4, 1000, 0); /* no set at all: what there is */
    assert_int_equal(32000, bandwidth_peak(&w, 2, false));
    window_fini(&w);
}

static void test_declared_rate_is_steady(void **state)
{
    (void)state;
    struct window w;
    struct bandwidth b = {0};
    window_init(&w);
    add(&w, 0, 2 * SECOND_90K, 250000, 0); /* 1 Mb/s */
    bandwidth_update(&b, &w, 2, false);
    assert_int_equal(1100000, b.peak_bps);
    add(&w, 1, 2 * SECOND_90K, 270000, 0);
    bandwidth_update(&b, &w, 2, false);
    assert_int_equal(1100000, b.peak_bps);
    add(&w, 2, 2 * SECOND_90K, 300000, 0); /* 1.2 Mb/s */
    bandwidth_update(&b, &w, 2, false);
    assert_int_equal(1400000, b.peak_bps);
    window_slide(&w, 2, 0, 0);
    add(&w, 3, 2 * SECOND_90K, 100000, 0);
    window_slide(&w, 3, 0, 0);
    bandwidth_update(&b, &w, 2, false);
    assert_int_equal(440000, b.peak_bps);
    assert_int_equal(5400000, bandwidth_coarse(5340001));
    assert_int_equal(99, bandwidth_coarse(99));
    window_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit), cmocka_unit_test(test_availability),
        cmocka_unit_test(test_parts), cmocka_unit_test(test_shedding),
        cmocka_unit_test(test_peak),  cmocka_unit_test(test_declared_rate_is_steady),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
