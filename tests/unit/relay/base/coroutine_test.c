/* Coroutines: order of switches, deep stacks, many at once, and that unused ones can be freed. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/coroutine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct counter {
    struct coroutine *co;
    int at, rounds;
    size_t deep;
};

static int recurse(size_t bytes)
{
    volatile char block[4096];

    memset((char *)(uintptr_t)block, (int)bytes, sizeof(block));
    if (bytes <= sizeof(block))
        return block[0];
    return recurse(bytes - sizeof(block)) + block[1];
}

static void count(void *arg)
{
    struct counter *c = arg;

    for (c->at = 1; c->at < c->rounds; c->at++) {
        if (c->deep)
            recurse(c->deep);
        coroutine_yield(c->co);
    }
}

/* SSE instructions on the stack fault, or the compiler's own moves do, when it is not aligned. */
static void look_at_stack(void *arg)
{
    _Alignas(16) volatile char block[16] = {0};
    struct counter *c = arg;

    c->at = (int)((uintptr_t)__builtin_frame_address(0) % 16);
    c->rounds = (int)((uintptr_t)block % 16);
    c->deep = (size_t)(1.5 * (double)(c->rounds + 2)); /* the FPU works as before */
}

static void test_stack_is_aligned(void **state)
{
    struct counter c = {.at = -1, .rounds = -1};

    (void)state;
    assert_int_equal(coroutine_new(&c.co, 65536, look_at_stack, &c), 0);
    coroutine_resume(c.co);
    assert_true(coroutine_is_done(c.co));
    assert_int_equal(c.at, 0);
    assert_int_equal(c.rounds, 0);
    assert_int_equal(c.deep, 3);
    coroutine_free(&c.co);
}

static void test_switches_in_order(void **state)
{
    struct counter a = {.rounds = 5}, b = {.rounds = 3};

    (void)state;
    assert_int_equal(coroutine_new(&a.co, 65536, count, &a), 0);
    assert_int_equal(coroutine_new(&b.co, 65536, count, &b), 0);
    coroutine_resume(a.co);
    assert_int_equal(a.at, 1);
    assert_int_equal(b.at, 0);
    coroutine_resume(b.co);
    coroutine_resume(b.co);
    coroutine_resume(a.co);
    assert_int_equal(a.at, 2);
    assert_int_equal(b.at, 2);
    assert_false(coroutine_is_done(b.co));
    coroutine_resume(b.co);
    assert_true(coroutine_is_done(b.co));
    while (!coroutine_is_done(a.co))
        coroutine_resume(a.co);
    assert_int_equal(a.at, 5);
    coroutine_free(&a.co);
    coroutine_free(&b.co);
    assert_null(a.co);
    coroutine_free(&a.co);
}

static void test_stack_is_measured(void **state)
{
    struct counter c = {.rounds = 3, .deep = 96 * 1024};

    (void)state;
    assert_int_equal(coroutine_new(&c.co, 512 * 1024, count, &c), 0);
    coroutine_resume(c.co);
    assert_in_range(coroutine_stack_used(c.co), 96 * 1024, 512 * 1024);
    while (!coroutine_is_done(c.co))
        coroutine_resume(c.co);
    coroutine_free(&c.co);
}

static void test_many_at_once(void **state)
{
    static struct counter all[500];
    size_t i;

    (void)state;
    for (i = 0; i < 500; i++) {
        all[i] = (struct counter){.rounds = 20};
        assert_int_equal(coroutine_new(&all[i].co, 32768, count, &all[i]), 0);
    }
    for (int round = 0; round < 20; round++)
        for (i = 0; i < 500; i++)
            if (!coroutine_is_done(all[i].co))
                coroutine_resume(all[i].co);
    for (i = 0; i < 500; i++) {
        assert_true(coroutine_is_done(all[i].co));
        assert_int_equal(all[i].at, 20);
        coroutine_free(&all[i].co);
    }
}

static void test_never_resumed(void **state)
{
    struct counter c = {.rounds = 3};

    (void)state;
    assert_int_equal(coroutine_new(&c.co, 32768, count, &c), 0);
    coroutine_free(&c.co);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switches_in_order), cmocka_unit_test(test_stack_is_aligned),
        cmocka_unit_test(test_stack_is_measured), cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_never_resumed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
