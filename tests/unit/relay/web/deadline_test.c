/* The timer wheel: never early, at most a tick late, whatever is moved or cleared meanwhile. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TICK = DEADLINE_TICK_US, N = 2000 };

struct item {
    struct deadline d;
    int64_t want_us; /* 0: not expected */
    int fired;
};

struct run {
    struct deadline_wheel wheel;
    int64_t now_us;
    size_t fired;
    struct item *set_in_fire, *clear_in_fire;
};

static void fire(void *ctx, struct deadline *d)
{
    struct run *r = ctx;
    struct item *i = (struct item *)d;
    i->fired++;
    r->fired++;
    assert_null(d->next);
    if (i->want_us == 0 || r->now_us < i->want_us || r->now_us >= i->want_us + 2 * TICK)
        fail_msg("due %lld fired at %lld", (long long)i->want_us, (long long)r->now_us);
    if (r->set_in_fire)
        deadline_set(&r->wheel, &r->set_in_fire->d, r->set_in_fire->want_us);
    if (r->clear_in_fire)
        deadline_clear(&r->wheel, &r->clear_in_fire->d);
    r->set_in_fire = r->clear_in_fire = NULL;
}

static void advance(struct run *r, int64_t to_us)
{
    for (; r->now_us < to_us; r->now_us += TICK / 2)
        deadline_run(&r->wheel, r->now_us, fire, r);
}

static void start(struct run *r)
{
    *r = (struct run){.now_us = 7777777};
    deadline_wheel_init(&r->wheel, r->now_us);
}

static void test_random_deadlines(void **state)
{
    static struct item items[N];
    struct run r;
    unsigned seed = 1;
    (void)state;
    start(&r);
    for (int i = 0; i < N; i++) {
        /* Up to four turns of the wheel ahead; every third is moved, every seventh cleared. */
        items[i].want_us = r.now_us + rand_r(&seed) % (4 * DEADLINE_SLOTS * TICK);
        deadline_set(&r.wheel, &items[i].d, items[i].want_us);
        if (i % 3 == 0) {
            items[i].want_us = r.now_us + rand_r(&seed) % (2 * DEADLINE_SLOTS * TICK);
            deadline_set(&r.wheel, &items[i].d, items[i].want_us);
        }
        if (i % 7 == 0) {
            items[i].want_us = 0;
            deadline_clear(&r.wheel, &items[i].d);
        }
    }
    size_t want = r.wheel.count;
    advance(&r, r.now_us + 5LL * DEADLINE_SLOTS * TICK);
    assert_int_equal(r.fired, want);
    assert_int_equal(r.wheel.count, 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(items[i].fired, items[i].want_us != 0);
}

static void test_put_off_is_kept(void **state)
{
    struct item i = {0};
    struct run r;
    (void)state;
    start(&r);
    for (int n = 0; n < 100; n++) {
        i.want_us = r.now_us + 3 * TICK;
        deadline_set(&r.wheel, &i.d, i.want_us);
        assert_int_equal(r.wheel.count, 1);
        advance(&r, r.now_us + 2 * TICK);
        assert_int_equal(i.fired, 0);
    }
    advance(&r, r.now_us + 5 * TICK);
    assert_int_equal(i.fired, 1);
}

static void test_the_past_fires_next(void **state)
{
    struct item i = {0};
    struct run r;
    (void)state;
    start(&r);
    i.want_us = r.now_us;
    deadline_set(&r.wheel, &i.d, r.now_us - 1000000);
    advance(&r, r.now_us + 2 * TICK);
    assert_int_equal(i.fired, 1);
}

static void test_set_and_clear_while_firing(void **state)
{
    struct item a = {0}, b = {0}, again = {0};
    struct run r;
    (void)state;
    start(&r);
    a.want_us = r.now_us + TICK;
    again.want_us = r.now_us + 20 * TICK;
    deadline_set(&r.wheel, &a.d, a.want_us);
    deadline_set(&r.wheel, &b.d, a.want_us); /* same slot; must not fire: want_us is 0 */
    r.set_in_fire = &again;
    r.clear_in_fire = &b;
    advance(&r, r.now_us + 40 * TICK);
    assert_int_equal(a.fired, 1);
    assert_int_equal(b.fired, 0);
    assert_int_equal(again.fired, 1);
}

static void test_long_sleep(void **state)
{
    struct item i = {0}, far = {0};
    struct run r;
    (void)state;
    start(&r);
    deadline_set(&r.wheel, &i.d, r.now_us + 5 * TICK);
    deadline_set(&r.wheel, &far.d, r.now_us + 10000LL * TICK);
    r.now_us += 3000LL * TICK;
    i.want_us = r.now_us;
    deadline_run(&r.wheel, r.now_us, fire, &r);
    assert_int_equal(i.fired, 1);
    assert_int_equal(far.fired, 0);
    r.now_us += 7000LL * TICK + TICK;
    far.want_us = r.now_us;
    deadline_run(&r.wheel, r.now_us, fire, &r);
    assert_int_equal(far.fired, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_deadlines),
        cmocka_unit_test(test_put_off_is_kept),
        cmocka_unit_test(test_the_past_fires_next),
        cmocka_unit_test(test_set_and_clear_while_firing),
        cmocka_unit_test(test_long_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
