/* Windows of minutes: how long a list gets, what memory allows, and texts made of kept pieces. */
/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/long_window.h"

#include <zlib.h>

enum { FIRST_90K = 900000 };

static struct ll_track start(struct stage *s)
{
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    return ll_track_of(1, 0, FIRST_90K);
}

/* The gzip twin is one member, and the same text. */
static void check_gzip(const struct body *b)
{
    char *out = malloc(b->plain_len + 1);
    struct body_twin gzip;
    assert_true(body_gzip(b, &gzip));
    z_stream z = {.next_in = (const Bytef *)gzip.bytes, .avail_in = (uInt)gzip.len};
    assert_true(gzip.len < b->plain_len / (b->plain_len > 4000 ? 4 : 1));
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)b->plain_len + 1;
    assert_int_equal(Z_OK, inflateInit2(&z, 15 + 16));
    assert_int_equal(Z_STREAM_END, inflate(&z, Z_FINISH));
    assert_int_equal(b->plain_len, z.total_out);
    assert_int_equal(0, z.avail_in);
    assert_memory_equal(b->plain, out, b->plain_len);
    inflateEnd(&z);
    free(out);
}

static const struct view_rendition *video(struct stage *s)
{
    return viewers_rendition(*viewers_place(&s->viewers, "hall"), "video");
}

static void test_minutes(void **state)
{
    struct stage *s = *state;
    struct ll_track t = start(s);
    struct listing *l = calloc(1, sizeof(*l));
    for (int i = 0; i < 200; i++) {
        if (i == 77) { /* a new map in the middle of a run */
            stage_track(s, 1, 0, 2, "720p init");
            t.init_id = 2;
            t.discontinuity = true;
        }
        ll_run(s, &t, 1, 1);
        check_gzip(video(s)->playlist);
    }
    ll_parts(s, &t, 1, 1);
    check_gzip(video(s)->playlist);
    check_gzip(video(s)->delta);
    stage_listing(s, "video", l);
    assert_int_equal(150, l->count); /* and in every view the viewers found each of them there */
    assert_true(video(s)->delta->plain_len < 3000);
    ll_next(&t);
    free(l);
}

/* Rules 23 to 26 hold where memory is what bounds the list: it slides, nothing is torn away. */
static void test_memory_bounds_minutes(void **state)
{
    struct stage *s = *state;
    struct ll_track t = start(s);
    struct listing *l = calloc(1, sizeof(*l));
    struct rooms_facts f;
    struct room_facts r;
    s->config.limits.room_bytes = 40 * SEGMENT_BYTES;
    ll_run(s, &t, 1, 80);
    stage_listing(s, "video", l);
    assert_int_equal(30, l->count); /* three quarters of it */
    rooms_facts(s->rooms, &f);
    assert_int_equal(0, f.media.shed_listed + f.media.shed_retained);
    room_facts(rooms_find(s->rooms, "hall"), &r);
    assert_in_range(r.bytes, 30 * SEGMENT_BYTES, 40 * SEGMENT_BYTES);
    char uri[96];
    struct view_match m;
    snprintf(uri, sizeof(uri), "video/%llu.m4s", (unsigned long long)l->first_msn - 1);
    assert_int_equal(0, room_view_find(*viewers_place(&s->viewers, "hall"), uri, strlen(uri), &m));
    free(l);
}

/* Six segments are the least, however short the window and small the memory that it may slide to.
 */
static void test_least(void **state)
{
    struct stage *s = *state;
    struct ll_track t = start(s);
    struct listing *l = calloc(1, sizeof(*l));
    free(s->listed.window);
    s->listed.window = strdup("1s");
    s->config.limits.room_bytes = 9 * SEGMENT_BYTES;
    ll_run(s, &t, 1, 20);
    ll_parts(s, &t, 1, 2);
    stage_listing(s, "video", l);
    assert_int_equal(6, l->count);
    ll_next(&t);
    free(l);
}

static void test_lists_of_no_low_latency(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    s->config.hls.low_latency = false;
    start(s);
    stage_run(s, 1, 1, 0, 180, 0);
    stage_listing(s, "video", l);
    assert_int_equal(150, l->count);
    assert_null(video(s)->delta);
    check_gzip(video(s)->playlist);
    free(l);
}

/* Segments without an IDR, and gaps, keep their numbers among the I-frames. */
static void test_iframes(void **state)
{
    struct stage *s = *state;
    start(s);
    for (uint64_t i = 0; i < 5; i++) {
        struct link_message m = stage_segment(s, 1, 0, i);
        m.u.segment.iframe_bytes = i == 2 ? 10001 : i == 3 ? 0 : 2000 + (uint32_t)i;
        m.u.segment.gap = i == 4;
        m.u.segment.independent = i != 1;
        stage_deliver(s, &m);
    }
    stage_golden(s, "iframes.m3u8", "iframes.m3u8");
    assert_non_null(strstr(stage_text(s, "hall", "index.m3u8"), "I-FRAME-STREAM-INF"));
    assert_null(strstr(stage_text(s, "hall", "iframes.m3u8"), "INDEPENDENT"));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_window, end_window)
    const struct CMUnitTest tests[] = {
        CASE(test_minutes), CASE(test_memory_bounds_minutes),
        CASE(test_least),   CASE(test_lists_of_no_low_latency),
        CASE(test_iframes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
