/* What is counted of rooms, by day; and that nothing counts twice or is forgotten. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND   INT64_C(1000000)
#define DAY      (86400 * SECOND)
#define MIDNIGHT (20000 * DAY)

static struct ledger *l;
static int64_t now_us, wall_us;
static struct ledger_row rows[LEDGER_ROWS];

static int setup(void **state)
{
    (void)state;
    now_us = 77 * SECOND;
    wall_us = MIDNIGHT + 3600 * SECOND;
    return ledger_new(&l, 1000);
}

static int teardown(void **state)
{
    (void)state;
    ledger_free(&l);
    return 0;
}

/* A second later, with these rooms in order of their names. */
static void fold(const struct ledger_facts *f, size_t n, bool known)
{
    now_us += SECOND;
    wall_us += SECOND;
    ledger_fold_begin(l, known, now_us, wall_us);
    for (size_t i = 0; i < n; i++)
        ledger_fold_room(l, &f[i]);
    ledger_fold_end(l);
}

static const struct ledger_row *row(const char *room, int32_t day)
{
    static struct ledger_row found;
    size_t n = ledger_take(l, rows, LEDGER_ROWS);
    bool has = false;
    assert_true(n < LEDGER_ROWS);
    ledger_lost(l);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].room, room) == 0 && rows[i].day == day) {
            assert_false(has);
            found = rows[i];
            has = true;
        }
    return has ? &found : NULL;
}

static void test_counted(void **state)
{
    struct ledger_facts f[] = {{.room = "a", .live = true, .sessions = 1, .bytes_in = 500},
                               {.room = "b"}};
    (void)state;
    fold(f, 0, false);
    fold(f, 2, false);
    f[0].bytes_in = 1500;
    f[0].bytes_out = 9000;
    f[0].viewer_us = 2500999;
    f[0].viewers = 7;
    fold(f, 2, false);
    f[0].viewers = 3;
    f[0].live = false;
    fold(f, 2, false);
    const struct ledger_row *r = row("a", 20000);
    assert_non_null(r);
    assert_int_equal(1, r->sessions);
    assert_int_equal(2000, r->live_ms);
    assert_int_equal(1500, r->bytes_in);
    assert_int_equal(9000, r->bytes_out);
    assert_int_equal(7, r->viewers_peak);
    assert_int_equal(2500, r->watch_ms);
    assert_null(row("b", 20000)); /* it used nothing */
}

/* The second that crosses midnight belongs to the day before, and totals begin anew. */
static void test_midnight(void **state)
{
    struct ledger_facts f = {.room = "a", .live = true, .sessions = 1, .bytes_in = 100};
    (void)state;
    wall_us = MIDNIGHT - 2 * SECOND - SECOND / 2;
    fold(NULL, 0, false);
    for (int i = 0; i < 4; i++) {
        fold(&f, 1, false);
        f.bytes_in += 100;
    }
    struct ledger_row before = *row("a", 19999), after = *row("a", 20000);
    assert_int_equal(1, before.sessions);
    assert_int_equal(0, after.sessions);
    assert_int_equal(4000, before.live_ms + after.live_ms);
    assert_int_equal(2000, before.live_ms);
    assert_int_equal(200, before.bytes_in);
    assert_int_equal(200, after.bytes_in);
    assert_true(before.life != after.life);
    assert_int_equal(2, ledger_lines(l));
    assert_int_equal(2, ledger_take(l, rows, LEDGER_ROWS));
    ledger_kept(l); /* the day before is over, and kept: nobody needs it here */
    assert_int_equal(1, ledger_lines(l));
    fold(&f, 1, false);
    assert_int_equal(after.life, row("a", 20000)->life);
}

/* A room that comes over is known, with all that it has used so far. */
static void test_known(void **state)
{
    struct ledger_facts f = {.room = "a", .live = true, .sessions = 5, .bytes_in = 1000000};
    (void)state;
    fold(&f, 1, true);
    assert_null(row("a", 20000));
    f.bytes_in += 10;
    fold(&f, 1, false);
    assert_int_equal(10, row("a", 20000)->bytes_in);
    assert_int_equal(0, row("a", 20000)->sessions);
    assert_int_equal(1000, row("a", 20000)->live_ms);
}

/* It goes, and another one of its name comes: in the same line, all of what that one uses. */
static void test_again(void **state)
{
    struct ledger_facts f = {.room = "a", .sessions = 2, .bytes_in = 1000};
    (void)state;
    fold(&f, 1, false);
    fold(NULL, 0, false);
    f = (struct ledger_facts){.room = "a", .sessions = 1, .bytes_in = 300};
    fold(&f, 1, false);
    assert_int_equal(3, row("a", 20000)->sessions);
    assert_int_equal(1300, row("a", 20000)->bytes_in);
    f.bytes_in = 200; /* falls: nothing is counted twice */
    fold(&f, 1, false);
    f.bytes_in = 250;
    fold(&f, 1, false);
    assert_int_equal(1350, row("a", 20000)->bytes_in);
    assert_int_equal(1, ledger_lines(l));
}

/* What was not kept comes again; what changed while it was under way too. */
static void test_batches(void **state)
{
    struct ledger_facts f = {.room = "a", .sessions = 1};
    (void)state;
    fold(&f, 1, false);
    assert_int_equal(1, ledger_take(l, rows, LEDGER_ROWS));
    ledger_lost(l);
    assert_int_equal(1, ledger_take(l, rows, LEDGER_ROWS));
    f.sessions = 2;
    fold(&f, 1, false);
    ledger_kept(l);
    assert_int_equal(1, ledger_take(l, rows, LEDGER_ROWS));
    assert_int_equal(2, rows[0].sessions);
    ledger_kept(l);
    assert_int_equal(0, ledger_take(l, rows, LEDGER_ROWS));
    fold(&f, 1, false);
    assert_int_equal(0, ledger_take(l, rows, LEDGER_ROWS));
}

enum { MANY = 1000 };

/* Small batches go round: everybody has a turn. */
static void test_turns(void **state)
{
    static char names[MANY][8];
    static struct ledger_facts f[MANY];
    size_t seen = 0, n;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "r%04d", i);
        f[i] = (struct ledger_facts){.room = names[i], .bytes_in = 1};
    }
    fold(f, MANY, false);
    while ((n = ledger_take(l, rows, LEDGER_ROWS)) > 0) {
        seen += n;
        ledger_kept(l);
        assert_true(seen <= MANY);
    }
    assert_int_equal(MANY, seen);
}

/* There is an end to names; what the others use is counted all the same. */
static void test_bounded(void **state)
{
    int64_t in = 0;
    (void)state;
    for (int i = 0; i < LEDGER_LINES + 500; i++) {
        char name[16];
        snprintf(name, sizeof(name), "r%06d", i);
        struct ledger_facts f = {.room = name, .bytes_in = 3};
        fold(&f, 1, false);
    }
    assert_int_equal(LEDGER_LINES + 1, ledger_lines(l));
    for (size_t n = LEDGER_ROWS; n == LEDGER_ROWS;) {
        n = ledger_take(l, rows, LEDGER_ROWS);
        for (size_t i = 0; i < n; i++) {
            in += rows[i].bytes_in;
            if (strcmp(rows[i].room, LEDGER_OTHERS) == 0)
                assert_int_equal(1500, rows[i].bytes_in);
        }
    }
    assert_int_equal(3 * (LEDGER_LINES + 500), in);
}

/* A clock that goes back to a day that was given up does not write over what is kept of it. */
static void test_clock_back(void **state)
{
    struct ledger_facts f = {.room = "a", .bytes_in = 100};
    (void)state;
    fold(&f, 1, false);
    int64_t life = row("a", 20000)->life;
    wall_us += DAY;
    f.bytes_in = 200;
    fold(&f, 1, false);
    assert_int_equal(2, ledger_take(l, rows, LEDGER_ROWS));
    ledger_kept(l);
    wall_us -= DAY;
    f.bytes_in = 300;
    fold(&f, 1, false);
    assert_int_equal(100, row("a", 20000)->bytes_in);
    assert_true(row("a", 20000)->life > life);
}

static void test_days(void **state)
{
    (void)state;
    assert_int_equal(0, ledger_day(0));
    assert_int_equal(0, ledger_day(DAY - 1));
    assert_int_equal(1, ledger_day(DAY));
    assert_int_equal(-1, ledger_day(-1));
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_counted), EACH(test_midnight),   EACH(test_known),
        EACH(test_again),   EACH(test_batches),    EACH(test_turns),
        EACH(test_bounded), EACH(test_clock_back), cmocka_unit_test(test_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
