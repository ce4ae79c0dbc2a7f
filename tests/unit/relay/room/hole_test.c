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
    s->config.hls.part_uris = PART_URIS_RANGE;
    s->passes = true;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    struct link_message first = *asked(s);
    assert_true(first.u.fill.what.last && first.u.fill.what.go.part_ranges);
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

/* Its filler had no track of its own to show: gaps for as long as the room waits, then the end. */
static void test_gaps_for_long(void **state)
{
    struct stage *s = *state;
    s->config.rooms.fill = ROOM_FILL_HOLD;
    s->config.rooms.resume_s = 120;
    s->passes = true;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    struct link_message gone = {
        .type = LINK_FEED_CLOSED, .worker = asked(s)->worker, .feed = asked(s)->feed};
    stage_tell(s, &gone, -1);
    for (int i = 0; i < 110; i++)
        stage_pass(s, 1000000);
    struct listing *v = listing(s, "video");
    assert_true(v->count > 3 && v->list[v->count - 1].gap);
    free(v);
    for (int i = 0; i < 15; i++)
        stage_pass(s, 1000000);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-ENDLIST"));
}

/* Dates may lie apart at a break but never overlap by a second (rule 53). */
static void expect_no_overlap(const struct listing *l)
{
    for (size_t i = 1; i < l->count; i++)
        assert_true(l->list[i].date_s > l->list[i - 1].date_s + l->list[i - 1].duration_s - 1);
}

/* What a feed sends that began at start_90k; count segments of both tracks. */
static void send_from(struct stage *s, const struct link_message *feed, int64_t start_90k,
                      uint64_t count)
{
    stage_track_at(s, feed->feed, 0, 1, "video init", start_90k);
    stage_track_at(s, feed->feed, 1, 1, "audio init", start_90k);
    for (uint64_t i = 0; i < 2 * count; i++) {
        struct link_message m = stage_segment(s, feed->feed, i % 2, i / 2);
        m.worker = feed->worker;
        m.u.segment.start_90k = start_90k + (int64_t)(i / 2) * STAGE_SEGMENT_90K;
        m.u.segment.present_90k = m.u.segment.start_90k;
        stage_deliver(s, &m);
    }
    assert_null(stage_sent(s, LINK_FEED_STOP));
}

static void expect_goes_on(struct stage *s)
{
    struct listing *v = listing(s, "video"), *a = listing(s, "audio");
    for (size_t i = 1; i <= 3; i++)
        assert_true(!v->list[v->count - i].gap && !a->list[a->count - i].gap);
    assert_int_equal(v->list[v->count - 1].sequence, v->list[v->count - 4].sequence + 1);
    assert_int_equal(v->count, a->count);
    expect_no_overlap(v);
    expect_no_overlap(a);
    free(v);
    free(a);
}

/* The front stood for six seconds between a feed's beginning and its next look. */
static void test_gaps_past_the_next_feed(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 5000000);
    struct link_message go = *stage_open(s, 2, "hall");
    stage_pass(s, 6000000);
    send_from(s, &go, go.u.go.start_90k, 3);
    expect_goes_on(s);
}

/* The feed's first message is the first thing it looks at then: the gaps end where live begins. */
static void test_gaps_up_to_the_next_feed(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 5000000);
    struct link_message go = *stage_open(s, 2, "hall");
    s->now_us += 6000000;
    s->wall_us += 6000000;
    send_from(s, &go, go.u.go.start_90k, 2);
    struct listing *v = listing(s, "video");
    const struct listed *rest = &v->list[v->count - 3];
    assert_true(rest->gap && rest->duration_s < 1.01 && rest[-1].gap && rest[-2].gap);
    assert_false(rest[-3].gap);
    free(v);
}

static void test_a_filler_past_the_next_feed(void **state)
{
    struct stage *s = *state;
    s->config.rooms.fill = ROOM_FILL_HOLD;
    s->passes = true;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    struct link_message filler = *asked(s), go = *stage_open(s, 2, "hall");
    send_from(s, &filler, filler.u.fill.what.go.start_90k, 4);
    send_from(s, &go, go.u.go.start_90k, 3); /* waits for the filler's end */
    struct link_message gone = {
        .type = LINK_FEED_CLOSED, .worker = filler.worker, .feed = filler.feed};
    stage_tell(s, &gone, -1);
    assert_null(stage_sent(s, LINK_FEED_STOP));
    expect_goes_on(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gaps_past_the_next_feed, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_gaps_up_to_the_next_feed, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_filler_past_the_next_feed, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_short_sound, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_lost_sound, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_filler_dies, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_gaps_for_long, stage_set, stage_strike),
        cmocka_unit_test_setup_teardown(test_settled, stage_set, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
