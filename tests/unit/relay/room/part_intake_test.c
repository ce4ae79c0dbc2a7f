/* Parts as no worker should send them, parts that are too late, and segments that do not fit. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"

enum { FIRST_90K = 900000 };

static int set_playing(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    return err;
}

static uint64_t faults(struct stage *s)
{
    struct rooms_facts f;
    rooms_facts(s->rooms, &f);
    return f.faults;
}

/* Counted, and nothing of it is seen; fd is taken. */
static void refuse(struct stage *s, const struct link_message *m, int fd)
{
    uint64_t before = faults(s);
    unsigned shows = s->viewers.shows;
    stage_tell(s, m, fd);
    assert_int_equal(before + 1, faults(s));
    assert_int_equal(shows, s->viewers.shows);
}

static void test_first_parts(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    struct link_message m, good = ll_part(s, &t, LL_PART_90K);
    refuse(s, &good, -1);                         /* no file */
    refuse(s, &good, stage_bytes("short", 2500)); /* a byte is missing */
    m = good;
    m.u.part.offset = 1;
    refuse(s, &m, dup(t.fd)); /* a segment begins with its first byte */
    m = good;
    m.u.part.bytes = 0;
    refuse(s, &m, dup(t.fd));
    m.u.part.bytes = UINT32_MAX;
    m.u.part.offset = UINT32_MAX;
    refuse(s, &m, dup(t.fd));
    m = good;
    m.u.part.track = 1;
    refuse(s, &m, dup(t.fd)); /* not announced */
    m.u.part.track = UINT32_MAX;
    refuse(s, &m, dup(t.fd));
    m = good;
    m.u.part.init_id = 2;
    refuse(s, &m, dup(t.fd));
    m = good;
    m.u.part.duration_90k = 0;
    refuse(s, &m, dup(t.fd));
    m.u.part.duration_90k = INT64_MAX;
    refuse(s, &m, dup(t.fd));
    m = good;
    m.u.part.start_90k = INT64_MIN;
    refuse(s, &m, dup(t.fd));
    m = good;
    m.u.part.part = 3;
    refuse(s, &m, dup(t.fd)); /* a file with another part */
    refuse(s, &m, -1);        /* its segment is not open */
    m.u.part.part = UINT32_MAX;
    refuse(s, &m, -1);
    assert_int_equal(1, blob_count()); /* the init segment */
    ll_send(s, &t, &good);
    ll_run(s, &t, 1, 1);
}

static void test_later_parts(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    struct link_message m, first = ll_part(s, &t, LL_PART_90K), good;
    ll_send(s, &t, &first);
    refuse(s, &first, dup(t.fd)); /* again */
    good = ll_part(s, &t, LL_PART_90K);
    refuse(s, &good, dup(t.fd)); /* its file is known */
    m = good;
    m.u.part.part = 2;
    refuse(s, &m, -1);
    m = good;
    m.u.part.offset--;
    refuse(s, &m, -1);
    m = good;
    m.u.part.bytes++;
    refuse(s, &m, -1); /* not written yet */
    m = good;
    m.u.part.start_90k++;
    refuse(s, &m, -1);
    stage_track(s, 1, 0, 2, "another video init");
    m = good;
    m.u.part.init_id = 2;
    refuse(s, &m, -1);
    ll_send(s, &t, &good);
    ll_run(s, &t, 1, 1);
    m = first; /* late: its segment is whole */
    uint64_t before = faults(s);
    stage_tell(s, &m, stage_bytes("media", 2501));
    m = good;
    stage_tell(s, &m, -1);
    assert_int_equal(before, faults(s));
}

/* Rule 79: whatever is wrong with it, what was listed is what the segment becomes. */
static void test_segments_that_do_not_add_up(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    struct listing *l = calloc(1, sizeof(*l));
    ll_run(s, &t, 1, 1);
    for (int fault = 0; fault < 7; fault++) {
        ll_parts(s, &t, 1, 2);
        struct link_message m = ll_segment(s, &t);
        m.u.segment.parts += fault == 0;
        m.u.segment.bytes -= fault == 1;
        m.u.segment.samples += fault == 2;
        m.u.segment.start_90k += fault == 3;
        m.u.segment.duration_90k += fault == 4;
        m.u.segment.gap = fault == 5;
        uint64_t before = faults(s);
        if (fault == 6) /* it never comes: the next one begins */
            before--;
        else
            stage_tell(s, &m, dup(t.fd));
        assert_int_equal(before + 1, faults(s));
        ll_next(&t);
        stage_pass(s, 100000);
    }
    ll_run(s, &t, 1, 1);
    stage_listing(s, "video", l);
    assert_int_equal(6, l->count); /* the window has slid */
    for (size_t i = 0; i + 1 < l->count; i++)
        assert_true(l->list[i].duration_s == 1.0);
    assert_true(l->list[5].duration_s == 2.0);
    free(l);
}

/* Parts of one track stop while the others go on: what it has becomes a segment, then gaps. */
static void test_silent_track(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    struct ll_track t[2] = {ll_track_of(1, 0, FIRST_90K), ll_track_of(1, 1, FIRST_90K)};
    stage_track(s, 1, 1, 1, "audio init");
    ll_run(s, t, 2, 1);
    ll_parts(s, t, 2, 1);
    ll_run(s, t, 1, 5);
    stage_listing(s, "audio", l);
    assert_true(l->list[1].duration_s == 0.5 && !l->list[1].gap);
    assert_true(l->count == 3 && l->list[2].gap);
    stage_golden(s, "audio.m3u8", "ll-silent-audio.m3u8");
    struct link_message m = ll_segment(s, &t[1]); /* too late now */
    stage_tell(s, &m, dup(t[1].fd));
    struct rooms_facts f;
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.media.late);
    assert_int_equal(0, f.faults);
    ll_next(&t[1]);
    free(l);
}

/* New parameters, and a session without sound: breaks stand before part 0, gaps beside whole ones.
 */
static void test_breaks(void **state)
{
    struct stage *s = *state;
    struct listing *v = calloc(2, sizeof(*v)), *a = v + 1;
    struct ll_track t[2] = {ll_track_of(1, 0, FIRST_90K), ll_track_of(1, 1, FIRST_90K)};
    stage_track(s, 1, 1, 1, "audio init");
    ll_run(s, t, 2, 1);
    stage_track(s, 1, 0, 2, "720p init");
    t[0].init_id = 2;
    t[0].discontinuity = t[1].discontinuity = true;
    ll_parts(s, t, 2, 1);
    stage_golden(s, "video.m3u8", "ll-break-video.m3u8");
    stage_golden(s, "audio.m3u8", "ll-break-audio.m3u8");
    ll_run(s, t, 2, 1);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_open(s, 3, "hall");
    stage_track(s, 3, 0, 1, "video init");
    t[0] = ll_track_of(3, 0, t[0].end_90k);
    ll_run(s, t, 1, 1);
    ll_parts(s, t, 1, 2);
    stage_listing(s, "video", v);
    stage_listing(s, "audio", a);
    assert_int_equal(3, a->count);
    assert_true(a->list[2].gap && a->list[2].sequence == v->list[2].sequence);
    assert_true(a->list[2].duration_s == 2.0);
    ll_next(&t[0]);
    free(v);
}

static void test_numbers_that_jump(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    ll_run(s, &t, 1, 1);
    ll_parts(s, &t, 1, 1);
    ll_next(&t);
    t.sequence = UINT64_MAX / 2;
    struct link_message m = ll_part(s, &t, LL_PART_90K);
    ll_send(s, &t, &m);
    assert_int_equal(1, stage_sent(s, LINK_FEED_STOP)->feed);
    assert_int_equal(LINK_ROOM_WAITING, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    ll_next(&t);
    stage_open(s, 3, "hall");
    stage_track(s, 3, 0, 1, "video init");
    t = ll_track_of(3, 0, FIRST_90K + 5 * LL_PART_90K);
    ll_run(s, &t, 1, 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_playing, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_first_parts),  CASE(test_later_parts), CASE(test_segments_that_do_not_add_up),
        CASE(test_silent_track), CASE(test_breaks),      CASE(test_numbers_that_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
