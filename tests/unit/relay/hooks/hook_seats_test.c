/* How far each hook is. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int fd;
static struct hook_seats *seats;
static const uint8_t a[HOOK_KEY] = {1}, b[HOOK_KEY] = {2};

static int set(void **state)
{
    (void)state;
    return hook_seats_make(&fd) || hook_seats_map(&seats, fd, true);
}

static int strike(void **state)
{
    (void)state;
    hook_seats_free(&seats);
    close(fd);
    return 0;
}

static void test_seats(void **state)
{
    struct hook_facts copy;
    struct hook_seat *first, *second;
    (void)state;
    assert_false(hook_seats_look(seats, 1, &copy));
    hook_seats_begin(seats, 77);
    first = hook_seats_take(seats, a, 1, 10);
    hook_seats_settle(seats);
    assert_int_equal(0, first->facts.floor); /* the first of all hears what was before it */
    first->facts.sent = 3;
    first->done[12] = 12;
    assert_true(hook_seat_has(first, 12));
    assert_false(hook_seat_has(first, 11));
    first->facts.floor = 11;
    assert_true(hook_seat_has(first, 11));

    hook_seats_begin(seats, 77); /* another process, with one more in front */
    assert_false(hook_seats_look(seats, 1, &copy));
    second = hook_seats_take(seats, b, 1, 20);
    assert_ptr_equal(first, hook_seats_take(seats, a, 2, 20));
    hook_seats_settle(seats);
    assert_int_equal(20, second->facts.floor); /* who comes later, what is to come */
    assert_true(hook_seat_has(first, 12));
    assert_true(hook_seats_look(seats, 2, &copy));
    assert_int_equal(3, copy.sent);

    hook_seats_begin(seats, 77);
    assert_ptr_equal(second, hook_seats_take(seats, b, 1, 30));
    hook_seats_settle(seats);
    assert_false(hook_seats_look(seats, 2, &copy)); /* taken out of the configuration ... */
    hook_seats_begin(seats, 77);
    first = hook_seats_take(seats, a, 1, 40);
    hook_seats_settle(seats);
    assert_int_equal(40, first->facts.floor); /* ... it begins anew */
    assert_int_equal(0, first->facts.sent);

    hook_seats_begin(seats, 78); /* another ring: its numbers are others */
    first = hook_seats_take(seats, a, 1, 5);
    assert_int_equal(0, first->facts.floor);
}

static void test_what_is_believed(void **state)
{
    struct hook_facts copy;
    struct hook_seat *seat;
    (void)state;
    hook_seats_begin(seats, 1);
    seat = hook_seats_take(seats, a, 1, 0);
    memset(seat->facts.answer, '\x1b', sizeof(seat->facts.answer));
    assert_true(hook_seats_look(seats, 1, &copy));
    assert_int_equal(HOOK_ANSWER - 1, strlen(copy.answer));
    assert_int_equal('?', copy.answer[0]);
    assert_false(hook_seats_look(seats, 0, &copy));
    for (uint8_t i = 2; i < 2 + HOOK_SEATS - 1; i++) {
        uint8_t key[HOOK_KEY] = {i};
        assert_non_null(hook_seats_take(seats, key, i, 0));
    }
    assert_null(hook_seats_take(seats, (const uint8_t[HOOK_KEY]){99}, 99, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seats, set, strike),
        cmocka_unit_test_setup_teardown(test_what_is_believed, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
