/* A transport stream beside a room's tracks: a list of its own, and counters that outlive feeds. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/pair_actors.h"

/* LINK_TRACK of the transport stream, with a descriptor or, as is right, without. */
static void announce(struct stage *s, uint64_t feed, int fd, uint32_t init_bytes)
{
    struct link_message m = {.type = LINK_TRACK, .worker = feed % 2, .feed = feed};
    m.u.track.track = LINK_TRACK_TS;
    m.u.track.init_id = 1;
    m.u.track.init_bytes = init_bytes;
    m.u.track.params.codec = CODEC_H264;
    snprintf(m.u.track.params.rfc6381, sizeof(m.u.track.params.rfc6381), "avc1.640028");
    stage_tell(s, &m, fd);
}

static void deliver(struct stage *s, uint64_t feed, uint64_t sequence, int64_t shift_90k)
{
    struct link_message m = stage_segment(s, feed, LINK_TRACK_TS, sequence);
    m.u.segment.start_90k += shift_90k;
    m.u.segment.present_90k += shift_90k;
    for (uint8_t i = 0; i < LINK_TS_PIDS; i++)
        m.u.segment.ts_counters[i] = (uint8_t)(sequence * 3 + i) & 15;
    stage_deliver(s, &m);
}

/* Video, sound and the transport stream, segments [from, to). */
static void run(struct stage *s, uint64_t feed, uint64_t from, uint64_t to, int64_t shift_90k)
{
    for (uint64_t i = from; i < to; i++) {
        stage_run(s, feed, 2, i, i + 1, shift_90k);
        deliver(s, feed, i, shift_90k);
    }
}

static void start(struct stage *s, uint64_t feed)
{
    stage_track(s, feed, 0, 1, "video init");
    stage_track(s, feed, 1, 1, "audio init");
    announce(s, feed, -1, 0);
}

static void test_list_of_its_own(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    start(s, 1);
    run(s, 1, 0, 8, 0);
    stage_golden(s, "ts.m3u8", "ts-sliding.m3u8");
    assert_null(strstr(stage_text(s, "hall", "index.m3u8"), "ts.m3u8"));
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "ts.m3u8"));
}

/* Half a segment of it is main's: backup's half counts on from there. */
static void test_counters_in_one_segment(void **state)
{
    struct stage *s = *state;
    open_as(s, 1, "main");
    start(s, 1);
    run(s, 1, 0, 2, 0);
    open_as(s, 2, "backup");
    signs(s, 2, false, true, true);
    mark(s, 1, 70, 7);
    mark(s, 2, 70, 7);
    signs(s, 1, true, false, false);
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 1, track, 2);
        stage_deliver(s, &m);
    }
    deliver(s, 1, 2, 0);
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 2));
    const struct link_go *go = &stage_sent(s, LINK_FEED_GO)->u.go;
    assert_true(go->goes_on);
    for (uint8_t i = 0; i < LINK_TS_PIDS; i++)
        assert_int_equal((2 * 3 + i) & 15, go->ts_counters[i]);
}

static void test_files(void **state)
{
    struct stage *s = *state;
    struct view_match m;
    char name[64];
    unsigned long msn;
    stage_open(s, 1, "hall");
    start(s, 1);
    run(s, 1, 0, 3, 0);
    const char *at = strstr(stage_text(s, "hall", "ts.m3u8"), "\nts/");
    assert_non_null(at);
    assert_int_equal(1, sscanf(at, "\nts/%lu.ts", &msn));
    struct room_view *v = *viewers_place(&s->viewers, "hall");
    snprintf(name, sizeof(name), "ts/%lu.ts", msn);
    assert_int_equal(0, room_view_find(v, name, strlen(name), &m));
    assert_string_equal("video/mp2t", m.type);
    assert_false(m.rendition->blocks);
    snprintf(name, sizeof(name), "ts/%lu.m4s", msn);
    assert_int_equal(-ENOENT, room_view_find(v, name, strlen(name), &m));
}

/* It is as long as its tracks, or a second late: nobody waits for it. */
static void test_not_waited_for(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    start(s, 1);
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 1, track, 0);
        stage_deliver(s, &m);
    }
    assert_non_null(stage_text(s, "hall", "index.m3u8"));
    assert_null(stage_text(s, "hall", "ts.m3u8"));
}

static void test_counters_outlive_a_feed(void **state)
{
    struct stage *s = *state;
    static const uint8_t zero[LINK_TS_PIDS], after[LINK_TS_PIDS] = {12, 13, 14, 15};
    const struct link_message *go = stage_open(s, 1, "hall");
    assert_memory_equal(zero, go->u.go.ts_counters, LINK_TS_PIDS);
    start(s, 1);
    run(s, 1, 0, 5, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 3000000);
    go = stage_open(s, 2, "hall");
    assert_memory_equal(after, go->u.go.ts_counters, LINK_TS_PIDS);
    start(s, 2);
    run(s, 2, 0, 2, go->u.go.start_90k - 900000);
    const char *text = stage_text(s, "hall", "ts.m3u8");
    const char *first = strstr(text, "#EXT-X-DISCONTINUITY\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "#EXT-X-DISCONTINUITY\n"));
}

/* The second feed makes none: the list goes on with gaps, like that of any track that is missing.
 */
static void test_session_without(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    start(s, 1);
    run(s, 1, 0, 4, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    const struct link_message *go = stage_open(s, 2, "hall");
    int64_t shift_90k = go->u.go.start_90k - 900000;
    stage_track(s, 2, 0, 1, "video init");
    stage_track(s, 2, 1, 1, "audio init");
    stage_run(s, 2, 2, 0, 3, shift_90k);
    assert_non_null(strstr(stage_text(s, "hall", "ts.m3u8"), "#EXT-X-GAP"));
    stage_run(s, 2, 2, 3, 40, shift_90k);
    assert_null(stage_text(s, "hall", "ts.m3u8"));
}

static void test_what_no_worker_should_send(void **state)
{
    struct stage *s = *state;
    struct link_message part = {.type = LINK_PART, .worker = 1, .feed = 1};
    struct rooms_facts f;
    stage_open(s, 1, "hall");
    announce(s, 1, stage_bytes("init", 4), 4);
    announce(s, 1, stage_bytes("init", 4), 0);
    announce(s, 1, -1, 4);
    deliver(s, 1, 0, 0);
    rooms_facts(s->rooms, &f);
    assert_int_equal(4, f.faults);
    announce(s, 1, -1, 0);
    part.u.part = (struct link_part){.track = LINK_TRACK_TS,
                                     .init_id = 1,
                                     .bytes = 188,
                                     .samples = 1,
                                     .start_90k = 900000,
                                     .duration_90k = 45000};
    stage_tell(s, &part, stage_bytes("part", 188));
    assert_null(stage_text(s, "hall", "ts.m3u8"));
    struct link_message m = stage_segment(s, 1, LINK_TRACK_SLOTS, 0);
    stage_deliver(s, &m);
    rooms_facts(s->rooms, &f);
    assert_int_equal(5, f.faults);
}

#define STAGED(t) cmocka_unit_test_setup_teardown(t, stage_set, stage_strike)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_list_of_its_own),
        STAGED(test_files),
        STAGED(test_not_waited_for),
        STAGED(test_counters_outlive_a_feed),
        STAGED(test_counters_in_one_segment),
        STAGED(test_session_without),
        STAGED(test_what_no_worker_should_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
