/* Main or backup: the choice, with a clock of our own. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/on_air.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const int64_t hold_us = 10000000;
static struct on_air a;
static int64_t now_us;
static const char *why;

/* Main on air, backup at rest; both well for a minute. */
static int begin(void **state)
{
    struct link_signs ready = {.ready = true};
    (void)state;
    memset(&a, 0, sizeof(a));
    now_us = 1000000;
    on_air_came(&a, ON_AIR_MAIN, now_us);
    on_air_came(&a, ON_AIR_BACKUP, now_us);
    on_air_signs(&a, ON_AIR_BACKUP, &ready, now_us);
    a.side = ON_AIR_MAIN;
    now_us += 60000000;
    return 0;
}

static enum on_air_side chosen(void)
{
    return on_air_choose(&a, hold_us, now_us, &why);
}

static void signs(enum on_air_side side, bool silent, bool ready)
{
    struct link_signs s = {.silent = silent, .ready = ready};
    on_air_signs(&a, side, &s, now_us);
}

/* A second in which so many access units and packets were lost. */
static void second(enum on_air_side side, uint64_t units, uint64_t packets)
{
    static struct link_feed_stats sums[ON_AIR_SIDES];
    struct link_feed_stats *s = &sums[side];
    s->access_units_corrupt = a.feeds[side].lost_units + units;
    s->dropped = a.feeds[side].lost_packets + packets;
    now_us += 1000000;
    on_air_second(&a, side, s, now_us);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(on_air_is_side("") && on_air_is_side("main") && on_air_is_side("backup"));
    assert_false(on_air_is_side("1080p"));
    assert_int_equal(ON_AIR_MAIN, on_air_side_of(""));
    assert_int_equal(ON_AIR_BACKUP, on_air_side_of("backup"));
    assert_string_equal("backup", on_air_word(ON_AIR_BACKUP));
}

static void test_well(void **state)
{
    (void)state;
    assert_int_equal(ON_AIR_MAIN, chosen());
    assert_string_equal("", why);
    assert_false(on_air_is_urgent(&a));
    second(ON_AIR_MAIN, 0, 0);
    signs(ON_AIR_BACKUP, true, true); /* what happens to backup moves nobody */
    second(ON_AIR_BACKUP, 100, 100);
    assert_int_equal(ON_AIR_MAIN, chosen());
}

static void test_silent(void **state)
{
    (void)state;
    signs(ON_AIR_MAIN, true, false);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    assert_non_null(strstr(why, "sends nothing"));
    assert_true(on_air_is_urgent(&a));
    signs(ON_AIR_BACKUP, false, false); /* it has nothing to begin with */
    assert_int_equal(ON_AIR_MAIN, chosen());
    signs(ON_AIR_BACKUP, true, true); /* nor when it is silent too */
    assert_int_equal(ON_AIR_MAIN, chosen());
}

static void test_left(void **state)
{
    (void)state;
    signs(ON_AIR_BACKUP, false, false);
    on_air_left(&a, ON_AIR_MAIN);
    assert_int_equal(ON_AIR_MAIN, chosen()); /* nobody: the room fills its hole until ... */
    signs(ON_AIR_BACKUP, false, true);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    signs(ON_AIR_BACKUP, true, true);
    assert_int_equal(ON_AIR_MAIN, chosen());
    signs(ON_AIR_BACKUP, false, true);
    on_air_left(&a, ON_AIR_BACKUP);
    assert_int_equal(ON_AIR_MAIN, chosen());
}

static void test_damaged(void **state)
{
    (void)state;
    second(ON_AIR_MAIN, 1, 0);
    second(ON_AIR_MAIN, 0, 3);
    assert_int_equal(ON_AIR_MAIN, chosen());
    second(ON_AIR_MAIN, 0, 0); /* not in a row */
    second(ON_AIR_MAIN, 1, 0);
    second(ON_AIR_MAIN, 1, 0);
    assert_int_equal(ON_AIR_MAIN, chosen());
    second(ON_AIR_MAIN, 1, 0);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    assert_non_null(strstr(why, "more than SRT can repair"));
    second(ON_AIR_BACKUP, 1, 0); /* one that is no better is no help */
    assert_int_equal(ON_AIR_MAIN, chosen());
    now_us += ON_AIR_SOUND_US;
    assert_int_equal(ON_AIR_BACKUP, chosen());
    second(ON_AIR_MAIN, 0, 0);
    assert_int_equal(ON_AIR_MAIN, chosen());
    second(ON_AIR_MAIN, ON_AIR_DAMAGED_UNITS, 0); /* so many at once are enough */
    assert_int_equal(ON_AIR_BACKUP, chosen());
}

static void test_back_after_hold(void **state)
{
    (void)state;
    signs(ON_AIR_MAIN, true, false);
    a.side = ON_AIR_BACKUP;
    signs(ON_AIR_MAIN, false, true);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    now_us += hold_us - 1;
    assert_int_equal(ON_AIR_BACKUP, chosen());
    now_us += 1;
    assert_int_equal(ON_AIR_MAIN, chosen());
    assert_false(on_air_is_urgent(&a));
    signs(ON_AIR_MAIN, true, true); /* an encoder that blinks begins the time anew */
    signs(ON_AIR_MAIN, false, true);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    now_us += hold_us;
    second(ON_AIR_MAIN, 1, 0); /* as does one that loses something */
    assert_int_equal(ON_AIR_BACKUP, chosen());
    now_us += hold_us;
    signs(ON_AIR_MAIN, false, true);
    second(ON_AIR_MAIN, 0, 0);
    assert_int_equal(ON_AIR_MAIN, chosen());
    on_air_came(&a, ON_AIR_MAIN, now_us); /* as does another encoder */
    signs(ON_AIR_MAIN, false, true);
    assert_int_equal(ON_AIR_BACKUP, chosen());
    signs(ON_AIR_BACKUP, true, false); /* but not when it is needed now */
    assert_int_equal(ON_AIR_MAIN, chosen());
}

static void test_chosen_by_hand(void **state)
{
    const struct link_signs fine = {.ready = 1}, silent = {.ready = 1, .silent = 1};
    (void)state;
    a = (struct on_air){0};
    for (enum on_air_side side = 0; side < ON_AIR_SIDES; side++) {
        on_air_came(&a, side, 0);
        on_air_signs(&a, side, &fine, 0);
    }
    assert_int_equal(ON_AIR_MAIN, on_air_choose(&a, 1, 60000000, &why));
    a.choice = ON_AIR_CHOSE_BACKUP;
    assert_int_equal(ON_AIR_MAIN, on_air_choose(&a, 1, ON_AIR_SOUND_US - 1, &why));
    assert_int_equal(ON_AIR_BACKUP, on_air_choose(&a, 1, ON_AIR_SOUND_US, &why));
    assert_string_equal("it was chosen by hand", why);
    a.side = ON_AIR_BACKUP; /* it stays, however long main is well, but not when it is silent */
    assert_int_equal(ON_AIR_BACKUP, on_air_choose(&a, 1, 60000000, &why));
    on_air_signs(&a, ON_AIR_BACKUP, &silent, 61000000);
    assert_int_equal(ON_AIR_MAIN, on_air_choose(&a, 1, 61000000, &why));
    a.side = ON_AIR_MAIN; /* and it comes back when it is heard for long enough */
    on_air_signs(&a, ON_AIR_BACKUP, &fine, 70000000);
    assert_int_equal(ON_AIR_MAIN, on_air_choose(&a, 1, 71000000, &why));
    assert_int_equal(ON_AIR_BACKUP, on_air_choose(&a, 1, 73000000, &why));
    a.choice = ON_AIR_AUTO;
    assert_int_equal(ON_AIR_MAIN, on_air_choose(&(struct on_air){.side = ON_AIR_BACKUP,
                                                                 .feeds = {a.feeds[0], a.feeds[1]}},
                                                1, 90000000, &why));
    enum on_air_choice choice;
    assert_true(on_air_choice_of("backup", &choice) && choice == ON_AIR_CHOSE_BACKUP);
    assert_false(on_air_choice_of("Backup", &choice));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup(test, begin)
    const struct CMUnitTest tests[] = {
        CASE(test_words),
        CASE(test_well),
        CASE(test_silent),
        CASE(test_left),
        CASE(test_damaged),
        CASE(test_back_after_hold),
        cmocka_unit_test(test_chosen_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
