/* A front gives its rooms to the next one: viewers see the same there, and the feeds go on. */
/* SPDX-License-Identifier: MIT */
#include "relay/link/link.h"
#include "relay/room/by_hand.h"
#include "relay/room/handover.h"
#include "relay/room/handover_form.h"
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/ll_actors.h"
#include "tests/unit/relay/room/pair_actors.h"

#include <errno.h>
#include <sys/socket.h>

enum { FIRST_90K = 900000, FEED = 7, OTHER = 8 };

static int set_low_latency(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    return err;
}

static void start(struct stage *s, struct ll_track *t)
{
    stage_open(s, FEED, "hall");
    stage_track(s, FEED, 0, 1, "video init");
    stage_track(s, FEED, 1, 1, "audio init");
    t[0] = ll_track_of(FEED, 0, FIRST_90K);
    t[1] = ll_track_of(FEED, 1, FIRST_90K);
    ll_run(s, t, 2, 1);
}

static struct rooms *empty_rooms(struct stage *s)
{
    const struct rooms_out out = {.ctx = s,
                                  .show = stage_show,
                                  .hide = stage_hide,
                                  .publish = stage_publish,
                                  .send = stage_send};
    struct rooms *r;
    assert_int_equal(0, rooms_new(&r, &s->config, &out, 2, s->now_us, s->wall_us));
    return r;
}

/* As many parcels as there are, or `most`. */
static int carry(struct stage *s, int end, struct rooms *to, size_t most)
{
    struct handover_taker *t;
    struct parcel *p = malloc(sizeof(*p));
    int rc = 0;
    assert_int_equal(0, handover_taker_new(&t, to));
    for (size_t i = 0; i < most && rc == 0 && parcel_receive(end, p, 0) == 1; i++)
        rc = handover_take(t, p, s->now_us, s->wall_us);
    handover_taker_free(&t);
    free(p);
    return rc;
}

/* The stage's rooms in another process's hands. */
static void change_hands(struct stage *s)
{
    struct rooms *next = empty_rooms(s);
    int ends[2];
    assert_int_equal(0, link_pair(ends));
    assert_int_equal(0, handover_give(s->rooms, ends[0]));
    rooms_free(&s->rooms);
    assert_int_equal(0, carry(s, ends[1], next, SIZE_MAX));
    close(ends[0]);
    close(ends[1]);
    s->rooms = next;
    rooms_show(s->rooms, s->now_us, s->wall_us);
}

static char *copy_text(struct stage *s, const char *room, const char *tail)
{
    char *copy = strdup(stage_text(s, room, tail));
    assert_non_null(copy);
    return copy;
}

/* In the middle of a segment; a second time, too; and then everything goes on in the same list. */
static void test_viewers_see_the_same(void **state)
{
    static const char *const tails[] = {"index.m3u8", "video.m3u8", "audio.m3u8", "iframes.m3u8"};
    struct stage *s = *state;
    struct ll_track t[2];
    char *before[4];
    start(s, t);
    stage_open(s, OTHER, "foyer");
    ll_run(s, t, 2, 9);
    ll_parts(s, t, 2, 2);
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < 4; i++)
            before[i] = copy_text(s, "hall", tails[i]);
        unsigned shows = s->viewers.shows;
        change_hands(s);
        assert_true(s->viewers.shows > shows);
        for (size_t i = 0; i < 4; i++) {
            assert_string_equal(before[i], stage_text(s, "hall", tails[i]));
            free(before[i]);
        }
        assert_int_equal(2, rooms_count(s->rooms));
        ll_parts(s, t, 2, 1);
    }
    ll_finish(s, &t[0]);
    ll_finish(s, &t[1]);
    ll_run(s, t, 2, 12);
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-DISCONTINUITY\n"));
    stage_close(s, FEED, LINK_CLOSE_ENDED);
    ll_next(&t[0]);
    ll_next(&t[1]);
}

static void test_what_is_known_goes_along(void **state)
{
    struct stage *s = *state;
    struct rooms_facts was, is;
    struct ll_track t[2];
    start(s, t);
    ll_run(s, t, 2, 3);
    stage_stats(s, FEED, 123456);
    rooms_worker_ready(s->rooms, 1);
    rooms_facts(s->rooms, &was);
    change_hands(s);
    rooms_facts(s->rooms, &is);
    assert_memory_equal(&was, &is, sizeof(was));
    struct worker_facts w;
    rooms_worker_facts(s->rooms, 1, &w);
    assert_true(w.up);
    /* a second publisher is still refused, and a worker that gets ready hears of the room */
    assert_int_equal(LINK_FEED_STOP, stage_open(s, 21, "hall")->type);
    s->sent_count = 0;
    rooms_worker_ready(s->rooms, 0);
    assert_int_equal(LINK_ROOM_LIVE, stage_sent(s, LINK_ROOM_STATE)->u.room.state);
    ll_next(&t[0]);
    ll_next(&t[1]);
}

static struct room_facts facts_of(struct stage *s)
{
    struct room_facts f;
    room_facts(rooms_find(s->rooms, "hall"), &f);
    return f;
}

static void test_history_and_choice_go_along(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    start(s, t);
    for (uint64_t i = 1; i <= 21; i++) {
        s->now_us += 1000000;
        stage_stats(s, FEED, i * 1316);
    }
    room_choose(rooms_grasp(s->rooms, "hall"), ON_AIR_CHOSE_BACKUP, "a test");
    struct history_sample was[4];
    assert_int_equal(4, facts_of(s).history->count);
    for (size_t i = 0; i < 4; i++)
        was[i] = *history_at(facts_of(s).history, i);
    change_hands(s);
    assert_int_equal(4, facts_of(s).history->count);
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(&was[i], history_at(facts_of(s).history, i), sizeof(was[i]));
    assert_int_equal(ON_AIR_CHOSE_BACKUP, facts_of(s).pair->on_air.choice);
    for (uint64_t i = 22; i <= 26; i++) {
        s->now_us += 1000000;
        stage_stats(s, FEED, i * 1316);
    }
    assert_int_equal(5, facts_of(s).history->count);
    ll_next(&t[0]);
    ll_next(&t[1]);
}

/* Main's half of a segment before each step, backup's half after it: no viewer notices. */
static void test_a_switch_goes_along(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    struct ll_track one[2], two[2];
    struct room_facts f;
    struct rooms_facts sums;
    open_as(s, 1, "main");
    tracks(s, 1, "video init");
    for (uint32_t k = 0; k < 2; k++)
        one[k] = ll_track_of(1, k, FIRST_90K);
    ll_run(s, one, 2, 2);
    ll_parts(s, one, 2, 2);
    open_as(s, 2, "backup");
    signs(s, 2, false, true, true);
    mark(s, 1, 70, 7);
    change_hands(s);
    mark(s, 2, 70, 7);
    signs(s, 1, true, false, false);
    assert_true(told(s, LINK_FEED_REST, 1));
    change_hands(s); /* while it leaves */
    for (size_t k = 0; k < 2; k++)
        ll_finish(s, &one[k]);
    change_hands(s); /* ... and is kept back */
    rested(s, 1);
    assert_true(told(s, LINK_FEED_GO, 2));
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "video init");
    for (uint32_t k = 0; k < 2; k++)
        two[k] = ll_track_of(2, k, one[k].start_90k);
    ll_parts(s, two, 2, 1);
    change_hands(s); /* one file of both */
    ll_parts(s, two, 2, 1);
    for (size_t k = 0; k < 2; k++)
        ll_finish(s, &two[k]);
    ll_run(s, two, 2, 2);
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(1, f.pair->switches);
    assert_int_equal(1, f.pair->standby.feed);
    assert_string_equal("backup", f.session->role);
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-DISCONTINUITY\n"));
    assert_null(strstr(stage_text(s, "hall", "audio.m3u8"), "#EXT-X-DISCONTINUITY\n"));
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "GAP"));
    stage_listing(s, "video", l);
    assert_int_equal(5, l->count);
    assert_true(l->list[2].duration_s == 2.0); /* 0.5 + 0.5 | 0.5 + 0.5 */
    rooms_facts(s->rooms, &sums);
    assert_int_equal(0, sums.faults);
    free(l);
}

/* A half that is in no list yet has its number in the next front, too. */
static void test_a_half_goes_along(void **state)
{
    struct stage *s = *state;
    struct listing *l = calloc(1, sizeof(*l));
    start_pair(s);
    make_alike(s);
    signs(s, 1, true, false, false);
    for (uint32_t track = 0; track < 2; track++) {
        struct link_message m = stage_segment(s, 1, track, 2);
        m.u.segment.duration_90k = STAGE_SEGMENT_90K / 2;
        stage_deliver(s, &m);
    }
    change_hands(s);
    rested(s, 1);
    assert_true(stage_sent(s, LINK_FEED_GO)->u.go.goes_on);
    tracks(s, 2, "video init");
    change_hands(s);
    stage_close(s, 2, LINK_CLOSE_ENDED); /* before it has ended it */
    stage_listing(s, "video", l);
    assert_int_equal(3, l->count);
    assert_true(l->list[2].duration_s == 1.0 && !l->list[2].gap);
    free(l);
}

/* A giver that dies: the taker has a part of everything, and gives it back to the last byte. */
static void test_broken_off_anywhere(void **state)
{
    struct stage *s = *state;
    struct ll_track t[2];
    int ends[2], done = 0;
    start(s, t);
    ll_run(s, t, 2, 2);
    ll_parts(s, t, 2, 1);
    for (size_t most = 0; !done; most++) {
        struct rooms *next = empty_rooms(s);
        assert_int_equal(0, link_pair(ends));
        assert_int_equal(0, handover_give(s->rooms, ends[0]));
        assert_int_equal(0, carry(s, ends[1], next, most));
        char one;
        done = recv(ends[1], &one, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
        rooms_free(&next);
        close(ends[0]);
        close(ends[1]);
    }
    ll_run(s, t, 2, 2); /* the rooms that were given are as they were */
    ll_next(&t[0]);
    ll_next(&t[1]);
}

static void test_nonsense(void **state)
{
    struct stage *s = *state;
    struct rooms *next = empty_rooms(s);
    int ends[2];
    for (uint32_t kind = 0; kind < 16; kind++) {
        if (kind == FORM_DONE)
            continue;
        assert_int_equal(0, link_pair(ends));
        assert_int_equal(0, parcel_send(ends[0], kind, "nonsense", 8, ends[0], 0));
        assert_int_equal(-EPROTO, carry(s, ends[1], next, 1));
        close(ends[0]);
        close(ends[1]);
    }
    rooms_free(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_viewers_see_the_same, set_low_latency, stage_strike),
        cmocka_unit_test_setup_teardown(test_history_and_choice_go_along, set_low_latency,
                                        stage_strike),
        cmocka_unit_test_setup_teardown(test_what_is_known_goes_along, set_low_latency,
                                        stage_strike),
        cmocka_unit_test_setup_teardown(test_a_switch_goes_along, set_low_latency, stage_strike),
        cmocka_unit_test_setup_teardown(test_a_half_goes_along, set_pair, stage_strike),
        cmocka_unit_test_setup_teardown(test_broken_off_anywhere, set_low_latency, stage_strike),
        cmocka_unit_test_setup_teardown(test_nonsense, set_low_latency, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
