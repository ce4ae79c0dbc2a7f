/* Which event is next. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct hook_queue q;

static int set(void **state)
{
    (void)state;
    return hook_queue_init(&q, 4);
}

static int strike(void **state)
{
    (void)state;
    hook_queue_fini(&q);
    return 0;
}

static uint64_t next(int64_t now_us)
{
    struct hook_wait *w = hook_queue_next(&q, now_us);
    return w ? w->seq : 0;
}

static void test_order_of_rooms(void **state)
{
    uint32_t a = hook_queue_room("a"), b = hook_queue_room("b");
    (void)state;
    assert_int_not_equal(a % 4096, b % 4096);
    assert_int_equal(0, hook_queue_oldest(&q));
    assert_int_equal(0, hook_queue_add(&q, 1, a, 10));
    assert_int_equal(0, hook_queue_add(&q, 2, a, 10));
    assert_int_equal(0, hook_queue_add(&q, 3, b, 10));
    assert_int_equal(1, next(10));
    hook_queue_find(&q, 1)->busy = true;
    assert_int_equal(3, next(10)); /* another room need not wait */
    hook_queue_find(&q, 1)->busy = false;
    hook_queue_find(&q, 1)->due_us = 50;
    assert_int_equal(3, next(49)); /* and the same room's next waits for its turn */
    hook_queue_remove(&q, hook_queue_find(&q, 3));
    assert_int_equal(0, next(49));
    assert_int_equal(1, next(50));
    hook_queue_remove(&q, hook_queue_find(&q, 1));
    assert_int_equal(2, next(50));
    assert_int_equal(2, hook_queue_oldest(&q));
    assert_null(hook_queue_find(&q, 1));
}

static void test_full(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 4; i++)
        assert_int_equal(0, hook_queue_add(&q, i, (uint32_t)i, 0));
    hook_queue_find(&q, 1)->busy = true;
    assert_int_equal(2, hook_queue_add(&q, 5, 5, 0)); /* what is under way stays */
    assert_int_equal(4, q.count);
    assert_int_equal(1, hook_queue_oldest(&q));
    for (uint64_t i = 3; i <= 5; i++)
        hook_queue_find(&q, i)->busy = true;
    assert_int_equal(6, hook_queue_add(&q, 6, 6, 0)); /* nothing could go but itself */
    assert_int_equal(4, q.count);
    assert_null(hook_queue_find(&q, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_of_rooms, set, strike),
        cmocka_unit_test_setup_teardown(test_full, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
