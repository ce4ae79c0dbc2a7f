/* Holes: how long gaps are, whom a filler is asked from, and what an upgrade makes of it. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

static void start_av(struct stage *s, uint64_t feed)
{
    stage_open(s, feed, "hall");
    stage_track(s, feed, 0, 1, "video init");
    stage_track(s, feed, 1, 1, "audio init");
}

static struct listing *listing(struct stage *s, const char *name)
{
    struct listing *l = calloc(1, sizeof(*l));
    assert_non_null(l);
    stage_listing(s, name, l);
    return l;
}

/* Every date is where what was listed before ends. */
static void expect_no_hole(const struct listing *l)
{
    for (size_t i = 1; i < l->count; i++) {
        double ends_s = l->list[i - 1].date_s + l->list[i - 1].duration_s;
        assert_true(l->list[i].date_s - ends_s < 0.01 && l->list[i].date_s - ends_s > -0.01);
    }
}

/* Sound that ended 1.5 s before the pictures (rule 32). */
static void test_a_short_sound(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    struct link_message video = stage_segment(s, 1, 0, 2), audio = stage_segment(s, 1, 1, 2);
    audio.u.segment.duration_90k = 45000;
    stage_deliver(s, &audio);
    stage_deliver(s, &video);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 5000000);
    struct listing *a = listing(s, "audio"), *v = listing(s, "video");
    assert_int_equal(a->count, v->count);
    assert_true(a->count > 3 && a->list[3].gap && v->list[3].gap);
    assert_true(a->list[3].date_s < v->list[3].date_s - 1.4);
    expect_no_hole(a);
    expect_no_hole(v);
    free(a);
    free(v);
}

/* Sound that stopped long before, and a last picture segment of 0.5 s. */
static void test_a_lost_sound(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_run(s, 1, 1, 2, 5, 0);
    struct link_message video = stage_segment(s, 1, 0, 5);
    video.u.segment.duration_90k = 45000;
    stage_deliver(s, &video);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 5000000);
    struct listing *a = listing(s, "audio"), *v = listing(s, "video");
    assert_int_equal(a->count, v->count);
    expect_no_hole(v);
    expect_no_hole(a);
    free(a);
    free(v);
}

/* The filler that a worker was asked for, and where it is to begin. */
static const struct link_message *asked(const struct stage *s)
{
    const struct link_message *m = stage_sent(s, LINK_FILL);
    assert_non_null(m);
    assert_string_equal("hall", m->u.fill.room);
    return m;
}

static void test_a_filler_dies(void **state)
{
    struct stage *s = *state;
    s->config.rooms.fill = ROOM_FILL_HOLD;
    s->passes = true;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    struct link_message first = *asked(s);
    assert_true(first.u.fill.what.last);
    rooms_worker_lost(s->rooms, first.worker, s->now_us);
    struct link_message second = *asked(s);
    assert_true(second.feed != first.feed);
    s->passes = false; /* nobody can be reached any more: gaps */
    rooms_worker_lost(s->rooms, second.worker, s->now_us);
    stage_pass(s, 5000000);
    struct listing *v = listing(s, "video");
    assert_true(v->count > 3 && v->list[v->count - 1].gap);
    expect_no_hole(v);
    free(v);
}

/* Closed for an upgrade, it goes on at the next tick; its old filler is told to end. */
static void test_settled(void **state)
{
    struct stage *s = *state;
    s->config.rooms.fill = ROOM_FILL_HOLD;
    s->passes = true;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    uint64_t first = asked(s)->feed;
    rooms_settle(s->rooms, s->now_us, s->wall_us);
    assert_int_equal(asked(s)->feed, first);
    assert_int_equal(asked(s)->u.fill.what.piece, LINK_FILL_END);
    struct rooms_past past;
    rooms_past(s->rooms, &past);
    assert_true(past.fillers > 0);
    stage_pass(s, 200000);
    assert_true(asked(s)->feed > first);
    assert_int_equal(asked(s)->u.fill.what.piece, LINK_FILL_IDR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_short_sound, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_lost_sound, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_filler_dies, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_settled, stage_set, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
