/* One encoder by two ways, or two encoders. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/likeness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct likeness l;

static void take(size_t side, uint64_t second, uint64_t sum)
{
    struct link_mark m = {.second = second, .sum = sum, .units = 50};
    likeness_take(&l, side, &m);
}

static void test_alike(void **state)
{
    (void)state;
    memset(&l, 0, sizeof(l));
    take(0, 7, 70);
    take(0, 8, 80);
    assert_false(likeness_is(&l));
    take(1, 7, 70); /* it is a second behind */
    assert_true(likeness_is(&l));
    take(1, 8, 1); /* something was lost on one way */
    take(0, 9, 90);
    take(1, 9, 1);
    assert_true(likeness_is(&l));
    take(1, 10, 1);
    take(0, 10, 100);
    assert_false(likeness_is(&l));
    take(0, 11, 110);
    take(1, 11, 110);
    assert_true(likeness_is(&l));
    likeness_forget(&l, 1); /* another feed */
    assert_false(likeness_is(&l));
    take(0, 12, 120);
    take(1, 11, 111); /* compared with the side that stayed */
    assert_false(likeness_is(&l));
    take(1, 12, 120);
    assert_true(likeness_is(&l));
}

static void test_unlike(void **state)
{
    struct link_mark none = {.second = 3};
    (void)state;
    memset(&l, 0, sizeof(l));
    for (uint64_t i = 0; i < 100; i++) {
        take(0, i, 10 * i);
        take(1, i + 50, 10 * i); /* the same pictures, another clock */
        assert_false(likeness_is(&l));
    }
    memset(&l, 0, sizeof(l));
    likeness_take(&l, 0, &none);
    likeness_take(&l, 1, &none); /* nothing is no proof */
    assert_false(likeness_is(&l));
    for (uint64_t i = 0; i < LIKENESS_SECONDS; i++)
        take(0, 100 + i, i);
    take(1, 99, 99);              /* forgotten, and never compared with what took its place */
    assert_int_equal(1, l.apart); /* those of nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alike), cmocka_unit_test(test_unlike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
