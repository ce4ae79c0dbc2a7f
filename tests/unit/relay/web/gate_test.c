/* Who may connect: the limits in all and per address, and counts that come back to zero. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/gate.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct in6_addr address(const char *text)
{
    struct in6_addr a;
    assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
    return a;
}

static struct in6_addr v4(unsigned n)
{
    char text[64];
    snprintf(text, sizeof text, "::ffff:10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    return address(text);
}

static void test_full(void **state)
{
    struct gate *g;
    (void)state;
    assert_int_equal(gate_new(&g, 3, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(gate_enter(g, &(struct in6_addr){0}), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(gate_enter(g, &(struct in6_addr){0}), 503);
    assert_int_equal(gate_count(g), 3);
    gate_leave(g, &(struct in6_addr){0});
    assert_int_equal(gate_enter(g, &(struct in6_addr){0}), 0);
    gate_free(&g);
    assert_null(g);
    gate_free(&g);
}

static void test_per_address(void **state)
{
    struct gate *g;
    struct in6_addr a = v4(1), b = v4(2);
    (void)state;
    assert_int_equal(gate_new(&g, 1000, 2), 0);
    assert_int_equal(gate_enter(g, &a), 0);
    assert_int_equal(gate_enter(g, &a), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(gate_enter(g, &a), 429);
    /* A neighbour, and the same one after leaving, come in: refusals left nothing behind. */
    assert_int_equal(gate_enter(g, &b), 0);
    gate_leave(g, &a);
    assert_int_equal(gate_enter(g, &a), 0);
    gate_free(&g);
}

static void test_ipv6_by_64(void **state)
{
    struct gate *g;
    struct in6_addr a = address("2001:db8:0:1::1"), same = address("2001:db8:0:1:ffff::2");
    struct in6_addr other = address("2001:db8:0:2::1");
    (void)state;
    assert_int_equal(gate_new(&g, 1000, 1), 0);
    assert_int_equal(gate_enter(g, &a), 0);
    assert_int_equal(gate_enter(g, &same), 429);
    assert_int_equal(gate_enter(g, &other), 0);
    gate_free(&g);
}

/* Thousands of strangers at once do not make an address look busy. */
static void test_crowd(void **state)
{
    enum { N = 10000 };
    struct gate *g;
    (void)state;
    assert_int_equal(gate_new(&g, 100000, 20), 0);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(gate_enter(g, &(struct in6_addr[]){v4(i)}[0]), 0);
    for (unsigned i = 0; i < N; i++)
        gate_leave(g, &(struct in6_addr[]){v4(i)}[0]);
    assert_int_equal(gate_count(g), 0);
    struct in6_addr one = v4(7);
    for (int i = 0; i < 20; i++)
        assert_int_equal(gate_enter(g, &one), 0);
    assert_int_equal(gate_enter(g, &one), 429);
    gate_free(&g);
}

/* Counted per address, within ten seconds; an IPv6 /64 is one. */
static void test_misses(void **state)
{
    struct gate *g;
    struct in6_addr a = v4(7), b = v4(8), c = address("2001:db8::1"), d = address("2001:db8::2");
    (void)state;
    assert_int_equal(gate_new(&g, 3, 0), 0);
    for (int i = 0; i < 100; i++)
        assert_false(gate_miss(g, &a, 9999999 - i));
    assert_true(gate_miss(g, &a, 9999999));
    assert_true(gate_miss(g, &a, 9999999));
    assert_false(gate_miss(g, &b, 9999999));
    assert_false(gate_miss(g, &a, 10000000));
    for (int i = 0; i < 100; i++)
        assert_false(gate_miss(g, i % 2 ? &c : &d, 10000000));
    assert_true(gate_miss(g, &c, 10000000));
    for (int i = 0; i < 100000; i++)
        assert_int_equal(gate_miss(g, &a, 10000000), i >= 99);
    assert_false(gate_miss(g, &a, 20000000));
    gate_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),       cmocka_unit_test(test_per_address),
        cmocka_unit_test(test_ipv6_by_64), cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
