/* Renditions pushed beside the main feed: who may join, when it is seen, what follows it. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

enum { MAIN = 1, ROLE = 2, FRAME_90K = 3000 };

/* NULL, or what the feed was told. */
static const struct link_message *open_role(struct stage *s, uint64_t feed, const char *role)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = feed % 2, .feed = feed};
    size_t before = s->sent_count;
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "%s", role);
    snprintf(m.u.open.peer, sizeof(m.u.open.peer), "203.0.113.8:%u", (unsigned)(50000 + feed));
    stage_tell(s, &m, -1);
    for (size_t i = before; i < s->sent_count; i++)
        if (s->sent[i % STAGE_SENT].feed == feed)
            return &s->sent[i % STAGE_SENT];
    return NULL;
}

static const char *stopped(const struct stage *s, uint64_t feed)
{
    const struct link_message *stop = stage_sent(s, LINK_FEED_STOP);
    return stop && stop->feed == feed ? stop->u.stop.text : NULL;
}

static bool says(struct stage *s, const char *tail, const char *what)
{
    const char *text = stage_text(s, "hall", tail);
    return text && strstr(text, what);
}

static void start_main(struct stage *s)
{
    stage_open(s, MAIN, "hall");
    stage_track(s, MAIN, 0, 1, "video init");
    stage_track(s, MAIN, 1, 1, "audio init");
}

/* Segment `sequence` of the main feed; its role's numbers begin at `from`, off_90k aside. */
static void deliver_role(struct stage *s, uint64_t sequence, uint64_t from, int64_t off_90k)
{
    struct link_message m = stage_segment(s, ROLE, 0, sequence);
    m.u.segment.sequence -= from;
    m.u.segment.start_90k += off_90k;
    m.u.segment.present_90k += off_90k;
    m.u.segment.bytes = 2000;
    stage_stats(s, ROLE, sequence * 300000 + 1);
    stage_deliver(s, &m);
}

/* The main feed has two segments; the role was told to start with the third. */
static void start_both(struct stage *s)
{
    start_main(s);
    assert_null(open_role(s, ROLE, "720p"));
    stage_run(s, MAIN, 2, 0, 1, 0);
    const struct link_message *go = stage_sent(s, LINK_FEED_GO);
    assert_int_equal(ROLE, go->feed); /* two seconds after it came */
    stage_track(s, ROLE, 0, 1, "small init");
}

/* Segments [from, to) of the main feed, while bytes of the role arrive too. */
static void run_main(struct stage *s, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        stage_pass(s, 1000000);
        stage_stats(s, MAIN, i * 1000000 + 500000);
        stage_stats(s, ROLE, i * 300000 + 150000);
        stage_pass(s, 1000000);
        for (uint32_t track = 0; track < 2; track++) {
            struct link_message m = stage_segment(s, MAIN, track, i);
            stage_deliver(s, &m);
        }
    }
}

static void run_both(struct stage *s, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        run_main(s, i, i + 1);
        deliver_role(s, i, 1, 0);
    }
}

static void test_where_it_starts(void **state)
{
    struct stage *s = *state;
    start_main(s);
    stage_run(s, MAIN, 2, 0, 1, 0);
    assert_null(open_role(s, ROLE, "720p"));
    struct link_message m = stage_segment(s, MAIN, 0, 1);
    m.u.segment.present_90k += 6000;
    m.u.segment.clock_90k = (UINT64_C(1) << 33) - 5000; /* the encoder is 5000 ticks ahead */
    stage_deliver(s, &m); /* too soon: its own pictures of then may not be here yet */
    assert_int_equal(MAIN, stage_sent(s, LINK_FEED_GO)->feed);
    stage_pass(s, 1500000);
    struct link_message next = stage_segment(s, MAIN, 0, 2);
    next.u.segment.present_90k += 6000;
    next.u.segment.clock_90k = m.u.segment.clock_90k;
    stage_deliver(s, &next);
    const struct link_go *go = &stage_sent(s, LINK_FEED_GO)->u.go;
    int64_t start_90k = 900000 + 3 * STAGE_SEGMENT_90K + 6000;
    assert_true(go->joins);
    assert_int_equal(start_90k, go->start_90k);
    assert_int_equal(start_90k + 5000, go->raw_90k);
    assert_int_equal(2, go->target_duration_s);
}

static void test_joins_once_it_matches(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_both(s, 1, 3);
    assert_true(says(s, "status.json", "\"state\":\"checking\""));
    assert_null(stage_text(s, "hall", "video-2.m3u8")); /* two of three */
    assert_false(says(s, "index.m3u8", "video-2"));
    run_both(s, 3, 4);
    assert_true(says(s, "index.m3u8", "AUDIO=\"audio\"\nvideo-2.m3u8\n"));
    assert_true(says(s, "index.m3u8", "CODECS=\"avc1.640028,mp4a.40.2\""));
    struct listing main, role;
    stage_listing(s, "video", &main);
    stage_listing(s, "video-2", &role);
    assert_int_equal(3, role.count);
    assert_int_equal(main.count, role.count + 1); /* it began a segment later */
    stage_pass(s, 1000000);
    assert_true(says(s, "status.json", "\"role\":\"720p\",\"state\":\"joined\""));
    struct rooms_facts facts;
    rooms_facts(s->rooms, &facts);
    assert_int_equal(0, facts.faults);
}

static void test_other_keyframes(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_main(s, 1, 2);
    deliver_role(s, 1, 1, FRAME_90K / 2); /* half a frame is rounding */
    assert_null(stopped(s, ROLE));
    run_main(s, 2, 3);
    deliver_role(s, 2, 1, FRAME_90K);
    assert_non_null(stopped(s, ROLE));
    assert_non_null(strstr(stopped(s, ROLE), "role 720p: its keyframes do not fall together"));
    stage_run(s, MAIN, 2, 3, 6, 0);
    assert_true(says(s, "status.json", "its keyframes do not fall together"));
    assert_false(says(s, "index.m3u8", "video-2"));
    assert_false(says(s, "video.m3u8", "#EXT-X-GAP"));
    assert_false(says(s, "video.m3u8", "#EXT-X-DISCONTINUITY\n"));
}

/* What comes before the main feed has it waits, and what waits is bounded. */
static void test_ahead_of_the_main_feed(void **state)
{
    struct stage *s = *state;
    start_both(s);
    for (uint64_t i = 1; i < 5; i++)
        deliver_role(s, i, 1, 0);
    assert_null(stopped(s, ROLE));
    run_main(s, 1, 5);
    struct listing main, role;
    stage_listing(s, "video", &main);
    stage_listing(s, "video-2", &role);
    assert_int_equal(main.count, role.count + 1);
    for (uint64_t i = 5; !stopped(s, ROLE); i++) {
        assert_true(i <= 5 + ROLE_HELD);
        deliver_role(s, i, 1, 0);
    }
    assert_non_null(strstr(stopped(s, ROLE), "too far ahead"));
    stage_run(s, MAIN, 2, 5, 7, 0);
    assert_false(says(s, "video.m3u8", "#EXT-X-GAP"));
}

static void test_leaves_and_comes_back(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_both(s, 1, 5);
    stage_close(s, ROLE, LINK_CLOSE_ENDED);
    stage_run(s, MAIN, 2, 5, 6, 0);
    assert_true(says(s, "video-2.m3u8", "#EXT-X-GAP"));
    assert_true(says(s, "index.m3u8", "video-2"));
    stage_run(s, MAIN, 2, 6, 9, 0);
    assert_false(says(s, "index.m3u8", "video-2")); /* nothing but gaps at its end */
    assert_true(says(s, "video.m3u8", "EXTINF"));
    assert_null(open_role(s, ROLE, "720p"));
    stage_run(s, MAIN, 2, 9, 10, 0);
    stage_track(s, ROLE, 0, 1, "small init");
    run_main(s, 10, 11);
    deliver_role(s, 10, 10, 0);
    assert_true(says(s, "index.m3u8", "video-2")); /* the same rendition goes on */
    assert_false(says(s, "video-2.m3u8", "#EXT-X-DISCONTINUITY\n"));
    stage_close(s, ROLE, LINK_CLOSE_ENDED);
    stage_run(s, MAIN, 2, 11, 30, 0);
    assert_null(stage_text(s, "hall", "video-2.m3u8")); /* its last picture has slid out */
}

static void test_falls_silent(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_both(s, 1, 5);
    stage_run(s, MAIN, 2, 5, 7, 0);
    assert_true(says(s, "video-2.m3u8", "#EXT-X-GAP"));
    assert_null(stopped(s, ROLE));
    for (uint64_t i = 5; i < 7; i++)
        deliver_role(s, i, 1, 0); /* too late for these */
    run_both(s, 7, 8);
    assert_null(stopped(s, ROLE));
    assert_true(says(s, "index.m3u8", "video-2"));
}

static void test_other_parameters(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_both(s, 1, 5);
    stage_track(s, ROLE, 0, 2, "another init");
    run_main(s, 5, 6);
    struct link_message m = stage_segment(s, ROLE, 0, 5);
    m.u.segment.sequence = 4;
    m.u.segment.init_id = 2;
    stage_deliver(s, &m);
    assert_non_null(stopped(s, ROLE));
    assert_non_null(strstr(stopped(s, ROLE), "changed where the main feed's did not"));
    stage_run(s, MAIN, 2, 6, 8, 0);
    assert_false(says(s, "video.m3u8", "#EXT-X-DISCONTINUITY\n"));
}

static void test_main_feed_leaves(void **state)
{
    struct stage *s = *state;
    start_both(s);
    run_both(s, 1, 5);
    stage_close(s, MAIN, LINK_CLOSE_ENDED);
    assert_non_null(strstr(stopped(s, ROLE), "the main feed left"));
    deliver_role(s, 5, 1, 0); /* on its way still, and nobody's */
    stage_pass(s, 1000000);
    assert_true(says(s, "status.json", "\"state\":\"left\""));
}

static void test_nobody_to_join(void **state)
{
    struct stage *s = *state;
    assert_null(open_role(s, ROLE, "720p"));
    assert_int_equal(1, rooms_count(s->rooms));
    stage_pass(s, ROLES_PATIENCE_US + 10 * 1000000);
    assert_non_null(strstr(stopped(s, ROLE), "no main feed"));
    stage_pass(s, 200000);
    assert_int_equal(0, rooms_count(s->rooms));
}

static void test_names_and_number(void **state)
{
    struct stage *s = *state;
    char name[LINK_ROLE];
    start_main(s);
    for (unsigned i = 0; i < ROLES_MAX; i++) {
        snprintf(name, sizeof(name), "role-%u", i);
        assert_null(open_role(s, 10 + i, name));
    }
    const struct link_message *m = open_role(s, 20, "one-more");
    assert_int_equal(LINK_FEED_STOP, m->type);
    assert_non_null(strstr(m->u.stop.text, "as many further renditions as it may"));
    m = open_role(s, 21, "role-1");
    assert_non_null(strstr(m->u.stop.text, "another publisher has this role"));
    rooms_worker_lost(s->rooms, 0, s->now_us); /* takes the even feeds */
    assert_null(open_role(s, 20, "one-more"));
    assert_null(stopped(s, MAIN));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_where_it_starts),       CASE(test_joins_once_it_matches),
        CASE(test_other_keyframes),       CASE(test_ahead_of_the_main_feed),
        CASE(test_leaves_and_comes_back), CASE(test_falls_silent),
        CASE(test_other_parameters),      CASE(test_main_feed_leaves),
        CASE(test_nobody_to_join),        CASE(test_names_and_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
