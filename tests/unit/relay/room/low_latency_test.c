/* Low latency: open segments, their parts and URLs, hints, deltas, reports, and what ends early. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"

#include <errno.h>

enum { FIRST_90K = 900000 };

static int set_low_latency(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    return err;
}

static void start(struct stage *s, uint64_t feed, struct ll_track *t, int64_t start_90k)
{
    const struct link_message *go = stage_open(s, feed, "hall");
    if (go->type == LINK_FEED_STOP) { /* the one before it, which obeys */
        stage_close(s, go->feed, LINK_CLOSE_STOPPED);
        go = stage_sent(s, LINK_FEED_GO);
    }
    start_90k = start_90k >= 0 ? start_90k : go->u.go.start_90k; /* -1: as it is told */
    stage_track(s, feed, 0, 1, "video init");
    stage_track(s, feed, 1, 1, "audio init");
    t[0] = ll_track_of(feed, 0, start_90k);
    t[1] = ll_track_of(feed, 1, start_90k);
}

static void leave_stage(struct ll_track *t)
{
    ll_next(&t[0]);
    ll_next(&t[1]);
}

static const struct view_rendition *rendition(struct stage *s, const char *name)
{
    return viewers_rendition(*viewers_place(&s->viewers, "hall"), name);
}

/* Can the file be had? Its bytes are then checked. */
static bool has(struct stage *s, const char *path, uint32_t bytes)
{
    struct view_match m;
    struct room_view *v = *viewers_place(&s->viewers, "hall");
    if (room_view_find(v, path, strlen(path), &m) < 0)
        return false;
    assert_int_equal(bytes, m.bytes);
    return true;
}

static void test_start(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct listing *l = calloc(1, sizeof(*l));
    const struct link_message *go = stage_open(s, 1, "hall");
    assert_int_equal(500, go->u.go.part_ms);
    stage_track(s, 1, 0, 1, "video init");
    stage_track(s, 1, 1, 1, "audio init");
    t[0] = ll_track_of(1, 0, FIRST_90K);
    t[1] = ll_track_of(1, 1, FIRST_90K);
    ll_parts(s, t, 2, 3);
    assert_null(stage_text(s, "hall", "video.m3u8")); /* TARGETDURATION is not known yet */
    assert_null(stage_text(s, "hall", "index.m3u8"));
    ll_run(s, t, 2, 1);
    stage_golden(s, "video.m3u8", "ll-start-video.m3u8");
    stage_golden(s, "index.m3u8", "ll-start-index.m3u8");
    stage_golden(s, "iframes.m3u8", "ll-start-iframes.m3u8");
    ll_parts(s, t, 2, 2);
    stage_golden(s, "video.m3u8", "ll-open-video.m3u8");
    stage_golden(s, "audio.m3u8", "ll-open-audio.m3u8");
    stage_listing(s, "video", l);
    const struct view_rendition *r = rendition(s, "video");
    assert_true(r->blocks);
    assert_int_equal(l->first_msn + 1, r->open_msn);
    assert_int_equal(4, r->last_parts);
    assert_int_equal(2, r->open_parts);
    assert_int_equal(8 * l->first_msn + 6, strtoull(r->hint + 1, NULL, 10));
    assert_int_equal(500, (*viewers_place(&s->viewers, "hall"))->part_target_ms);
    r = rendition(s, "iframes");
    assert_true(r->blocks && r->open_msn == l->first_msn + 1 && r->open_parts == 0);
    leave_stage(t);
    free(l);
}

/* Rules 25, 26, 88: tags leave at three target durations, URLs later, and deltas skip the rest. */
static void test_sliding(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct listing *l = calloc(1, sizeof(*l));
    char uri[96];
    s->config.hls.window_segments = 12;
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 16);
    ll_parts(s, t, 2, 1);
    stage_golden(s, "video.m3u8", "ll-sliding-video.m3u8");
    golden_compare(rendition(s, "video")->delta->plain, "ll-sliding-delta.m3u8");
    assert_null(strstr(rendition(s, "iframes")->delta->plain, "#EXT-X-PART"));
    stage_listing(s, "video", l);
    assert_int_equal(12, l->count);
    /* The parts of the segment that slid off last are there for three target durations. */
    snprintf(uri, sizeof(uri), "video/p%llu.m4s",
             8ull * (l->first_msn - 4) + 4 * (unsigned long long)3);
    assert_true(has(s, uri, 2501));
    ll_run(s, t, 2, 5);
    assert_false(has(s, uri, 2501));
    leave_stage(t);
    free(l);
}

/* Rules 79, 24: what was listed of a segment that nobody finishes stays, and becomes a segment. */
static void test_cut_short(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct listing *l = calloc(1, sizeof(*l));
    for (uint64_t feed = 1; feed < 6; feed += 2) {
        start(s, feed, t, FIRST_90K + (int64_t)(feed / 2) * 5 * LL_PART_90K);
        ll_run(s, t, 2, 1);
        ll_parts(s, t, 2, 1);
        leave_stage(t);
        if (feed == 1)
            stage_close(s, feed, LINK_CLOSE_ENDED);
        else if (feed == 3)
            rooms_worker_lost(s->rooms, 1, s->now_us);
        else
            stage_pass(s, 2100000); /* silent, and replaced below */
        rooms_show(s->rooms, s->now_us, s->wall_us);
        stage_listing(s, "audio", l);
        assert_int_equal(feed == 5 ? 5 : feed + 1, l->count);
    }
    stage_golden(s, "video.m3u8", "ll-cut-short-video.m3u8");
    start(s, 8, t, FIRST_90K + 15 * LL_PART_90K);
    stage_listing(s, "video", l);
    assert_int_equal(6, l->count);
    assert_true(l->list[5].duration_s == 0.5);
    assert_true(has(s, l->list[5].uri, 2501));
    ll_run(s, t, 2, 1); /* the viewers check that every part of before is where it was */
    free(l);
}

/* A feed that was only there for a moment: what it left is a room that plays. */
static void test_cut_short_at_once(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct listing *l = calloc(1, sizeof(*l));
    start(s, 1, t, FIRST_90K);
    ll_parts(s, t, 2, 2);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_listing(s, "video", l);
    assert_int_equal(2, l->target_s);
    assert_int_equal(1, l->count);
    assert_non_null(stage_text(s, "hall", "index.m3u8"));
    leave_stage(t);
    free(l);
}

static void test_ended(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 3);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-PRELOAD-HINT"));
    stage_pass(s, 60200000);
    stage_golden(s, "video.m3u8", "ll-ended-video.m3u8");
    assert_false(rendition(s, "video")->blocks);
    assert_string_equal("", rendition(s, "video")->hint);
    /* Back again: the ended list stays until the new one has a whole segment. */
    start(s, 2, t, -1);
    ll_parts(s, t, 2, 3);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "ENDLIST"));
    assert_non_null(strstr(stage_text(s, "hall", "audio.m3u8"), "ENDLIST"));
    s->viewers.anew = true;
    ll_run(s, t, 2, 1);
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "ENDLIST"));
    assert_true(rendition(s, "video")->blocks);
}

/* A number is never used twice: not by a rendition that comes back, nor by a room that does. */
static void test_numbers(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    char hint[48];
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 2);
    snprintf(hint, sizeof(hint), "%s", rendition(s, "audio")->hint);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_open(s, 2, "hall");
    stage_track(s, 2, 0, 1, "video init");
    t[0] = ll_track_of(2, 0, FIRST_90K + 8 * LL_PART_90K);
    ll_run(s, t, 1, 12);
    assert_null(rendition(s, "audio"));
    stage_track(s, 2, 1, 1, "audio init");
    t[1] = ll_track_of(2, 1, t[0].end_90k);
    t[1].sequence = t[0].sequence;
    ll_run(s, t, 2, 1);
    assert_true(strtoull(rendition(s, "audio")->hint + 1, NULL, 10) >
                strtoull(hint + 1, NULL, 10) + 40);
    snprintf(hint, sizeof(hint), "%s", rendition(s, "audio")->hint);
    stage_close(s, 2, LINK_CLOSE_ENDED);
    stage_pass(s, 90000000);
    assert_int_equal(0, rooms_count(s->rooms));
    s->wall_us -= INT64_C(1000000) * 86400; /* the clock steps back a day */
    start(s, 3, t, t[0].end_90k);
    ll_run(s, t, 1, 1);
    assert_true(strtoull(rendition(s, "video")->hint + 1, NULL, 10) >=
                strtoull(hint + 1, NULL, 10) + 4);
}

/* A room's constants hold for its life; parts it does not list are not its fault. */
static void test_constants(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct rooms_facts f;
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 1);
    s->config.hls.low_latency = false;
    s->config.hls.part_ms = 1000;
    rooms_set_config(s->rooms, &s->config);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_int_equal(500, stage_open(s, 2, "hall")->u.go.part_ms);
    assert_int_equal(0, stage_open(s, 3, "other")->u.go.part_ms);
    stage_track(s, 3, 0, 1, "video init");
    t[0] = ll_track_of(3, 0, FIRST_90K);
    ll_run(s, t, 1, 1);
    assert_null(strstr(stage_text(s, "other", "video.m3u8"), "PART"));
    assert_int_equal(0, (*viewers_place(&s->viewers, "other"))->part_target_ms);
    rooms_facts(s->rooms, &f);
    assert_int_equal(0, f.faults);
}

/* Parts as byte ranges: the open segment's URL is there and grows. */
static void test_ranges(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct view_match m;
    struct listing *l = calloc(1, sizeof(*l));
    char uri[96], next[48];
    s->config.hls.part_uris = PART_URIS_RANGE;
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 1);
    stage_golden(s, "video.m3u8", "ll-ranges-whole-video.m3u8");
    assert_int_equal(0, rendition(s, "video")->hint_offset);
    ll_parts(s, t, 2, 2);
    stage_golden(s, "video.m3u8", "ll-ranges-open-video.m3u8");
    assert_int_equal(2501 + 2502, rendition(s, "video")->hint_offset);
    stage_listing(s, "video", l);
    snprintf(uri, sizeof(uri), "video/%llu.m4s", (unsigned long long)l->first_msn + 1);
    assert_int_equal(0, room_view_find(*viewers_place(&s->viewers, "hall"), uri, strlen(uri), &m));
    assert_true(m.open && m.bytes == 2501 + 2502);
    char etag[24];
    snprintf(etag, sizeof(etag), "%s", m.blob->etag);
    ll_parts(s, t, 2, 1);
    struct link_message end = ll_part(s, &t[0], LL_PART_90K);
    end.u.part.last = true; /* the segment's end is not here yet: what follows is the next one */
    ll_send(s, &t[0], &end);
    snprintf(next, sizeof(next), "%llu.m4s", (unsigned long long)l->first_msn + 2);
    assert_string_equal(next, rendition(s, "video")->hint);
    assert_int_equal(0, rendition(s, "video")->hint_offset);
    ll_finish(s, &t[0]);
    assert_string_equal(next, rendition(s, "video")->hint);
    ll_parts(s, &t[1], 1, 1);
    ll_finish(s, &t[1]);
    assert_int_equal(0, room_view_find(*viewers_place(&s->viewers, "hall"), uri, strlen(uri), &m));
    assert_true(!m.open && m.bytes == 4 * 2500 + 10);
    assert_string_equal(etag, m.blob->etag); /* the same bytes, and more */
    free(l);
}

/* A frame that lasts longer than a part may: the playlist stays legal (rule 72). */
static void test_long_frame(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    start(s, 1, t, FIRST_90K);
    for (int i = 0; i < 2; i++) {
        struct link_message m = ll_part(s, &t[0], 90000);
        ll_send(s, &t[0], &m);
    }
    struct link_message m = ll_segment(s, &t[0]);
    s->viewers.shows = 0;
    rooms_message(s->rooms, &m, dup(t[0].fd), s->now_us, s->wall_us);
    ll_next(&t[0]);
    struct room_facts f;
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(2 * 90000, window_duration_90k(&f.presentation->renditions[0]->window));
}

/* However many messages are waiting, viewers get one view, with all renditions in step. */
static void test_one_view_a_turn(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    start(s, 1, t, FIRST_90K);
    ll_run(s, t, 2, 1);
    unsigned shows = s->viewers.shows;
    s->busy = true;
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < 4; i++) {
            struct link_message m = ll_part(s, &t[k], LL_PART_90K);
            ll_send(s, &t[k], &m);
        }
        ll_finish(s, &t[k]);
    }
    assert_int_equal(shows, s->viewers.shows);
    rooms_show(s->rooms, s->now_us, s->wall_us);
    assert_int_equal(shows + 1, s->viewers.shows);
    rooms_show(s->rooms, s->now_us, s->wall_us);
    assert_int_equal(shows + 1, s->viewers.shows);
    s->busy = false;
}

/* The parts' file and the segment's are one: its descriptor and its bytes count once. */
static void test_one_file(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct room_facts f;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    t[0] = ll_track_of(1, 0, FIRST_90K);
    ll_parts(s, t, 1, 4);
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(4 * 2500 + 10 + strlen("video init"), f.bytes);
    ll_run(s, t, 1, 1);
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(4 * 2500 + 10 + strlen("video init"), f.bytes);
    assert_int_equal(2, blob_count());
}

static size_t count_of(const struct body *b, const char *what)
{
    size_t n = 0;
    for (const char *at = b->plain; (at = strstr(at, what)); at++)
        n++;
    return n;
}

/* Rule 91: what was shown for longer than the skip boundary is left out of the answer to v2 alone;
 * what is gone is named in both. */
static void test_delta_skips_dateranges(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    struct link_message m = {.type = LINK_EVENT, .worker = 1, .feed = 1};
    m.u.event = (struct link_event){
        .kind = LINK_EVENT_ID3, .at_90k = FIRST_90K + 90000, .planned_90k = -1, .len = 1};
    s->config.hls.window_segments = 12;
    start(s, 1, t, FIRST_90K);
    stage_tell(s, &m, -1);
    ll_run(s, t, 2, 8); /* shown for 14 s */
    const struct view_rendition *r = rendition(s, "audio");
    assert_int_equal(1, count_of(r->playlist, "#EXT-X-DATERANGE:ID=\"id3-990000\""));
    assert_int_equal(1, count_of(r->delta, "#EXT-X-DATERANGE:"));
    assert_int_equal(0, count_of(r->delta_v2, "#EXT-X-DATERANGE:"));
    assert_int_equal(1, count_of(r->delta_v2, ",RECENTLY-REMOVED-DATERANGES=\"\"\n"));
    assert_null(rendition(s, "iframes")->delta_v2); /* the same */
    ll_run(s, t, 2, 6);
    r = rendition(s, "audio");
    assert_int_equal(0, count_of(r->playlist, "#EXT-X-DATERANGE:"));
    assert_int_equal(1, count_of(r->delta, ",RECENTLY-REMOVED-DATERANGES=\"id3-990000\"\n"));
    assert_null(r->delta_v2);
    ll_run(s, t, 2, 9);
    assert_int_equal(1, count_of(rendition(s, "audio")->delta, "DATERANGES=\"\"\n"));
    leave_stage(t);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_low_latency, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_start),    CASE(test_sliding),    CASE(test_cut_short),
        CASE(test_ended),    CASE(test_numbers),    CASE(test_cut_short_at_once),
        CASE(test_ranges),   CASE(test_constants),  CASE(test_one_view_a_turn),
        CASE(test_one_file), CASE(test_long_frame), CASE(test_delta_skips_dateranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
