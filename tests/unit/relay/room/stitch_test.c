/* A segment of two feeds or more: what is kept back, and what becomes of it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/seals.h"
#include "tests/unit/relay/room/pair_actors.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { HALF_90K = 60000 };
static const int64_t first_90k = 900000;

/* A segment of each of the first `count` tracks. */
static void send_segments(struct stage *s, uint64_t feed, uint32_t count, uint64_t sequence,
                          int64_t start_90k, int64_t duration_90k)
{
    for (uint32_t track = 0; track < count; track++) {
        struct link_message m = stage_segment(s, feed, track, sequence);
        m.u.segment.start_90k = m.u.segment.present_90k = start_90k;
        m.u.segment.duration_90k = duration_90k;
        stage_deliver(s, &m);
    }
}

static void expect_listed(struct stage *s, const char *name, size_t count)
{
    struct listing *l = calloc(1, sizeof(*l));
    struct rooms_facts sums;
    char list[32];
    snprintf(list, sizeof(list), "%s.m3u8", name);
    stage_listing(s, name, l);
    assert_int_equal(count, l->count);
    for (size_t i = 0; i < l->count; i++)
        assert_false(l->list[i].gap);
    assert_int_equal(0, breaks(s, list));
    rooms_facts(s->rooms, &sums);
    assert_int_equal(0, sums.faults);
    free(l);
}

static const struct window_segment *listed(struct stage *s, size_t rendition, size_t i)
{
    const struct window *w = &facts(s).presentation->renditions[rendition]->window;
    assert_true(i < window_listed(w));
    return window_first(w) + i;
}

/* Main has sent two segments, and is asked to rest. */
static void start_switch(struct stage *s)
{
    start_pair(s);
    make_alike(s);
    signs(s, 1, true, false, false);
    assert_true(told(s, LINK_FEED_REST, 1));
}

/* Main's third segment has begun, and is kept back; backup is on air and has sent nothing. */
static void start_half(struct stage *s)
{
    start_switch(s);
    send_segments(s, 1, 2, 2, first_90k + 2 * STAGE_SEGMENT_90K, HALF_90K);
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
}

/* The worker had ended a segment before it read that it is to rest. */
static void test_whole_one_before_the_rest(void **state)
{
    struct stage *s = *state;
    int64_t start_90k = first_90k + 3 * STAGE_SEGMENT_90K;
    start_switch(s);
    send_segments(s, 1, 2, 2, start_90k - STAGE_SEGMENT_90K, STAGE_SEGMENT_90K);
    send_segments(s, 1, 2, 3, start_90k, HALF_90K);
    expect_listed(s, "video", 3);
    rested(s, 1);
    int64_t from_90k = stage_sent(s, LINK_FEED_GO)->u.go.from_90k[0];
    assert_in_range(from_90k, start_90k + HALF_90K - 1600, start_90k + HALF_90K);
    tracks(s, 2, "video init");
    send_segments(s, 2, 2, 0, start_90k + HALF_90K, STAGE_SEGMENT_90K - HALF_90K);
    stage_run(s, 2, 2, 1, 2, 3 * STAGE_SEGMENT_90K);
    expect_listed(s, "video", 5);
    expect_listed(s, "audio", 5);
    assert_int_equal(STAGE_SEGMENT_90K, listed(s, 0, 3)->duration_90k);
    assert_int_equal(20000, listed(s, 0, 3)->bytes);
}

/* The same, and sound has nothing behind it: its whole one is no half of the other feed's. */
static void test_whole_one_of_sound(void **state)
{
    struct stage *s = *state;
    int64_t start_90k = first_90k + 3 * STAGE_SEGMENT_90K;
    start_switch(s);
    send_segments(s, 1, 2, 2, start_90k - STAGE_SEGMENT_90K, STAGE_SEGMENT_90K);
    send_segments(s, 1, 1, 3, start_90k, HALF_90K);
    rested(s, 1);
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "video init");
    send_segments(s, 2, 1, 0, start_90k + HALF_90K, STAGE_SEGMENT_90K - HALF_90K);
    struct link_message m = stage_segment(s, 2, 1, 0);
    m.u.segment.start_90k = m.u.segment.present_90k = start_90k;
    stage_deliver(s, &m);
    stage_run(s, 2, 2, 1, 2, 3 * STAGE_SEGMENT_90K);
    expect_listed(s, "video", 5);
    expect_listed(s, "audio", 5);
    assert_int_equal(1000, listed(s, 1, 3)->bytes);
}

/* Who was to end it leaves first: it keeps the number that it had. */
static void test_half_of_a_feed_that_left(void **state)
{
    struct stage *s = *state;
    start_half(s);
    tracks(s, 2, "video init");
    stage_close(s, 2, LINK_CLOSE_ENDED);
    assert_int_equal(ROOM_WAITING, facts(s).state);
    expect_listed(s, "video", 3);
    expect_listed(s, "audio", 3);
    assert_int_equal(HALF_90K, listed(s, 0, 2)->duration_90k);
}

/* Who was to end it brings nothing, and the first feed ends it itself. */
static void test_half_ended_by_its_own_feed(void **state)
{
    struct stage *s = *state;
    int64_t end_90k = first_90k + 2 * STAGE_SEGMENT_90K + HALF_90K;
    start_half(s);
    signs(s, 1, false, true, true);
    signs(s, 2, true, false, false);
    assert_true(told(s, LINK_FEED_REST, 2));
    rested(s, 2);
    assert_true(told(s, LINK_FEED_GO, 1));
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 1, "video init");
    send_segments(s, 1, 2, 0, end_90k, STAGE_SEGMENT_90K - HALF_90K);
    stage_run(s, 1, 2, 1, 2, 2 * STAGE_SEGMENT_90K);
    expect_listed(s, "video", 4);
    expect_listed(s, "audio", 4);
    assert_int_equal(STAGE_SEGMENT_90K, listed(s, 0, 2)->duration_90k);
}

/* There and back again within one segment. */
static void test_three_pieces(void **state)
{
    struct stage *s = *state;
    int64_t end_90k = first_90k + 2 * STAGE_SEGMENT_90K + HALF_90K;
    start_half(s);
    tracks(s, 2, "video init");
    signs(s, 1, false, true, true);
    signs(s, 2, true, false, false);
    send_segments(s, 2, 2, 0, end_90k, HALF_90K);
    expect_listed(s, "video", 2);
    rested(s, 2);
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 1, "video init");
    send_segments(s, 1, 2, 0, end_90k + HALF_90K, HALF_90K);
    stage_run(s, 1, 2, 1, 2, 2 * STAGE_SEGMENT_90K);
    expect_listed(s, "video", 4);
    expect_listed(s, "audio", 4);
    assert_int_equal(30000, listed(s, 0, 2)->bytes);
    assert_int_equal(STAGE_SEGMENT_90K, listed(s, 0, 2)->duration_90k);
}

/* The same init segment has another number in the other feed. */
static void test_init_by_another_number(void **state)
{
    struct stage *s = *state;
    start_switch(s);
    stage_track(s, 1, 0, 2, "video init");
    struct link_message m = stage_segment(s, 1, 0, 2);
    m.u.segment.init_id = 2;
    stage_deliver(s, &m);
    m = stage_segment(s, 1, 1, 2);
    stage_deliver(s, &m);
    rested(s, 1);
    tracks(s, 2, "video init");
    stage_run(s, 2, 2, 1, 2, 2 * STAGE_SEGMENT_90K); /* it begins with a keyframe */
    expect_listed(s, "video", 4);
    expect_listed(s, "audio", 4);
}

/* What no list could take is no end that another feed could go on from. */
static void test_nonsense_is_not_kept(void **state)
{
    struct stage *s = *state;
    struct rooms_facts sums;
    start_switch(s);
    send_segments(s, 1, 1, 2, first_90k + 2 * STAGE_SEGMENT_90K, 0);
    rooms_facts(s->rooms, &sums);
    assert_int_equal(1, sums.faults);
    send_segments(s, 1, 1, 2000, first_90k + 2 * STAGE_SEGMENT_90K, HALF_90K);
    assert_true(told(s, LINK_FEED_STOP, 1));
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_int_equal(first_90k + 2 * STAGE_SEGMENT_90K,
                     stage_sent(s, LINK_FEED_GO)->u.go.start_90k);
    tracks(s, 2, "video init");
    assert_false(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    stage_run(s, 2, 2, 0, 1, 2 * STAGE_SEGMENT_90K);
    assert_int_equal(STAGE_SEGMENT_90K, listed(s, 0, 2)->duration_90k);
}

static int set_parts(void **state)
{
    int err = set_pair(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    return err;
}

/* Main has listed two segments and `parts` parts of a third one; backup rests. */
static void start_parts(struct stage *s, struct ll_track one[static 2], unsigned parts)
{
    open_as(s, 1, "main");
    tracks(s, 1, "video init");
    for (uint32_t k = 0; k < 2; k++)
        one[k] = ll_track_of(1, k, first_90k);
    ll_run(s, one, 2, 2);
    ll_parts(s, one, 2, parts);
    open_as(s, 2, "backup");
    signs(s, 2, false, true, true);
    make_alike(s);
}

static void finish(struct stage *s, struct ll_track t[static 2])
{
    for (size_t k = 0; k < 2; k++)
        ll_finish(s, &t[k]);
}

/* A feed goes on where the one before it has ended, with one part of each track. */
static void go_on(struct stage *s, uint64_t feed, struct ll_track t[static 2],
                  const struct ll_track before[static 2])
{
    assert_true(told(s, LINK_FEED_GO, feed));
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, feed, "video init");
    for (uint32_t k = 0; k < 2; k++)
        t[k] = ll_track_of(feed, k, before[k].start_90k);
    ll_parts(s, t, 2, 1);
}

static void test_parts_of_a_whole_one_before_the_rest(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2], two[2];
    start_parts(s, one, 4);
    signs(s, 1, true, false, false);
    finish(s, one);
    for (size_t k = 0; k < 2; k++) {
        struct link_message part = ll_part(s, &one[k], 9000);
        ll_send(s, &one[k], &part);
    }
    finish(s, one);
    rested(s, 1);
    go_on(s, 2, two, one);
    ll_parts(s, two, 2, 2);
    finish(s, two);
    ll_run(s, two, 2, 1);
    expect_listed(s, "video", 5);
    expect_listed(s, "audio", 5);
    assert_int_equal(9000 + 3 * LL_PART_90K, listed(s, 0, 3)->duration_90k);
    assert_int_equal(9000 + 3 * LL_PART_90K, listed(s, 1, 3)->duration_90k);
    assert_int_equal(1200, listed(s, 0, 2)->iframe_bytes);
}

/* Main dies and backup goes on in its segment; before that ends, another main feed does. */
static void test_three_feeds_by_parts(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2], two[2], three[2];
    start_parts(s, one, 2);
    stage_close(s, 1, LINK_CLOSE_LOST);
    for (size_t k = 0; k < 2; k++)
        ll_next(&one[k]);
    go_on(s, 2, two, one);
    open_as(s, 3, "main");
    signs(s, 3, false, true, true);
    mark(s, 2, 80, 9);
    mark(s, 3, 80, 9);
    signs(s, 2, true, false, false);
    assert_true(told(s, LINK_FEED_REST, 2));
    for (size_t k = 0; k < 2; k++) {
        struct link_message part = ll_part(s, &two[k], 9000);
        part.u.part.last = true;
        ll_send(s, &two[k], &part);
    }
    finish(s, two);
    rested(s, 2);
    go_on(s, 3, three, two);
    finish(s, three);
    ll_run(s, three, 2, 1);
    expect_listed(s, "video", 4);
    expect_listed(s, "audio", 4);
    assert_int_equal(9000 + 4 * LL_PART_90K, listed(s, 0, 2)->duration_90k);
    assert_int_equal(9000 + 4 * LL_PART_90K, listed(s, 1, 2)->duration_90k);
}

/* Main rests, backup dies in the middle of what it was to end, main goes on. */
static void test_back_by_parts(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2], two[2], three[2];
    start_parts(s, one, 2);
    signs(s, 1, true, false, false);
    finish(s, one);
    rested(s, 1);
    go_on(s, 2, two, one);
    signs(s, 1, false, true, true);
    stage_close(s, 2, LINK_CLOSE_LOST);
    for (size_t k = 0; k < 2; k++)
        ll_next(&two[k]);
    go_on(s, 1, three, two);
    finish(s, three);
    ll_run(s, three, 2, 1);
    expect_listed(s, "video", 4);
    expect_listed(s, "audio", 4);
    assert_int_equal(4 * LL_PART_90K, listed(s, 0, 2)->duration_90k);
}

/* Nobody who gets its descriptor may write into it. */
static void test_whole_file_is_sealed(void **state)
{
    struct stage *s = *state;
    start_half(s);
    tracks(s, 2, "video init");
    send_segments(s, 2, 2, 0, first_90k + 2 * STAGE_SEGMENT_90K + HALF_90K, HALF_90K);
    expect_listed(s, "video", 3);
    assert_int_equal(SEALS, fcntl(listed(s, 0, 2)->blob->fd, F_GET_SEALS));
}

/* One file: its name, its ETag and its bytes are those that were said first, and count once. */
static void test_file_of_parts_is_like_others(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2], two[2];
    char etag[24];
    start_parts(s, one, 2);
    snprintf(etag, sizeof(etag), "%s", listed(s, 0, 2)->file->etag);
    signs(s, 1, true, false, false);
    finish(s, one);
    rested(s, 1);
    go_on(s, 2, two, one);
    assert_string_equal(etag, listed(s, 0, 2)->file->etag);
    finish(s, two);
    const struct window_segment *whole = listed(s, 0, 2);
    assert_false(whole->open);
    assert_string_equal(etag, whole->blob->etag);
    assert_ptr_equal(whole->file, whole->blob);
    assert_int_equal(SEALS, fcntl(whole->blob->fd, F_GET_SEALS));
    expect_listed(s, "video", 3);
}

/* What is cut short stays listed, too. */
static void test_cut_short_is_sealed(void **state)
{
    struct stage *s = *state;
    struct ll_track one[2], two[2];
    start_parts(s, one, 2);
    signs(s, 1, true, false, false);
    finish(s, one);
    rested(s, 1);
    go_on(s, 2, two, one);
    stage_close(s, 2, LINK_CLOSE_LOST);
    for (size_t k = 0; k < 2; k++)
        ll_next(&two[k]);
    assert_false(listed(s, 0, 2)->open);
    assert_int_equal(SEALS, fcntl(listed(s, 0, 2)->blob->fd, F_GET_SEALS));
    expect_listed(s, "video", 3);
}

static off_t size_of(const struct blob *b)
{
    struct stat st;
    assert_int_equal(0, fstat(b->fd, &st));
    return st.st_size;
}

/* What the list refuses is not copied first. */
static void test_strange_parts_are_not_copied(void **state)
{
    static const struct {
        uint32_t ahead, bytes;
    } strange[] = {{1 << 28, 1 << 16}, {0, 1 << 20}};
    struct stage *s = *state;
    struct ll_track one[2], two[2];
    struct rooms_facts sums;
    start_parts(s, one, 2);
    signs(s, 1, true, false, false);
    finish(s, one);
    rested(s, 1);
    go_on(s, 2, two, one);
    off_t size = size_of(listed(s, 0, 2)->file);
    for (size_t i = 0; i < 2; i++) {
        struct ll_track t = two[0];
        struct link_message m = ll_part(s, &t, LL_PART_90K);
        m.u.part.offset += strange[i].ahead;
        m.u.part.bytes = strange[i].bytes;
        assert_int_equal(0, ftruncate(t.fd, m.u.part.offset + m.u.part.bytes));
        ll_send(s, &t, &m);
        assert_int_equal(size, size_of(listed(s, 0, 2)->file));
        rooms_facts(s->rooms, &sums);
        assert_int_equal(i + 1, sums.faults);
    }
    ll_parts(s, two, 2, 1);
    assert_int_equal(4, listed(s, 0, 2)->part_count);
    for (size_t k = 0; k < 2; k++)
        ll_next(&two[k]);
}

int main(void)
{
#define WHOLE(test) cmocka_unit_test_setup_teardown(test, set_pair, stage_strike)
#define PARTS(test) cmocka_unit_test_setup_teardown(test, set_parts, stage_strike)
    const struct CMUnitTest tests[] = {
        WHOLE(test_whole_one_before_the_rest),
        WHOLE(test_whole_one_of_sound),
        WHOLE(test_half_of_a_feed_that_left),
        WHOLE(test_half_ended_by_its_own_feed),
        WHOLE(test_three_pieces),
        WHOLE(test_init_by_another_number),
        WHOLE(test_nonsense_is_not_kept),
        PARTS(test_parts_of_a_whole_one_before_the_rest),
        PARTS(test_three_feeds_by_parts),
        PARTS(test_back_by_parts),
        WHOLE(test_whole_file_is_sealed),
        PARTS(test_file_of_parts_is_like_others),
        PARTS(test_cut_short_is_sealed),
        PARTS(test_strange_parts_are_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
