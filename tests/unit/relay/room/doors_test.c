/* A room that waits for a green light: what viewers see before, and that it stays open after. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doors.h"
#include "relay/room/journal.h"
#include "tests/unit/relay/room/pair_actors.h"
#include "tests/unit/relay/room/well_feed.h"

enum { GOOD_MS = 2000, BAD_MS = 12000, LAST_S = 30 };

static int set(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.rooms.go_public = GO_PUBLIC_GREEN;
    return err;
}

/* Renditions that viewers can get. */
static size_t seen(struct stage *s)
{
    const struct room_view *v = *viewers_place(&s->viewers, "hall");
    return v ? v->rendition_count : 0;
}

static bool listed(const struct stage *s)
{
    return s->list && strstr(s->list->plain, "\"name\":\"hall\"");
}

static bool status_says(struct stage *s, const char *what)
{
    stage_pass(s, 1100000);
    return strstr(stage_text(s, "hall", "status.json"), what) != NULL;
}

/* Seconds [from, to) of a feed with its segments: one every second second. */
static void seconds(struct stage *s, uint64_t feed, uint32_t from, uint32_t to, uint32_t gop_ms)
{
    for (uint32_t second = from; second < to; second++) {
        beat(s, feed, second, gop_ms);
        if (second % 2)
            continue;
        struct link_message m = stage_segment(s, feed, 0, second / 2);
        stage_deliver(s, &m);
    }
}

static void start(struct stage *s, uint64_t feed)
{
    stage_open(s, feed, "hall");
    stage_track(s, feed, 0, 1, "video init");
}

static void test_waits_for_green(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 1, 10, GOOD_MS);
    assert_int_equal(0, seen(s));
    assert_false(facts(s).is_public || listed(s));
    assert_true(facts(s).presentation->count == 1 && facts(s).playable);
    assert_true(status_says(s, "\"state\":\"waiting\""));
    seconds(s, 1, 10, 13, GOOD_MS);
    assert_int_equal(1, seen(s));
    stage_pass(s, 1100000);
    assert_true(facts(s).is_public && listed(s));
    assert_true(status_says(s, "\"state\":\"live\""));
    seconds(s, 1, 13, LAST_S, BAD_MS); /* red now: who is in stays in */
    assert_int_equal(1, seen(s));
}

static void test_red_stays_outside(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 1, LAST_S, BAD_MS);
    assert_int_equal(0, seen(s));
    doors_open_by_hand(rooms_grasp(s->rooms, "hall"), "organizer@test");
    rooms_show(s->rooms, s->now_us, s->wall_us);
    assert_int_equal(1, seen(s));
}

/* Between two long distances stood a short one: that is no feed that is well. */
static void test_a_moment_of_green(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 1, 14, BAD_MS);
    for (uint32_t at = 14; at < 50; at += 12) {
        seconds(s, 1, at, at + 8, GOOD_MS);
        assert_int_equal(0, seen(s));
        seconds(s, 1, at + 8, at + 12, BAD_MS);
    }
    seconds(s, 1, 50, 58, GOOD_MS);
    assert_int_equal(0, seen(s));
    seconds(s, 1, 58, 64, GOOD_MS);
    assert_int_equal(1, seen(s));
}

static void test_a_reload_opens(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 1, 6, BAD_MS);
    s->listed.go_public = ROOM_GO_PUBLIC_AT_ONCE;
    seconds(s, 1, 6, 7, BAD_MS);
    assert_int_equal(1, seen(s));
}

static void test_one_room_of_all(void **state)
{
    struct stage *s = *state;
    s->listed.go_public = ROOM_GO_PUBLIC_AT_ONCE;
    start(s, 1);
    seconds(s, 1, 1, 4, BAD_MS);
    assert_int_equal(1, seen(s));
}

/* Its worker has watched the feed for long, the doctor of a new front has not. */
static void test_a_new_doctor_waits(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 60, 69, GOOD_MS);
    assert_int_equal(0, seen(s));
    seconds(s, 1, 69, 71, GOOD_MS);
    assert_int_equal(1, seen(s));
}

/* After the end of its list the next broadcast is looked at anew. */
static void test_a_new_list_waits(void **state)
{
    struct stage *s = *state;
    start(s, 1);
    seconds(s, 1, 1, 14, GOOD_MS);
    assert_int_equal(1, seen(s));
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 61000000);
    assert_int_equal(ROOM_ENDED, facts(s).state);
    assert_int_equal(1, seen(s));
    start(s, 2);
    assert_int_equal(0, seen(s));
    assert_true(status_says(s, "\"state\":\"waiting\""));
}

/* A front that was killed: viewers were there, and are again, with the first segment. */
static void test_outlives_a_crash(void **state)
{
    struct stage *s = *state;
    struct journal_table *table = calloc(1, sizeof(*table));
    struct journal j;
    const struct rooms_out out = {
        s, stage_show, stage_hide, stage_publish, stage_send, stage_hand, NULL, 2, 0};
    journal_bind(&j, table);
    for (int was_public = 0; was_public < 2; was_public++) {
        for (int crashed = 0; crashed < 2; crashed++) {
            rooms_free(&s->rooms);
            room_view_unref(viewers_place(&s->viewers, "hall"));
            assert_int_equal(0, rooms_new(&s->rooms, &s->config, &out, 2, s->now_us, s->wall_us));
            rooms_set_journal(s->rooms, &j);
            start(s, 1);
            seconds(s, 1, 1, was_public && !crashed ? 14 : 6, GOOD_MS);
            assert_int_equal(was_public, seen(s));
        }
    }
    rooms_set_journal(s->rooms, NULL);
    free(table);
}

/* A list that had ended before the front was killed: nobody waits for the room any more. */
static void test_a_crash_opens_no_ended_room(void **state)
{
    struct stage *s = *state;
    struct journal_table *table = calloc(1, sizeof(*table));
    struct journal j;
    const struct rooms_out out = {
        s, stage_show, stage_hide, stage_publish, stage_send, stage_hand, NULL, 2, 0};
    journal_bind(&j, table);
    rooms_set_journal(s->rooms, &j);
    start(s, 1);
    seconds(s, 1, 1, 14, GOOD_MS);
    assert_int_equal(1, seen(s));
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 61000000);
    assert_int_equal(ROOM_ENDED, facts(s).state);
    rooms_free(&s->rooms);
    room_view_unref(viewers_place(&s->viewers, "hall"));
    assert_int_equal(0, rooms_new(&s->rooms, &s->config, &out, 2, s->now_us, s->wall_us));
    rooms_set_journal(s->rooms, &j);
    start(s, 2);
    seconds(s, 2, 1, 6, BAD_MS);
    assert_int_equal(0, seen(s));
    rooms_set_journal(s->rooms, NULL);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_for_green, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_red_stays_outside, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_moment_of_green, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_reload_opens, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_one_room_of_all, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_new_doctor_waits, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_new_list_waits, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_outlives_a_crash, set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_crash_opens_no_ended_room, set, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
