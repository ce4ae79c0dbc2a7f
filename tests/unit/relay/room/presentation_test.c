/* What a room plays when its feed is not perfect: late audio, gaps, new parameters, wrong numbers.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/room/budget.h"
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

#include <math.h>

static struct listing *listings(void)
{
    return calloc(2, sizeof(struct listing));
}

static void start_video(struct stage *s, uint64_t feed)
{
    stage_open(s, feed, "hall");
    stage_track(s, feed, 0, 1, "video init");
}

static void test_audio_late(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 3, 0);
    assert_null(strstr(stage_text(s, "hall", "index.m3u8"), "AUDIO"));
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 3, 5, 0);
    stage_golden(s, "audio.m3u8", "audio-late-audio.m3u8");
    assert_non_null(strstr(stage_text(s, "hall", "index.m3u8"), "AUDIO"));
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_int_equal(v->list[3].msn, a->first_msn);
    free(v);
}

static void test_announced_but_silent(void **state)
{
    struct stage *s = *state;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    struct link_message m = stage_segment(s, 1, 0, 0);
    stage_deliver(s, &m);
    assert_null(stage_text(s, "hall", "index.m3u8"));
    stage_pass(s, 1000000);
    assert_null(strstr(stage_text(s, "hall", "index.m3u8"), "AUDIO"));
}

static void test_gap(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings();
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 2, 0);
    struct link_message m = stage_segment(s, 1, 0, 2);
    m.u.segment.gap = true;
    m.u.segment.bytes = 0;
    stage_deliver(s, &m);
    m = stage_segment(s, 1, 0, 5); /* 3 and 4 never come */
    stage_deliver(s, &m);
    stage_golden(s, "video.m3u8", "gap-video.m3u8");
    stage_listing(s, "video", v);
    assert_int_equal(6, v->count);
    assert_true(v->list[2].gap && v->list[3].gap && v->list[4].gap && !v->list[5].gap);
    free(v);
}

static void test_slow_track_follows(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 2, 0);
    stage_run(s, 1, 1, 2, 7, 0); /* the audio stopped */
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_int_equal(v->list[v->count - 1].msn - 3, a->list[a->count - 1].msn);
    assert_true(a->list[a->count - 1].gap);
    struct link_message m = stage_segment(s, 1, 1, 3); /* too late: its place is a gap */
    stage_deliver(s, &m);
    m = stage_segment(s, 1, 1, 6); /* this one is in time */
    stage_deliver(s, &m);
    struct rooms_facts f;
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.media.late);
    stage_listing(s, "audio", a);
    assert_int_equal(v->list[v->count - 1].msn, a->list[a->count - 1].msn);
    free(v);
}

static void test_session_without_audio(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 3, 0);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    start_video(s, 2);
    stage_run(s, 2, 1, 0, 2, 3 * STAGE_SEGMENT_90K);
    stage_golden(s, "audio.m3u8", "video-only-again-audio.m3u8");
    assert_null(strstr(stage_text(s, "hall", "index.m3u8"), "AUDIO"));
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_int_equal(v->list[v->count - 1].sequence, a->list[a->count - 1].sequence);
    stage_run(s, 2, 1, 2, 12, 3 * STAGE_SEGMENT_90K);
    assert_null(stage_text(s, "hall", "audio.m3u8")); /* nothing but gaps was left of it */
    stage_close(s, 2, LINK_CLOSE_ENDED);
    start_video(s, 3);
    stage_track(s, 3, 1, 1, "audio init");
    stage_run(s, 3, 2, 0, 2, 15 * STAGE_SEGMENT_90K);
    stage_listing(s, "audio", a);
    stage_listing(s, "video", v);
    assert_int_equal(v->list[v->count - 1].sequence, a->list[a->count - 1].sequence);
    free(v);
}

static void test_parameters_change(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 2, 0);
    stage_track(s, 1, 0, 2, "720p init");
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 1, track, 2);
        m.u.segment.init_id = track == 0 ? 2 : 1;
        m.u.segment.discontinuity = true;
        m.u.segment.capture_wall_us += 7000000;
        stage_deliver(s, &m);
    }
    stage_golden(s, "video.m3u8", "new-parameters-video.m3u8");
    stage_golden(s, "audio.m3u8", "new-parameters-audio.m3u8");
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_string_not_equal(v->list[1].map, v->list[2].map);
    assert_string_equal(a->list[1].map, a->list[2].map);
    free(v);
}

/* A worker that forgets the flag: the new map still comes with a discontinuity (rule 37), and the
 * audio, which had passed that point, has it one segment later. */
static void test_map_without_flag(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 2, 0);
    stage_track(s, 1, 0, 2, "720p init");
    struct link_message m = stage_segment(s, 1, 0, 2);
    m.u.segment.init_id = 2;
    stage_deliver(s, &m);
    m = stage_segment(s, 1, 1, 2);
    stage_deliver(s, &m);
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_int_equal(v->list[1].sequence + 1, v->list[2].sequence);
    assert_int_equal(v->list[2].sequence, a->list[2].sequence);
    free(v);
}

static void test_target_duration_is_frozen(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    struct listing *v = listings();
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 1, 0);
    struct link_message m = stage_segment(s, 1, 0, 1);
    m.u.segment.duration_90k = 5 * 90000; /* a worker's mistake */
    m.u.segment.target_duration_s = 5;
    stage_deliver(s, &m);
    stage_golden(s, "video.m3u8", "over-target-video.m3u8");
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.media.over_target);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_int_equal(2, stage_open(s, 2, "hall")->u.go.target_duration_s);
    free(v);
}

static void test_first_segment_longer_than_said(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings();
    start_video(s, 1);
    struct link_message m = stage_segment(s, 1, 0, 0);
    m.u.segment.duration_90k = 833 * 900;
    stage_deliver(s, &m);
    stage_listing(s, "video", v);
    assert_int_equal(8, v->target_s);
    free(v);
}

static void test_three_targets_stay(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings();
    s->config.hls.window_segments = 6;
    start_video(s, 1);
    for (uint64_t i = 0; i < 40; i++) {
        struct link_message m = stage_segment(s, 1, 0, i);
        m.u.segment.start_90k = m.u.segment.present_90k = 900000 + (int64_t)i * 45000;
        m.u.segment.duration_90k = 45000;
        m.u.segment.target_duration_s = 4;
        stage_pass(s, 500000);
        stage_deliver(s, &m);
    }
    stage_listing(s, "video", v);
    assert_int_equal(24, v->count); /* rule 23: 12 s of half a second each */
    free(v);
}

static void test_budget(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    struct listing *v = listings();
    s->config.limits.room_bytes = 45000;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    stage_run(s, 1, 2, 0, 12, 0);
    rooms_facts(s->rooms, &f);
    assert_true(f.media.shed_listed > 0);
    struct room_facts r;
    room_facts(rooms_find(s->rooms, "hall"), &r);
    assert_in_range(r.bytes, 1, 45000);
    stage_listing(s, "video", v);
    assert_in_range(v->count, 3, 4);
    free(v);
}

/* Short segments are off the list long before they may go: only so many files wait behind it. */
static void test_budget_of_files(void **state)
{
    struct stage *s = *state;
    struct rooms_facts f;
    struct room_facts r;
    size_t retained = 0;
    s->config.limits.room_bytes = 64 << 20;
    start_video(s, 1);
    for (uint64_t sequence = 0; sequence < 2 * BUDGET_RETAINED_MAX; sequence++) {
        struct link_message m = stage_segment(s, 1, 0, sequence);
        int64_t early_90k = (int64_t)sequence * (180000 - 1800);
        m.u.segment.start_90k -= early_90k;
        m.u.segment.present_90k -= early_90k;
        m.u.segment.duration_90k = 1800;
        stage_deliver(s, &m); /* all at one moment */
    }
    room_facts(rooms_find(s->rooms, "hall"), &r);
    for (size_t i = 0; i < r.presentation->count; i++)
        retained += r.presentation->renditions[i]->window.retained;
    rooms_facts(s->rooms, &f);
    assert_int_equal(BUDGET_RETAINED_MAX, retained);
    assert_in_range(f.media.shed_retained, BUDGET_RETAINED_MAX / 2, BUDGET_RETAINED_MAX);
    assert_int_equal(0, f.media.shed_listed);
}

static void test_dates(void **state)
{
    struct stage *s = *state;
    struct listing *v = listings(), *a = v + 1;
    start_video(s, 1);
    stage_track(s, 1, 1, 1, "audio init");
    for (uint64_t i = 0; i < 3; i++) {
        struct link_message video = stage_segment(s, 1, 0, i), audio = stage_segment(s, 1, 1, i);
        video.u.segment.present_90k += 6000; /* B-frames */
        audio.u.segment.start_90k += 900;
        audio.u.segment.present_90k += 900;
        audio.u.segment.capture_wall_us += 123456; /* only the first one of the session counts */
        stage_deliver(s, &video);
        stage_deliver(s, &audio);
    }
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    for (size_t i = 0; i < 3; i++) /* rule 54: PTS apart by 5100 ticks, dates too */
        assert_true(fabs(v->list[i].date_s - a->list[i].date_s - 5100.0 / 90000) < 0.002);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    s->wall_us -= 60000000; /* the clock steps back a minute */
    start_video(s, 2);
    s->wall_us += 2000000;
    stage_run(s, 2, 1, 0, 1, 3 * STAGE_SEGMENT_90K); /* checked by the viewers: rule 53 */
    free(v);
}

static void refuse(struct stage *s, struct link_message m, int fd)
{
    struct rooms_facts before, after;
    rooms_facts(s->rooms, &before);
    unsigned shows = s->viewers.shows;
    stage_tell(s, &m, fd);
    rooms_facts(s->rooms, &after);
    assert_int_equal(before.faults + 1, after.faults);
    assert_int_equal(before.media.segments, after.media.segments);
    assert_int_equal(shows, s->viewers.shows);
}

static void test_what_no_worker_should_send(void **state)
{
    struct stage *s = *state;
    struct link_message m;
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 1, 0);
    m = stage_segment(s, 1, 0, 1);
    refuse(s, m, -1);                         /* no bytes */
    refuse(s, m, stage_bytes("short", 9999)); /* fewer than said */
    m.u.segment.track = 3;
    refuse(s, m, stage_bytes("media", 10000)); /* not announced */
    m.u.segment.track = 4000000000u;
    refuse(s, m, stage_bytes("media", 10000));
    m = stage_segment(s, 1, 0, 1);
    m.u.segment.init_id = 7;
    refuse(s, m, stage_bytes("media", 10000));
    m = stage_segment(s, 1, 0, 1);
    m.u.segment.duration_90k = 0;
    refuse(s, m, stage_bytes("media", 10000));
    m.u.segment.duration_90k = INT64_MAX;
    refuse(s, m, stage_bytes("media", 10000));
    m = stage_segment(s, 1, 0, 1);
    m.u.segment.start_90k = INT64_MIN;
    refuse(s, m, stage_bytes("media", 10000));
    m = (struct link_message){.type = LINK_TRACK, .worker = 1, .feed = 1};
    refuse(s, m, stage_bytes("init", 4)); /* codec none */
    m.u.track.params.codec = CODEC_AAC;
    m.u.track.track = 1;
    m.u.track.init_bytes = 4;
    snprintf(m.u.track.params.rfc6381, 40, "a\"b\n");
    refuse(s, m, stage_bytes("init", 4)); /* would break out of its quotes */
    memset(m.u.track.params.rfc6381, 'a', 40);
    refuse(s, m, stage_bytes("init", 4)); /* not terminated */
    m = (struct link_message){.type = 99, .worker = 1};
    refuse(s, m, stage_bytes("init", 4));
    m = (struct link_message){.type = LINK_SEGMENT, .worker = 77, .feed = 1};
    refuse(s, m, stage_bytes("init", 4));
}

static void test_sequence_jumps(void **state)
{
    struct stage *s = *state;
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 2, 0);
    struct link_message m = stage_segment(s, 1, 0, 2);
    m.u.segment.sequence = UINT64_MAX / 2;
    stage_deliver(s, &m);
    assert_int_equal(1, stage_sent(s, LINK_FEED_STOP)->feed);
    assert_int_equal(LINK_ROOM_WAITING, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    start_video(s, 2); /* the room goes on with the next feed */
    stage_run(s, 2, 1, 0, 1, 2 * STAGE_SEGMENT_90K);
}

static void test_time_goes_back(void **state)
{
    struct stage *s = *state;
    start_video(s, 1);
    stage_run(s, 1, 1, 0, 3, 0);
    struct link_message m = stage_segment(s, 1, 0, 3);
    m.u.segment.start_90k = m.u.segment.present_90k = 900000;
    stage_deliver(s, &m);
    assert_int_equal(1, stage_sent(s, LINK_FEED_STOP)->feed);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_audio_late),
        CASE(test_announced_but_silent),
        CASE(test_gap),
        CASE(test_slow_track_follows),
        CASE(test_session_without_audio),
        CASE(test_parameters_change),
        CASE(test_map_without_flag),
        CASE(test_target_duration_is_frozen),
        CASE(test_first_segment_longer_than_said),
        CASE(test_three_targets_stay),
        CASE(test_budget),
        CASE(test_budget_of_files),
        CASE(test_dates),
        CASE(test_what_no_worker_should_send),
        CASE(test_sequence_jumps),
        CASE(test_time_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
