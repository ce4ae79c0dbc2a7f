/* Take-over, main and backup, by made-up messages: who is told what, and what viewers see. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/pair.h"
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"
#include "tests/unit/relay/room/pair_actors.h"

static const int64_t first_90k = 900000;

static void test_newest_wins(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    s->config.rooms.takeover = TAKEOVER_NEWEST;
    stage_open(s, 1, "hall");
    assert_int_equal(LINK_ROOM_STALE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 2, 0);
    open_as(s, 2, "main");
    assert_true(told(s, LINK_FEED_STOP, 1));
    assert_non_null(strstr(stage_sent(s, LINK_FEED_STOP)->u.stop.text, "203.0.113.7:50002"));
    assert_null(stage_sent(s, LINK_FEED_GO)); /* until the other one has sent all it has */
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    struct link_message last = stage_segment(s, 1, 0, 2), sound = stage_segment(s, 1, 1, 2);
    stage_deliver(s, &last);
    stage_deliver(s, &sound);
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_int_equal(first_90k + 3 * STAGE_SEGMENT_90K,
                     stage_sent(s, LINK_FEED_GO)->u.go.start_90k);
    assert_false(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "another video init");
    stage_run(s, 2, 2, 0, 1, 3 * STAGE_SEGMENT_90K);
    stage_listing(s, "video", l);
    assert_int_equal(4, l->count);
    assert_int_equal(1, breaks(s, "video.m3u8"));
    assert_int_equal(1, facts(s).pair->takeovers);
    free(l);
}

static void test_once_in_two_seconds(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    s->config.rooms.takeover = TAKEOVER_NEWEST;
    stage_open(s, 1, "hall");
    open_as(s, 2, "main");
    open_as(s, 3, ""); /* while the first one is still leaving */
    assert_true(told(s, LINK_FEED_STOP, 3));
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    stage_pass(s, 1000000);
    open_as(s, 4, "main");
    assert_true(told(s, LINK_FEED_STOP, 4));
    assert_non_null(strstr(stage_sent(s, LINK_FEED_STOP)->u.stop.text, "less than 2 s ago"));
    rooms_facts(s->rooms, &f);
    assert_int_equal(2, f.refused_conflict);
    stage_pass(s, 1000000);
    assert_int_equal(LINK_ROOM_STALE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    open_as(s, 5, "main");
    assert_true(told(s, LINK_FEED_STOP, 2));
    stage_close(s, 5, LINK_CLOSE_ENDED); /* it has changed its mind */
    stage_close(s, 2, LINK_CLOSE_STOPPED);
    assert_int_equal(0, rooms_count(s->rooms)); /* nothing was ever played here */
}

static void test_who_does_not_answer(void **state)
{
    struct stage *s = *state;
    s->config.rooms.takeover = TAKEOVER_NEWEST;
    stage_open(s, 1, "hall");
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 2, 0);
    open_as(s, 2, "main");
    stage_pass(s, PAIR_PATIENCE_US - 100000);
    assert_null(stage_sent(s, LINK_FEED_GO));
    stage_pass(s, 100000);
    assert_true(told(s, LINK_FEED_GO, 2));
    struct link_message late = stage_segment(s, 1, 0, 2);
    stage_deliver(s, &late); /* nobody's */
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    assert_int_equal(2, facts(s).session->feed);
}

/* Who takes a room over and has no picture: the list grows all the same, and both go by one clock.
 */
static void test_newcomer_brings_nothing(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    s->config.rooms.takeover = TAKEOVER_NEWEST;
    stage_open(s, 1, "hall");
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 2, 0);
    int64_t listed_us = s->now_us;
    stage_pass(s, 300000);
    open_as(s, 2, "main");
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    const struct link_go go = stage_sent(s, LINK_FEED_GO)->u.go;
    assert_int_equal(listed_us, go.at_us);
    assert_int_equal(first_90k + 2 * STAGE_SEGMENT_90K, go.start_90k);
    stage_pass(s, 1600000);
    stage_listing(s, "video", l);
    assert_int_equal(2, l->count);
    for (int i = 0; i < 40; i++)
        stage_pass(s, 100000);
    stage_listing(s, "video", l);
    assert_int_equal(4, l->count); /* 5.9 s without it: two gaps */
    assert_int_equal(0, breaks(s, "video.m3u8"));
    int64_t start_90k = go.start_90k + (s->now_us - go.at_us) * 9 / 100;
    tracks(s, 2, "another video init");
    stage_run(s, 2, 2, 0, 2, start_90k - first_90k);
    stage_listing(s, "video", l);
    assert_int_equal(1, breaks(s, "video.m3u8"));
    assert_true(l->count >= 6);
    assert_int_equal(ROOM_LIVE, facts(s).state);
    free(l);
}

static void test_refuse(void **state)
{
    struct stage *s = *state;
    s->listed.takeover = ROOM_TAKEOVER_REFUSE;
    s->config.rooms.takeover = TAKEOVER_NEWEST;
    stage_open(s, 1, "hall");
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    open_as(s, 2, "main");
    assert_true(told(s, LINK_FEED_STOP, 2));
    open_as(s, 3, "backup"); /* another role */
    assert_true(told(s, LINK_FEED_REST, 3));
    open_as(s, 4, "backup");
    assert_true(told(s, LINK_FEED_STOP, 4));
    signs(s, 3, true, false, false); /* who is silent has no claim */
    open_as(s, 5, "backup");
    assert_true(told(s, LINK_FEED_STOP, 3));
    assert_true(told(s, LINK_FEED_REST, 5));
}

static void test_main_stalls_and_comes_back(void **state)
{
    struct stage *s = *state;
    start_pair(s);
    signs(s, 1, true, false, false);
    assert_true(told(s, LINK_FEED_REST, 1));
    assert_null(stage_sent(s, LINK_FEED_GO));
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_int_equal(facts(s).presentation->end_wall_us,
                     stage_sent(s, LINK_FEED_GO)->u.go.resume_wall_us);
    assert_string_equal("backup", facts(s).session->role);
    tracks(s, 2, "another video init");
    stage_run(s, 2, 2, 0, 2, 2 * STAGE_SEGMENT_90K);
    assert_int_equal(1, breaks(s, "video.m3u8"));
    signs(s, 1, false, true, true);
    stage_pass(s, 9900000);
    signs(s, 1, false, true, true);
    assert_true(told(s, LINK_FEED_REST, 1)); /* not yet 2 */
    stage_pass(s, 100000);
    assert_true(told(s, LINK_FEED_REST, 1)); /* nobody is in need: at main's next keyframe */
    signs(s, 1, false, true, true);
    assert_true(told(s, LINK_FEED_REST, 2));
    rested(s, 2);
    assert_true(told(s, LINK_FEED_GO, 1));
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 1, 4 * STAGE_SEGMENT_90K);
    assert_int_equal(2, breaks(s, "video.m3u8"));
    assert_int_equal(2, facts(s).pair->switches);
    assert_non_null(
        strstr(stage_text(s, "hall", "status.json"), "\"standby\":{\"role\":\"backup\""));
}

static void test_main_leaves(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    start_pair(s);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_int_equal(ROOM_LIVE, facts(s).state);
    open_as(s, 3, "main"); /* it is back, and has to prove itself */
    assert_true(told(s, LINK_FEED_REST, 3));
    rooms_worker_lost(s->rooms, 0, s->now_us); /* backup's */
    assert_false(told(s, LINK_FEED_GO, 3));    /* it has no keyframe yet */
    assert_int_equal(ROOM_WAITING, facts(s).state);
    signs(s, 3, false, true, true);
    assert_true(told(s, LINK_FEED_GO, 3));
    assert_int_not_equal(0, stage_sent(s, LINK_FEED_GO)->u.go.at_us); /* in the hole's clock */
    assert_int_equal(ROOM_LIVE, facts(s).state);
    rooms_worker_lost(s->rooms, 1, s->now_us);
    assert_int_equal(ROOM_WAITING, facts(s).state);
    rooms_facts(s->rooms, &f);
    assert_int_equal(0, f.feeds);
}

static void test_backup_alone(void **state)
{
    struct stage *s = *state;
    open_as(s, 2, "backup");
    assert_true(told(s, LINK_FEED_GO, 2));
    tracks(s, 2, "video init");
    stage_run(s, 2, 2, 0, 1, 0);
    assert_int_equal(ON_AIR_BACKUP, facts(s).pair->on_air.side);
    open_as(s, 4, "720p"); /* it could not be compared with anything */
    assert_true(told(s, LINK_FEED_STOP, 4));
    assert_non_null(strstr(stage_sent(s, LINK_FEED_STOP)->u.stop.text, "role=backup"));
    open_as(s, 1, "main");
    signs(s, 1, false, true, true);
    stage_close(s, 2, LINK_CLOSE_ENDED);
    assert_true(told(s, LINK_FEED_GO, 1));
}

static void test_standby_leaves(void **state)
{
    struct stage *s = *state;
    start_pair(s);
    signs(s, 1, true, false, false);
    stage_close(s, 2, LINK_CLOSE_ENDED); /* while main is asked to rest for it */
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 1)); /* in vain: it goes on itself */
    assert_int_equal(1, facts(s).session->feed);
    assert_int_equal(0, facts(s).pair->standby.feed);
    assert_int_equal(0, facts(s).pair->switches);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_int_equal(ROOM_WAITING, facts(s).state);
}

static void test_neither_is_of_use(void **state)
{
    struct stage *s = *state;
    start_pair(s);
    signs(s, 1, true, false, false);
    rested(s, 1);
    tracks(s, 2, "another video init");
    stage_run(s, 2, 2, 0, 2, 2 * STAGE_SEGMENT_90K);
    stage_close(s, 2, LINK_CLOSE_ENDED); /* main rests and is silent */
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_int_equal(ROOM_WAITING, facts(s).state);
    assert_int_equal(1, facts(s).pair->standby.feed);
    assert_string_equal("", facts(s).session ? "somebody" : "");
    stage_pass(s, 5000000);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-GAP\n"));
    open_as(s, 3, "backup"); /* who is awake has the room, and main goes on resting */
    assert_true(told(s, LINK_FEED_GO, 3));
    assert_true(told(s, LINK_FEED_COMPARE, 3));
    assert_int_equal(1, facts(s).pair->standby.feed);
    stage_close(s, 3, LINK_CLOSE_ENDED);
    signs(s, 1, false, false, false);
    assert_int_equal(ROOM_WAITING, facts(s).state);
    signs(s, 1, false, true, true);
    assert_true(told(s, LINK_FEED_GO, 1));
    assert_int_equal(ROOM_LIVE, facts(s).state);
    assert_int_equal(0, facts(s).pair->standby.feed);
    tracks(s, 1, "video init");
    const struct link_go *go = &stage_sent(s, LINK_FEED_GO)->u.go;
    stage_run(s, 1, 2, 0, 2, go->start_90k - first_90k);
    assert_int_equal(ROOM_LIVE, facts(s).state);
}

static void test_standby_of_a_room_that_is_over(void **state)
{
    struct stage *s = *state;
    start_pair(s);
    signs(s, 2, true, false, false);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_int_equal(ROOM_WAITING, facts(s).state);
    for (int i = 0; i < 70; i++)
        stage_pass(s, 1000000);
    assert_int_equal(ROOM_ENDED, facts(s).state);
    open_as(s, 4, "backup"); /* replaces the silent one, and begins a new list */
    assert_true(told(s, LINK_FEED_STOP, 2));
    assert_true(told(s, LINK_FEED_GO, 4));
    assert_int_equal(ROOM_LIVE, facts(s).state);
    tracks(s, 4, "video init");
    open_as(s, 5, "main");
    stage_close(s, 4, LINK_CLOSE_ENDED);
    for (int i = 0; i < 300 && rooms_count(s->rooms); i++)
        stage_pass(s, 1000000);
    assert_int_equal(0, rooms_count(s->rooms));
    assert_true(told(s, LINK_FEED_STOP, 5));
}

static void test_goes_on_in_whole_segments(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    struct view_match match;
    start_pair(s);
    make_alike(s);
    signs(s, 1, true, false, false);
    for (uint32_t track = 0; track < 2; track++) { /* what it had begun */
        struct link_message m = stage_segment(s, 1, track, 2);
        m.u.segment.duration_90k = 60000;
        m.u.segment.samples = 20;
        m.u.segment.clock_90k = 5000;
        stage_tell(s, &m, stage_bytes("first", m.u.segment.bytes));
    }
    stage_listing(s, "video", l);
    assert_int_equal(2, l->count); /* kept back */
    rested(s, 1);
    const struct link_go *go = &stage_sent(s, LINK_FEED_GO)->u.go;
    assert_true(go->goes_on);
    int64_t end_90k = first_90k + 2 * STAGE_SEGMENT_90K + 60000;
    assert_in_range(go->from_90k[0], end_90k - 1600, end_90k - 1000);
    assert_int_equal((uint64_t)go->start_90k - 5000, go->raw_90k);
    tracks(s, 2, "video init");
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 2, track, 0);
        m.u.segment.start_90k = m.u.segment.present_90k = end_90k;
        m.u.segment.duration_90k = 120000;
        m.u.segment.independent = track == 1;
        stage_deliver(s, &m);
    }
    stage_listing(s, "video", l);
    assert_int_equal(3, l->count);
    assert_true(l->list[2].duration_s == 2.0);
    assert_int_equal(0, breaks(s, "video.m3u8"));
    struct room_view *v = *viewers_place(&s->viewers, "hall");
    assert_int_equal(0, room_view_find(v, l->list[2].uri, strlen(l->list[2].uri), &match));
    assert_int_equal(20000, match.blob->bytes);
    char bytes[6] = "";
    assert_int_equal(5, pread(match.blob->fd, bytes, 5, 0));
    assert_string_equal("first", bytes);
    assert_int_equal(5, pread(match.blob->fd, bytes, 5, 10000));
    assert_string_equal("media", bytes);
    stage_run(s, 2, 2, 1, 2, 2 * STAGE_SEGMENT_90K);
    stage_listing(s, "video", l);
    assert_int_equal(4, l->count);
    assert_int_equal(0, breaks(s, "audio.m3u8"));
    free(l);
}

/* Who was to end it has left: what was kept back is shown as it is. */
static void test_kept_in_vain(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    start_pair(s);
    make_alike(s);
    signs(s, 1, true, false, false);
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 1, track, 2);
        m.u.segment.duration_90k = 60000;
        stage_deliver(s, &m);
    }
    stage_close(s, 2, LINK_CLOSE_ENDED);
    stage_listing(s, "video", l);
    assert_int_equal(2, l->count);
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 1));
    assert_int_equal(first_90k + 2 * STAGE_SEGMENT_90K + 60000,
                     stage_sent(s, LINK_FEED_GO)->u.go.start_90k);
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 1, 2 * STAGE_SEGMENT_90K + 60000);
    stage_listing(s, "video", l);
    assert_int_equal(4, l->count);
    assert_int_equal(1, breaks(s, "video.m3u8"));
    free(l);
}

/* The open segment's parts stay what they were; the other feed's are put behind them. */
static void test_goes_on_part_by_part(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    struct ll_track one[2], two[2];
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
    make_alike(s);
    signs(s, 1, true, false, false);
    for (size_t k = 0; k < 2; k++) { /* as its packager ends what it has */
        struct link_message part = ll_part(s, &one[k], 9000);
        ll_send(s, &one[k], &part);
        ll_finish(s, &one[k]);
    }
    rested(s, 1);
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "video init");
    for (size_t k = 0; k < 2; k++) {
        two[k] = ll_track_of(2, (uint32_t)k, one[k].start_90k);
        struct link_message part = ll_part(s, &two[k], LL_PART_90K);
        part.u.part.independent = k == 1;
        ll_send(s, &two[k], &part);
    }
    ll_parts(s, two, 2, 1);
    for (size_t k = 0; k < 2; k++)
        ll_finish(s, &two[k]);
    ll_run(s, two, 2, 2);
    stage_listing(s, "video", l);
    assert_int_equal(5, l->count);
    assert_true(l->list[2].duration_s == 2.1); /* 0.5 + 0.5 + 0.1 | 0.5 + 0.5 */
    assert_int_equal(0, breaks(s, "video.m3u8"));
    assert_int_equal(0, breaks(s, "audio.m3u8"));
    free(l);
}

static void test_goes_on_at_a_keyframe(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    start_pair(s);
    make_alike(s);
    stage_close(s, 1, LINK_CLOSE_ENDED); /* at a segment's end; nothing is kept */
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "video init");
    stage_run(s, 2, 2, 1, 2, STAGE_SEGMENT_90K); /* it begins with number 1 */
    stage_listing(s, "video", l);
    assert_int_equal(3, l->count);
    assert_int_equal(0, breaks(s, "video.m3u8"));
    free(l);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_pair, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_newest_wins),
        CASE(test_once_in_two_seconds),
        CASE(test_who_does_not_answer),
        CASE(test_newcomer_brings_nothing),
        CASE(test_refuse),
        CASE(test_main_stalls_and_comes_back),
        CASE(test_main_leaves),
        CASE(test_backup_alone),
        CASE(test_standby_leaves),
        CASE(test_neither_is_of_use),
        CASE(test_standby_of_a_room_that_is_over),
        CASE(test_goes_on_in_whole_segments),
        CASE(test_goes_on_part_by_part),
        CASE(test_goes_on_at_a_keyframe),
        CASE(test_kept_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
