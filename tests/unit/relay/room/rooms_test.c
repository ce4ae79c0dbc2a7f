/* Rooms driven by made-up messages: who may publish, what follows a feed, what numbers do. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

static const int64_t first_90k = 900000;

static void start_av(struct stage *s, uint64_t feed)
{
    stage_open(s, feed, "hall");
    stage_track(s, feed, 0, 1, "video init");
    stage_track(s, feed, 1, 1, "audio init");
}

static void test_start(void **state)
{
    struct stage *s = *state;
    const struct link_message *go = stage_open(s, 1, "hall");
    assert_int_equal(LINK_FEED_GO, go->type);
    assert_int_equal(first_90k, go->u.go.start_90k);
    assert_int_equal(0, go->u.go.target_duration_s);
    assert_null(stage_text(s, "hall", "index.m3u8"));
    assert_non_null(strstr(stage_text(s, "hall", "status.json"), "about to start"));
    stage_track(s, 1, 0, 1, "video init");
    stage_track(s, 1, 1, 1, "audio init");
    struct link_message video = stage_segment(s, 1, 0, 0), audio = stage_segment(s, 1, 1, 0);
    stage_deliver(s, &video);
    assert_null(stage_text(s, "hall", "index.m3u8")); /* the audio is awaited for a second */
    stage_deliver(s, &audio);
    stage_golden(s, "index.m3u8", "room-start-index.m3u8");
    stage_golden(s, "video.m3u8", "room-start-video.m3u8");
    stage_golden(s, "audio.m3u8", "room-start-audio.m3u8");
    stage_pass(s, 1000000);
    stage_golden(s, "status.json", "room-start-status.json");
    golden_compare(s->list->plain, "rooms.json");
}

static void test_slides_and_keeps(void **state)
{
    struct stage *s = *state;
    struct view_match m;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 9, 0);
    stage_golden(s, "video.m3u8", "room-sliding-video.m3u8");
    struct listing *l = calloc(1, sizeof(*l));
    stage_listing(s, "video", l);
    assert_int_equal(6, l->count);
    /* Rule 24: the segment that slid off last is still there. */
    char name[80];
    snprintf(name, sizeof(name), "video/%llu.m4s", (unsigned long long)l->first_msn - 1);
    struct room_view *v = *viewers_place(&s->viewers, "hall");
    assert_int_equal(0, room_view_find(v, name, strlen(name), &m));
    stage_run(s, 1, 2, 9, 14, 0);
    v = *viewers_place(&s->viewers, "hall");
    assert_int_equal(-ENOENT, room_view_find(v, name, strlen(name), &m));
    free(l);
}

static void test_resume(void **state)
{
    struct stage *s = *state;
    struct listing *was = calloc(2, sizeof(*was)), *is = was + 1;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_int_equal(LINK_ROOM_WAITING, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    stage_listing(s, "video", was);
    stage_pass(s, 30000000);
    assert_false(was->ended);
    const struct link_message *go = stage_open(s, 2, "hall");
    /* The room's clock went on, and so did its lists. */
    assert_int_equal(first_90k + 3 * STAGE_SEGMENT_90K + 30 * 90000, go->u.go.start_90k);
    assert_int_equal(s->now_us, go->u.go.at_us);
    assert_int_equal(2, go->u.go.target_duration_s);
    stage_track(s, 2, 0, 1, "another video init");
    stage_track(s, 2, 1, 1, "audio init");
    stage_run(s, 2, 2, 0, 2, 18 * STAGE_SEGMENT_90K);
    stage_golden(s, "video.m3u8", "room-resumed-video.m3u8");
    stage_golden(s, "audio.m3u8", "room-resumed-audio.m3u8");
    stage_run(s, 2, 2, 2, 8, 18 * STAGE_SEGMENT_90K);
    stage_listing(s, "video", is);
    /* The DISCONTINUITY has left: it is counted now (rule 18). */
    assert_int_equal(was->first_sequence + 1, is->first_sequence);
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-DISCONTINUITY\n"));
    free(was);
}

static void test_end(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 59900000);
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "ENDLIST"));
    stage_pass(s, 200000);
    stage_golden(s, "video.m3u8", "room-ended-video.m3u8");
    assert_non_null(strstr(stage_text(s, "hall", "audio.m3u8"), "ENDLIST"));
    assert_int_equal(0, s->hidden);
    stage_pass(s, 16000000); /* rule 33: 12 s of list, and a target duration */
    assert_int_equal(1, s->hidden);
    assert_string_equal("hall", s->hidden_room);
    assert_int_equal(0, rooms_count(s->rooms));
}

/* By hand: at once, for who publishes and for who waits or watches; the name is free. */
static void test_closed(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    rooms_close(s->rooms, "nobody", "closed", s->now_us, s->wall_us);
    assert_int_equal(0, s->hidden);
    rooms_close(s->rooms, "hall", "an organizer closed it", s->now_us, s->wall_us);
    assert_int_equal(1, s->hidden);
    assert_string_equal("hall", s->hidden_room);
    assert_int_equal(0, rooms_count(s->rooms));
    const struct link_message *stop = stage_sent(s, LINK_FEED_STOP);
    assert_int_equal(1, stop->feed);
    assert_string_equal("an organizer closed it", stop->u.stop.text);
    assert_int_equal(LINK_ROOM_FREE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    stage_run(s, 1, 2, 3, 4, 0); /* what was on its way */
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    assert_int_equal(0, rooms_count(s->rooms));
    assert_non_null(stage_open(s, 2, "hall"));
    assert_int_equal(1, rooms_count(s->rooms));
    stage_run(s, 2, 2, 0, 1, 0);
    stage_close(s, 2, LINK_CLOSE_ENDED);
    rooms_close(s->rooms, "hall", "while it waits", s->now_us, s->wall_us);
    assert_int_equal(0, rooms_count(s->rooms));
}

/* A feed that was let into a room that is closed or another one by now. */
static void test_other_room(void **state)
{
    struct stage *s = *state;
    struct link_message m = {.type = LINK_FEED_OPEN, .feed = 2, .u.open.stored_id = 5};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "annex");
    stage_tell(s, &m, -1);
    assert_int_equal(2, stage_sent(s, LINK_FEED_STOP)->feed);
    assert_int_equal(0, rooms_count(s->rooms));
    m.u.open.stored_id = 0;
    stage_tell(s, &m, -1);
    assert_int_equal(1, rooms_count(s->rooms));
}

static void test_numbers_outlive_the_room(void **state)
{
    struct stage *s = *state;
    struct listing *was = calloc(2, sizeof(*was)), *is = was + 1;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_listing(s, "video", was);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 80000000);
    assert_int_equal(0, rooms_count(s->rooms));
    s->wall_us -= INT64_C(1000000) * 86400; /* the clock steps back a day */
    const struct link_message *go = stage_open(s, 2, "hall");
    assert_int_equal(first_90k + 32 * STAGE_SEGMENT_90K, go->u.go.start_90k);
    stage_track(s, 2, 0, 1, "video init");
    stage_run(s, 2, 1, 0, 1, 32 * STAGE_SEGMENT_90K);
    stage_listing(s, "video", is);
    assert_int_equal(was->list[2].msn + 1 + 29, is->first_msn); /* and 58 s of gaps */
    assert_true(is->first_sequence > was->first_sequence);
    free(was);
}

static void test_back_after_endlist(void **state)
{
    struct stage *s = *state;
    struct listing *was = calloc(2, sizeof(*was)), *is = was + 1;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 3, 0);
    stage_listing(s, "video", was);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 61000000);
    stage_listing(s, "video", was);
    start_av(s, 2);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "ENDLIST"));
    s->viewers.anew = true;
    stage_run(s, 2, 2, 0, 2, 33 * STAGE_SEGMENT_90K);
    stage_listing(s, "video", is);
    assert_false(is->ended);
    assert_int_equal(2, is->count); /* what had ended is not shown again */
    assert_int_equal(was->list[was->count - 1].msn + 1, is->first_msn);
    assert_int_equal(was->first_sequence + 1, is->list[0].sequence);
    free(was);
}

static void test_second_publisher_is_refused(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    start_av(s, 1);
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    const struct link_message *stop = stage_open(s, 2, "hall");
    assert_int_equal(LINK_FEED_STOP, stop->type);
    assert_int_equal(2, stop->feed);
    assert_non_null(strstr(stop->u.stop.text, "another publisher"));
    stage_close(s, 2, LINK_CLOSE_STOPPED); /* nobody's: the room stays live */
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.by_state[ROOM_LIVE]);
    assert_int_equal(1, f.refused_conflict);
}

static void test_stale_is_replaced(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_stats(s, 1, 999);
    stage_pass(s, 1000000);
    stage_stats(s, 1, 999); /* not a byte more */
    stage_pass(s, 1100000);
    assert_int_equal(LINK_ROOM_STALE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    const struct link_message *stop = stage_open(s, 2, "hall");
    assert_int_equal(LINK_FEED_STOP, stop->type);
    assert_int_equal(1, stop->feed);
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    assert_int_equal(2, stage_sent(s, LINK_FEED_GO)->feed);
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    unsigned shows = s->viewers.shows;
    struct link_message late = stage_segment(s, 1, 0, 2); /* after all: nobody's */
    stage_deliver(s, &late);
    assert_int_equal(shows, s->viewers.shows);
    stage_track(s, 2, 0, 1, "video init");
    stage_run(s, 2, 1, 0, 1, 2 * STAGE_SEGMENT_90K);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-DISCONTINUITY\n"));
}

static void test_stale_recovers(void **state)
{
    struct stage *s = *state;
    start_av(s, 1);
    stage_pass(s, 2100000);
    assert_int_equal(LINK_ROOM_STALE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    stage_stats(s, 1, 5);
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
}

static void test_worker_lost(void **state)
{
    struct stage *s = *state;
    struct worker_facts w;
    rooms_worker_ready(s->rooms, 0);
    rooms_worker_ready(s->rooms, 1);
    assert_true(rooms_workers_are_up(s->rooms));
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    rooms_worker_lost(s->rooms, 0, s->now_us);
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    rooms_worker_lost(s->rooms, 1, s->now_us);
    assert_int_equal(LINK_ROOM_WAITING, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    assert_false(rooms_workers_are_up(s->rooms));
    size_t sent = s->sent_count;
    rooms_worker_ready(s->rooms, 1); /* is told of the one room */
    assert_int_equal(sent + 1, s->sent_count);
    assert_string_equal("hall", stage_sent(s, LINK_ROOM_STATE)->u.room.room);
    rooms_worker_facts(s->rooms, 1, &w);
    assert_int_equal(1, w.restarts);
    start_av(s, 3);
    stage_run(s, 3, 2, 0, 1, 2 * STAGE_SEGMENT_90K);
}

static void test_doors(void **state)
{
    struct stage *s = *state;
    char name[16];
    assert_int_equal(LINK_FEED_STOP, stage_open(s, 1, "../etc")->type);
    s->config.rooms.open = false;
    assert_int_equal(LINK_FEED_STOP, stage_open(s, 2, "other")->type);
    assert_int_equal(LINK_FEED_GO, stage_open(s, 3, "hall")->type);
    s->config.rooms.open = true;
    for (uint64_t i = 4; i < 11; i++) {
        snprintf(name, sizeof(name), "room-%u", (unsigned)i);
        assert_int_equal(LINK_FEED_GO, stage_open(s, i, name)->type);
    }
    assert_true(stage_sent(s, LINK_ROOM_STATE)->u.room.full);
    const struct link_message *stop = stage_open(s, 11, "one-more");
    assert_int_equal(LINK_FEED_STOP, stop->type);
    assert_non_null(strstr(stop->u.stop.text, "rooms.max"));
    stage_close(s, 4, LINK_CLOSE_NOT_MEDIA); /* it never played: its room goes at once */
    assert_int_equal(1, s->hidden);
    assert_false(stage_sent(s, LINK_ROOM_STATE)->u.room.full);
    assert_int_equal(LINK_FEED_GO, stage_open(s, 12, "one-more")->type);
}

/* A feed belongs to the worker that opened it: what another one says of it is nobody's. */
static void test_feed_of_another_worker(void **state)
{
    struct stage *s = *state;
    struct rooms_facts before, after;
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 1, 0);
    rooms_facts(s->rooms, &before);
    struct link_message m = stage_segment(s, 1, 0, 1);
    m.worker = 0;
    stage_deliver(s, &m);
    m = (struct link_message){.type = LINK_FEED_CLOSED, .worker = 0, .feed = 1};
    stage_tell(s, &m, -1);
    rooms_facts(s->rooms, &after);
    assert_int_equal(before.media.segments, after.media.segments);
    assert_int_equal(1, after.by_state[ROOM_LIVE]);
}

static void test_wedged_is_remembered(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    stage_close(s, 1, LINK_CLOSE_WEDGED);
    assert_true(stage_sent(s, LINK_ROOM_STATE)->u.room.classic);
    assert_int_equal(LINK_ROOM_WAITING, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    assert_int_equal(LINK_FEED_GO, stage_open(s, 2, "hall")->type);
}

static void test_totals_survive(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    start_av(s, 1);
    stage_stats(s, 1, 1000);
    stage_pass(s, 2500000);
    stage_open(s, 2, "hall"); /* replaces the stale one, which does not answer */
    stage_pass(s, 600000);
    assert_int_equal(2, stage_sent(s, LINK_FEED_GO)->feed);
    stage_stats(s, 2, 500);
    rooms_worker_lost(s->rooms, 0, s->now_us);
    rooms_facts(s->rooms, &f);
    assert_int_equal(1500, f.feed.bytes);
    assert_int_equal(0, f.feeds);
    assert_int_equal(2, f.feeds_opened);
    assert_int_equal(0, rooms_count(s->rooms));
}

static void test_list_changes_rarely(void **state)
{
    struct stage *s = *state;
    assert_int_equal(1, s->published); /* empty, but there */
    stage_pass(s, 5000000);
    assert_int_equal(1, s->published);
    start_av(s, 1);
    stage_run(s, 1, 2, 0, 2, 0);
    stage_pass(s, 1000000);
    unsigned before = s->published;
    stage_run(s, 1, 2, 2, 6, 0);
    assert_int_equal(before, s->published);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_start),
        CASE(test_slides_and_keeps),
        CASE(test_resume),
        CASE(test_end),
        CASE(test_closed),
        CASE(test_other_room),
        CASE(test_numbers_outlive_the_room),
        CASE(test_back_after_endlist),
        CASE(test_second_publisher_is_refused),
        CASE(test_stale_is_replaced),
        CASE(test_stale_recovers),
        CASE(test_worker_lost),
        CASE(test_doors),
        CASE(test_feed_of_another_worker),
        CASE(test_wedged_is_remembered),
        CASE(test_totals_survive),
        CASE(test_list_changes_rarely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
