/* Main and backup when one of them does not do what the other one waits for. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/pair_actors.h"

static const int64_t first_90k = 900000;

/* Both on air or ready; feed 1 has half a segment open. */
static void start_parts(struct stage *s, struct ll_track one[static 2])
{
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    open_as(s, 1, "main");
    tracks(s, 1, "video init");
    one[0] = ll_track_of(1, 0, first_90k);
    one[1] = ll_track_of(1, 1, first_90k);
    ll_run(s, one, 2, 2);
    ll_parts(s, one, 2, 2);
    open_as(s, 2, "backup");
    signs(s, 2, false, true, true);
}

static void drop(struct ll_track one[static 2])
{
    for (size_t k = 0; k < 2; k++)
        if (one[k].fd >= 0)
            close(one[k].fd);
}

/* It was to go on in the middle of a segment, and brings nothing: it is sent away in time. */
static void test_goes_on_with_nothing(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2];
    struct listing *l = calloc(1, sizeof(*l));
    start_parts(s, one);
    mark(s, 1, 70, 7);
    mark(s, 2, 70, 7);
    signs(s, 1, true, false, false);
    stage_pass(s, 900000); /* nobody answers */
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    stage_pass(s, 1000000);
    assert_false(told(s, LINK_FEED_STOP, 2));
    stage_pass(s, 1100000);
    assert_true(told(s, LINK_FEED_STOP, 2));
    stage_pass(s, 3000000);
    assert_int_equal(ROOM_WAITING, facts(s).state);
    stage_listing(s, "video", l);
    assert_true(l->count > 3 && l->list[l->count - 1].gap);
    free(l);
    drop(one);
}

/* The same access units, 1.5 s later: lists that wait for it would stand still. */
static void test_far_behind(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2];
    start_parts(s, one);
    mark(s, 1, 70, 7);
    stage_pass(s, 1500000);
    mark(s, 2, 70, 7);
    assert_true(likeness_is(&facts(s).pair->likeness));
    assert_int_equal(1500000, likeness_lag_us(&facts(s).pair->likeness, ON_AIR_BACKUP));
    assert_int_equal(-1500000, likeness_lag_us(&facts(s).pair->likeness, ON_AIR_MAIN));
    signs(s, 1, true, false, false);
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_false(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    drop(one);
}

/* Its segments do not follow each other; the one that takes its place is not blamed for that. */
static void test_evicted(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2];
    start_parts(s, one);
    struct link_message m = stage_segment(s, 1, 0, 1u << 20);
    stage_deliver(s, &m);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_false(facts(s).pair->tied);
    drop(one);
}

/* What a room counts never goes back, not even when it ends. */
static void test_counts_of_a_standby(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2];
    start_parts(s, one);
    stage_stats(s, 2, 4711);
    uint64_t before = facts(s).totals.bytes;
    assert_true(before >= 4711);
    signs(s, 2, true, false, false);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    for (int i = 0; i < 300 && rooms_count(s->rooms); i++)
        stage_pass(s, 1000000);
    struct rooms_past past;
    rooms_past(s->rooms, &past);
    assert_int_equal(0, rooms_count(s->rooms));
    assert_true(past.gone.feed.bytes >= 4711);
    drop(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_goes_on_with_nothing, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_far_behind, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_evicted, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_counts_of_a_standby, stage_set, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
