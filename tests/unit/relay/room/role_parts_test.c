/* Renditions beside the main feed in parts: in step with it, and what becomes of an open segment.
 */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"

#include <errno.h>

enum { MAIN = 1, ROLE = 2, FIRST_90K = 900000 };

/* The main feed's two tracks and, as the third, the role's picture. */
struct cast {
    struct ll_track t[3];
};

static int set(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    return err;
}

static int set_ranges(void **state)
{
    int err = set(state);
    struct stage *s = *state;
    s->config.hls.part_uris = PART_URIS_RANGE;
    return err;
}

static void open_role(struct stage *s, struct cast *c)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = ROLE % 2, .feed = ROLE};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "720p");
    stage_tell(s, &m, -1);
    ll_run(s, c->t, 2, 1);
    const struct link_message *go = stage_sent(s, LINK_FEED_GO);
    assert_int_equal(ROLE, go->feed);
    assert_int_equal(500, go->u.go.part_ms);
    assert_int_equal(c->t[0].start_90k, go->u.go.start_90k);
    c->t[2] = ll_track_of(ROLE, 0, go->u.go.start_90k);
    stage_track(s, ROLE, 0, 1, "small init");
}

/* Both are here, and the role is seen. */
static void start(struct stage *s, struct cast *c)
{
    stage_open(s, MAIN, "hall");
    stage_track(s, MAIN, 0, 1, "video init");
    stage_track(s, MAIN, 1, 1, "audio init");
    c->t[0] = ll_track_of(MAIN, 0, FIRST_90K);
    c->t[1] = ll_track_of(MAIN, 1, FIRST_90K);
    ll_run(s, c->t, 2, 1);
    open_role(s, c);
    ll_run(s, c->t, 3, 3);
    assert_non_null(stage_text(s, "hall", "video-2.m3u8"));
}

static void leave_stage(struct cast *c)
{
    for (size_t i = 0; i < 3; i++)
        ll_next(&c->t[i]);
}

static void read_list(struct stage *s, const char *tail, struct ll_listing *l)
{
    const char *text = stage_text(s, "hall", tail);
    assert_non_null(text);
    ll_read(l, text);
}

static int find(struct stage *s, const char *path)
{
    struct view_match m;
    return room_view_find(*viewers_place(&s->viewers, "hall"), path, strlen(path), &m);
}

/* In the middle of its segment; what it has written of that is forgotten. */
static void leave(struct stage *s, struct cast *c)
{
    stage_close(s, ROLE, LINK_CLOSE_ENDED);
    ll_next(&c->t[2]);
}

/* Rules 86, 99: every list reaches as far as the others, and says so of them (ll_check does). */
static void test_in_step(void **state)
{
    struct stage *s = *state;
    struct cast c;
    struct ll_listing *l = calloc(2, sizeof(*l));
    start(s, &c);
    ll_parts(s, c.t, 3, 2);
    read_list(s, "video.m3u8", &l[0]);
    read_list(s, "video-2.m3u8", &l[1]);
    assert_true(l[0].msn == l[1].msn && l[0].index == 2 && l[1].index == 2);
    assert_true(l[0].report_count == 2 && l[1].report_count == 2);
    leave_stage(&c);
    free(l);
}

/* Parts that come before the main feed has begun their segment wait, and their files too. */
static void test_ahead(void **state)
{
    struct stage *s = *state;
    struct cast c;
    struct ll_listing *l = calloc(1, sizeof(*l));
    start(s, &c);
    ll_parts(s, &c.t[2], 1, 3);
    read_list(s, "video-2.m3u8", l);
    assert_int_equal(0, l->index);
    ll_parts(s, c.t, 2, 1);
    read_list(s, "video-2.m3u8", l);
    assert_int_equal(3, l->index);
    ll_parts(s, &c.t[2], 1, 1);
    ll_finish(s, &c.t[2]); /* whole before the main feed's is */
    read_list(s, "video-2.m3u8", l);
    assert_int_equal(4, l->index);
    uint64_t msn = l->msn;
    ll_run(s, c.t, 2, 1);
    read_list(s, "video-2.m3u8", l);
    assert_true(l->index == 0 && l->msn == msn + 1);
    assert_null(strstr(stage_text(s, "hall", "video-2.m3u8"), "#EXT-X-GAP"));
    leave_stage(&c);
    free(l);
}

/* Rules 21, 25, 32, 86: it leaves in the middle of a segment. What was listed stays, what never
 * came are parts with GAP=YES, and behind them nothing is hinted. */
static void test_leaves_in_a_segment(void **state)
{
    struct stage *s = *state;
    struct cast c;
    struct ll_listing *l = calloc(1, sizeof(*l));
    char part[80], cut[80];
    start(s, &c);
    ll_parts(s, c.t, 3, 2);
    read_list(s, "video-2.m3u8", l);
    snprintf(part, sizeof(part), "%s", l->parts[l->count - 1].uri);
    leave(s, &c);
    ll_run(s, c.t, 2, 1);
    read_list(s, "video-2.m3u8", l);
    assert_int_equal(0, l->index);
    const struct ll_part *last = &l->parts[l->count - 4];
    assert_true(!last[0].gap && !last[1].gap && last[2].gap && last[3].gap);
    assert_true(last[0].msn == l->msn - 1 && last[3].index == 3);
    assert_string_equal(part, last[1].uri);
    bool numbers = s->config.hls.part_uris == PART_URIS_NUMBER;
    assert_string_equal("", l->hint);
    snprintf(cut, sizeof(cut), "video-2/%llu.m4s", (unsigned long long)l->msn - 1);
    assert_int_equal(numbers ? -ENOENT : 0, find(s, cut));
    ll_run(s, c.t, 2, 1);
    read_list(s, "video-2.m3u8", l);
    for (size_t i = 1; i <= 4; i++) /* the next segment is missing from its start */
        assert_true(l->parts[l->count - i].gap && l->parts[l->count - i].msn == l->msn - 1);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "URI=\"video-2.m3u8\",LAST-MSN="));
    while (strstr(stage_text(s, "hall", "video-2.m3u8"), cut))
        ll_run(s, c.t, 2, 1);
    ll_run(s, c.t, 2, 1); /* it has left the list, and its parts are here all the same */
    assert_int_equal(0, find(s, part));
    leave_stage(&c);
    free(l);
}

/* Only the word that a segment is whole is lost: nothing of it is missing. */
static void test_only_the_end_is_lost(void **state)
{
    struct stage *s = *state;
    struct cast c;
    start(s, &c);
    ll_parts(s, c.t, 3, 4);
    leave(s, &c);
    for (size_t i = 0; i < 2; i++)
        ll_finish(s, &c.t[i]);
    const char *text = stage_text(s, "hall", "video-2.m3u8");
    assert_null(strstr(text, "#EXT-X-GAP"));
    assert_null(strstr(text, "GAP=YES"));
    leave_stage(&c);
}

/* It is back behind gaps: it goes on, and is hinted again. */
static void test_comes_back(void **state)
{
    struct stage *s = *state;
    struct cast c;
    struct ll_listing *l = calloc(1, sizeof(*l));
    start(s, &c);
    leave(s, &c);
    ll_run(s, c.t, 2, 2);
    read_list(s, "video-2.m3u8", l);
    assert_true(l->parts[l->count - 1].gap);
    open_role(s, &c);
    ll_parts(s, c.t, 3, 1);
    read_list(s, "video-2.m3u8", l);
    assert_int_equal(1, l->index);
    assert_false(l->parts[l->count - 1].gap);
    assert_string_not_equal("", l->hint);
    leave_stage(&c);
    free(l);
}

int main(void)
{
#define CASE(test)   cmocka_unit_test_setup_teardown(test, set, stage_strike)
#define RANGES(test) cmocka_unit_test_setup_teardown(test, set_ranges, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_in_step),
        CASE(test_ahead),
        CASE(test_leaves_in_a_segment),
        RANGES(test_leaves_in_a_segment),
        CASE(test_only_the_end_is_lost),
        CASE(test_comes_back),
        RANGES(test_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
