/* Order: late, early, doubled and lost packets, over the wrap of the sequence number too. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/reorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char seen[4096];

static void on_packet(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    strncat(seen, (const char *)bytes, len);
}

static void on_hole(void *ctx)
{
    (void)ctx;
    strcat(seen, "|");
}

static struct reorder *make(int32_t first, uint32_t window, bool holes_stay)
{
    struct reorder_out out = {.packet = on_packet, .hole = on_hole};
    struct reorder *r;

    seen[0] = '\0';
    assert_int_equal(reorder_new(&r, first, window, holes_stay, &out), 0);
    return r;
}

static void take(struct reorder *r, int32_t sequence, const char *text)
{
    reorder_take(r, sequence & 0x7fffffff, (const uint8_t *)text, strlen(text));
}

static void test_in_order(void **state)
{
    struct reorder *r = make(5, 256, true);

    (void)state;
    take(r, 5, "a");
    take(r, 6, "b");
    assert_string_equal(seen, "ab");
    assert_false(reorder_is_waiting(r));
    reorder_free(&r);
}

static void test_early_and_doubled(void **state)
{
    struct reorder *r = make(0x7ffffffe, 256, true);

    (void)state;
    take(r, 0, "c");
    take(r, 1, "d");
    take(r, 0, "C");
    assert_true(reorder_is_waiting(r));
    take(r, 0x7ffffffe, "a");
    assert_string_equal(seen, "a");
    take(r, 0x7fffffff, "b");
    take(r, 0x7fffffff, "B");
    assert_string_equal(seen, "abcd");
    assert_false(reorder_is_waiting(r));
    assert_int_equal(reorder_missing(r), 0);
    reorder_free(&r);
}

static void test_losses_when_holes_do_not_fill(void **state)
{
    struct reorder *r = make(10, 256, false);

    (void)state;
    take(r, 10, "a");
    take(r, 14, "b");
    assert_string_equal(seen, "a|b");
    assert_int_equal(reorder_missing(r), 3);
    reorder_free(&r);
}

static void test_window_is_a_bound(void **state)
{
    struct reorder *r = make(0, 256, true);

    (void)state;
    take(r, 1, "b");
    take(r, 255, "y");
    assert_string_equal(seen, "");
    take(r, 256, "z"); /* 0 is given up */
    assert_string_equal(seen, "|b");
    assert_int_equal(reorder_missing(r), 1);
    take(r, 100000, "q"); /* and so is all of this, but what was held is kept */
    assert_string_equal(seen + strlen(seen) - 1, "|");
    assert_non_null(strstr(seen, "yz"));
    reorder_free(&r);
}

static void test_skipping_stops_where_it_should(void **state)
{
    struct reorder *r = make(0, 256, true);

    (void)state;
    for (int32_t i = 1; i < 250; i++)
        if (i != 100)
            take(r, i, i < 100 ? "a" : "b");
    take(r, 300, "c"); /* gives 0 up; the run up to 99 adjoins and steps over the target */
    assert_int_equal(reorder_missing(r), 1);
    seen[0] = '\0';
    take(r, 100, "x");
    assert_int_equal(seen[0], 'x');
    assert_int_equal(strlen(seen), 150);
    reorder_free(&r);
}

static void test_any_shuffle(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 200; seed++) {
        struct reorder *r = make(0x7fffffff - 50, 512, true);
        char expected[256] = {0};
        int order[100];

        srand(seed);
        for (int i = 0; i < 100; i++) {
            order[i] = i;
            expected[i] = (char)('0' + i % 10);
        }
        for (int i = 99; i > 0; i--) {
            int k = rand() % (i + 1), x = order[i];

            order[i] = order[k];
            order[k] = x;
        }
        for (int i = 0; i < 100; i++)
            take(r, (int32_t)((0x7fffffffu - 50 + (unsigned)order[i]) & 0x7fffffffu),
                 (char[]){(char)('0' + order[i] % 10), 0});
        assert_string_equal(seen, expected);
        reorder_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_early_and_doubled),
        cmocka_unit_test(test_losses_when_holes_do_not_fill),
        cmocka_unit_test(test_window_is_a_bound),
        cmocka_unit_test(test_skipping_stops_where_it_should),
        cmocka_unit_test(test_any_shuffle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
