/* A table of records: what was noted is found, what is torn is not, the silent make room. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/journal.h"
#include "relay/room/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW_US = INT64_C(1795406400000000); /* 2026-11-23T04:00:00Z */
static const int64_t HOUR_US = INT64_C(3600000000);

static int set(void **state)
{
    *state = calloc(1, sizeof(struct journal_table));
    return *state ? 0 : -1;
}

static int strike(void **state)
{
    free(*state);
    return 0;
}

static void test_round(void **state)
{
    struct journal j, again;
    struct journal_entry e = {.msn = 7, .sequence = 3, .noted_wall_us = NOW_US}, got;
    journal_bind(&j, *state);
    assert_false(journal_find(&j, "hall", &got));
    journal_note(&j, "hall", &e);
    e.msn = 8;
    journal_note(&j, "hall", &e);
    journal_bind(&again, *state); /* another process */
    assert_true(journal_find(&again, "hall", &got));
    assert_memory_equal(&e, &got, sizeof(e));
    assert_false(journal_find(&again, "halle", &got));
}

/* Two tables of one relay's life: of each room the one that is further counts. */
static void test_merge(void **state)
{
    struct journal_table *other = calloc(1, sizeof(*other));
    struct journal j, k;
    struct journal_entry old = {.msn = 5}, young = {.msn = 9}, got;
    journal_bind(&j, *state);
    assert_false(journal_merge(&j, other)); /* a file that is new */
    journal_bind(&k, other);
    journal_note(&j, "hall", &old);
    journal_note(&k, "hall", &young);
    journal_note(&j, "stage", &young);
    journal_note(&k, "stage", &old);
    journal_note(&k, "cellar", &old);
    assert_true(journal_merge(&j, other));
    assert_false(journal_merge(&j, other)); /* all of it is known */
    assert_true(journal_find(&j, "hall", &got) && got.msn == 9);
    assert_true(journal_find(&j, "stage", &got) && got.msn == 9);
    assert_true(journal_find(&j, "cellar", &got) && got.msn == 5);
    free(other);
}

/* Kept by the clock while the disk could not be read: further, but the room had broken more often
 * than the clock thinks. No number goes back. */
static void test_merge_by_number(void **state)
{
    struct journal_table *other = calloc(1, sizeof(*other));
    struct journal j, k;
    struct journal_entry disk = {.msn = 5, .sequence = 500, .part = 40, .target_duration_s = 4},
                         clock = {.msn = 9, .sequence = 401, .part = 72, .target_duration_s = 2},
                         got;
    journal_bind(&j, *state);
    journal_bind(&k, other);
    journal_note(&j, "hall", &disk);
    journal_note(&k, "hall", &clock);
    journal_merge(&j, other);
    assert_true(journal_find(&j, "hall", &got));
    assert_int_equal(got.msn, 9);
    assert_int_equal(got.sequence, 500);
    assert_int_equal(got.part, 72);
    assert_int_equal(got.target_duration_s, 2);
    free(other);
}

static void test_merge_nonsense(void **state)
{
    struct journal_table *other = calloc(1, sizeof(*other));
    struct journal j, k;
    struct journal_entry end = {.msn = UINT64_MAX - 8}, breaks = {.sequence = 1ull << 52}, got;
    journal_bind(&j, *state);
    journal_bind(&k, other);
    journal_note(&k, "hall", &end);
    journal_note(&k, "stage", &breaks);
    assert_false(journal_merge(&j, other));
    assert_false(journal_find(&j, "hall", &got) || journal_find(&j, "stage", &got));
    free(other);
}

/* Whoever is killed while it writes leaves the record before: at every byte. */
static void test_torn(void **state)
{
    struct journal_table *table = *state;
    struct journal j;
    struct journal_entry e = {.msn = 1}, got;
    journal_bind(&j, table);
    journal_note(&j, "hall", &e);
    e.msn = 2;
    journal_note(&j, "hall", &e);
    struct journal_slot *s = table->slots;
    while (s->copy[0].count == 0)
        s++;
    struct journal_slot whole = *s;
    int newer = s->copy[1].count > s->copy[0].count;
    for (size_t at = 0; at < sizeof(s->copy[newer]); at++) {
        ((uint8_t *)&s->copy[newer])[at] ^= 0x55;
        assert_true(journal_find(&j, "hall", &got));
        assert_int_equal(1, got.msn);
        *s = whole;
    }
    memset(s, 0xa5, sizeof(*s));
    assert_false(journal_find(&j, "hall", &got));
    journal_note(&j, "hall", &e);
    assert_true(journal_find(&j, "hall", &got));
}

static void test_foreign(void **state)
{
    struct journal_table *table = *state;
    struct journal j;
    struct journal_entry e = {.msn = 1}, got;
    journal_bind(&j, table);
    journal_note(&j, "hall", &e);
    table->magic++; /* of another layout */
    journal_bind(&j, table);
    assert_false(journal_find(&j, "hall", &got));
}

/* Ten times more rooms than there are slots: the newest are known. */
static void test_full(void **state)
{
    struct journal j;
    struct journal_entry e = {.msn = 1}, got;
    char room[JOURNAL_ROOM];
    journal_bind(&j, *state);
    for (int i = 0; i < 10 * JOURNAL_SLOTS; i++) {
        snprintf(room, sizeof(room), "room-%d", i);
        e.noted_wall_us = e.part = (uint64_t)i;
        journal_note(&j, room, &e);
        assert_true(journal_find(&j, room, &got));
        assert_int_equal(i, got.part);
    }
    int known = 0;
    for (int i = 10 * JOURNAL_SLOTS - 1000; i < 10 * JOURNAL_SLOTS; i++) {
        snprintf(room, sizeof(room), "room-%d", i);
        known += journal_find(&j, room, &got);
    }
    assert_in_range(known, 995, 1000);
}

static struct presentation_start start(const struct journal *j, int64_t wall_us)
{
    struct presentation_start floor, s;
    numbers_first(&floor);
    numbers_start(j, "hall", &floor, wall_us, &s);
    return s;
}

/* Whatever the clock says at the restart, every number is above those that were shown. */
static void test_numbers_go_on(void **state)
{
    static const int64_t steps_us[] = {0, 1000000, -1000000, 3600000000, -3600000000, -86400000000};
    struct journal j;
    struct presentation p = {0};
    journal_bind(&j, *state);
    struct presentation_start s = start(&j, NOW_US);
    assert_int_equal(28180800, s.msn); /* the clock's word */
    presentation_init(&p, &s);
    numbers_note(&j, "hall", &p, false, NOW_US); /* nothing was listed: nothing is noted */
    assert_int_equal(28180800, start(&j, NOW_US).msn);
    p.count = 1;
    p.next_msn += 100000;
    p.next_part += 5000000;
    p.end_90k += 900000;
    p.end_wall_us = NOW_US + 10000000;
    p.target_duration_s = 9;
    p.part_target_ms = 500;
    for (int i = 1; i <= 40; i++)
        epochs_break(&p.epochs, p.next_msn + (uint64_t)i);
    numbers_note(&j, "hall", &p, false, NOW_US);
    for (size_t i = 0; i < sizeof(steps_us) / sizeof(steps_us[0]); i++) {
        s = start(&j, NOW_US + steps_us[i]);
        assert_true(s.msn >= p.next_msn);
        assert_true(s.part >= p.next_part);
        assert_true(s.sequence > epochs_newest(&p.epochs)->sequence);
        assert_true(s.start_90k >= p.end_90k);
        assert_true(s.end_wall_us >= p.end_wall_us);
        assert_int_equal(9, s.target_duration_s);
        assert_int_equal(500, s.part_target_ms);
    }
    s = start(&j, NOW_US + HOUR_US + 1); /* nobody still waits */
    assert_int_equal(0, s.target_duration_s);
    assert_true(s.msn >= p.next_msn);
    numbers_note(&j, "hall", &p, true, NOW_US); /* the room is over */
    s = start(&j, NOW_US);
    assert_int_equal(0, s.target_duration_s);
    assert_true(s.msn >= p.next_msn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round, set, strike),
        cmocka_unit_test_setup_teardown(test_merge, set, strike),
        cmocka_unit_test_setup_teardown(test_merge_by_number, set, strike),
        cmocka_unit_test_setup_teardown(test_merge_nonsense, set, strike),
        cmocka_unit_test_setup_teardown(test_torn, set, strike),
        cmocka_unit_test_setup_teardown(test_foreign, set, strike),
        cmocka_unit_test_setup_teardown(test_full, set, strike),
        cmocka_unit_test_setup_teardown(test_numbers_go_on, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
