/* All rooms together: who gives up how much, who is refused, and what lists look like after that.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/room/pressure.h"
#include "tests/unit/relay/room/golden.h"
#include "tests/unit/relay/room/long_window.h"

enum { MB = 1 << 20, FIRST_90K = 900000 };

static uint64_t look(struct pressure *p, const struct pressure_weight *w, size_t n)
{
    p->look_us = 0;
    memcpy(pressure_look(p, n, 1000000), w, n * sizeof(*w));
    return pressure_decide(p, n);
}

static void test_largest_first(void **state)
{
    const struct pressure_weight w[] = {
        {.bytes = 90 * MB, .floor = 2 * MB, .needed = 2 * MB, .known = true},
        {.bytes = 10 * MB, .floor = 5 * MB, .needed = 5 * MB, .known = true},
        {.bytes = 60 * MB, .floor = 1 * MB, .needed = 1 * MB, .known = true}};
    struct pressure p = {0};
    (void)state;
    assert_true(look(&p, w, 3) == UINT64_MAX); /* nothing is known of the machine: no limit */
    pressure_set(&p, 0, 400 * (uint64_t)MB);
    assert_true(p.budget_bytes == 200 * MB);
    assert_true(look(&p, w, 3) == UINT64_MAX);
    pressure_set(&p, 160, 0);
    assert_true(look(&p, w, 3) == UINT64_MAX);
    pressure_set(&p, 140, 0);
    assert_true(look(&p, w, 3) == 70 * MB); /* 70 + 10 + 60 */
    pressure_set(&p, 70, 400 * (uint64_t)MB);
    assert_true(look(&p, w, 3) == 30 * MB); /* 30 + 10 + 30 */
    pressure_set(&p, 13, 0);
    assert_true(look(&p, w, 3) == 4 * MB); /* 4 + its floor of 5 + 4 */
    pressure_set(&p, 3, 0);
    assert_true(look(&p, w, 3) == MB / 4); /* nothing helps, least of all what is small */
    assert_true(p.refusing);
    pressure_fini(&p);
}

static void test_newcomers(void **state)
{
    struct pressure_weight w[] = {
        {.bytes = 4 * MB, .floor = 2 * MB, .needed = 4 * MB, .known = true},
        {.bytes = 5 * MB, .floor = 5 * MB, .needed = 6 * MB, .known = true},
        {.bytes = 0}};
    struct pressure p = {0};
    (void)state;
    pressure_set(&p, 16, 0);
    look(&p, w, 2);
    assert_false(p.refusing); /* what is needed is 10 */
    look(&p, w, 3);
    assert_false(p.refusing); /* a third room will need 5 */
    assert_true(p.needed_bytes == 15 * MB);
    w[0].needed = 8 * MB;
    look(&p, w, 3);
    assert_true(p.refusing); /* 21 */
    w[0].needed = 4 * MB;
    look(&p, w, 3);
    assert_true(p.refusing); /* 15, and 14 are the most that lets somebody in again */
    look(&p, w, 2);
    assert_false(p.refusing);
    pressure_fini(&p);
}

static void test_turns(void **state)
{
    struct pressure p = {0};
    (void)state;
    assert_non_null(pressure_look(&p, 0, 5));
    assert_null(pressure_look(&p, 0, 6));
    pressure_hurry(&p);
    assert_non_null(pressure_look(&p, 100, 7));
    assert_null(pressure_look(&p, 100, 6 + PRESSURE_LOOK_US));
    assert_non_null(pressure_look(&p, 100, 7 + PRESSURE_LOOK_US));
    pressure_fini(&p);
}

static uint64_t bytes_of(const struct stage *s, const char *room)
{
    struct room_facts f;
    room_facts(rooms_find(s->rooms, room), &f);
    return f.bytes;
}

/* The stage's viewers check every list that they are shown against the one before. */
static void test_windows_shrink(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K), small = ll_track_of(2, 0, FIRST_90K);
    struct listing *l = calloc(1, sizeof(*l));
    struct rooms_facts f;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    stage_open(s, 2, "closet");
    stage_track(s, 2, 0, 1, "video init");
    ll_run(s, &small, 1, 8);
    ll_run(s, &t, 1, 130);
    uint64_t closet = bytes_of(s, "closet"), hall = bytes_of(s, "hall");
    assert_true(hall > MB);
    rooms_set_memory(s->rooms, 0);
    stage_pass(s, 1000000);
    assert_true(bytes_of(s, "hall") == hall);
    s->config.limits.memory_mb = 1;
    rooms_set_memory(s->rooms, 0);
    stage_pass(s, 1000000);
    assert_in_range(bytes_of(s, "hall"), MB - closet - SEGMENT_BYTES, MB - closet);
    assert_true(bytes_of(s, "closet") == closet); /* it is small */
    stage_listing(s, "video", l);
    uint64_t first = l->first_msn;
    ll_run(s, &t, 1, 40);
    stage_listing(s, "video", l);
    assert_true(l->first_msn >= first + 30);
    assert_in_range(bytes_of(s, "hall"), MB - 10 * SEGMENT_BYTES, MB + SEGMENT_BYTES);
    rooms_facts(s->rooms, &f);
    assert_true(rooms_pressure(s->rooms)->budget_bytes == MB && f.media.given_up > 30);
    assert_int_equal(0, f.media.shed_listed);
    assert_false(rooms_pressure(s->rooms)->refusing);
    free(l);
}

/* What must be kept is kept, and then nobody else is let in. */
static void test_floor_and_refusal(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    struct listing *l = calloc(1, sizeof(*l));
    struct rooms_facts f;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    ll_run(s, &t, 1, 20);
    rooms_set_memory(s->rooms, 8 * SEGMENT_BYTES); /* half of it is for windows */
    stage_pass(s, 1000000);
    stage_listing(s, "video", l);
    assert_int_equal(6, l->count);
    const struct link_message *m = stage_open(s, 3, "cellar");
    assert_int_equal(LINK_FEED_STOP, m->type);
    assert_non_null(strstr(m->u.stop.text, "limits.memory_mb"));
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.refused_memory);
    assert_true(rooms_pressure(s->rooms)->refusing);
    ll_run(s, &t, 1, 3); /* who is on air goes on */
    rooms_set_memory(s->rooms, 40 * SEGMENT_BYTES);
    stage_pass(s, 1000000);
    m = stage_open(s, 4, "cellar");
    assert_int_equal(LINK_FEED_GO, m->type);
    free(l);
}

/* A room whose list can never be as long as it should is not waited for. */
static void test_needs_no_more_than_it_may_have(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    s->config.limits.room_bytes = 4 * SEGMENT_BYTES;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    ll_run(s, &t, 1, 20);
    stage_pass(s, 1000000);
    assert_in_range(rooms_pressure(s->rooms)->needed_bytes, 1, 4 * SEGMENT_BYTES);
}

static void open_role(struct stage *s, uint64_t feed, const char *role)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = feed % 2, .feed = feed};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "%s", role);
    stage_tell(s, &m, -1);
}

/* Who was there may come back while newcomers are refused. */
static void test_role_comes_back(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    struct rooms_facts f;
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    open_role(s, 2, "720p");
    ll_run(s, &t, 1, 20);
    stage_close(s, 2, LINK_CLOSE_ENDED);
    rooms_set_memory(s->rooms, 8 * SEGMENT_BYTES);
    stage_pass(s, 1000000);
    assert_true(rooms_pressure(s->rooms)->refusing);
    open_role(s, 3, "720p");
    rooms_facts(s->rooms, &f);
    assert_int_equal(0, f.refused_memory);
    open_role(s, 4, "480p");
    rooms_facts(s->rooms, &f);
    assert_int_equal(1, f.refused_memory);
}

/* Rule 33: who watches a list that has ended never loads it again, and has all of its time. */
static void test_what_ended_stays_its_time(void **state)
{
    struct stage *s = *state;
    struct ll_track t = ll_track_of(1, 0, FIRST_90K);
    stage_open(s, 1, "hall");
    stage_track(s, 1, 0, 1, "video init");
    ll_run(s, &t, 1, 60);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_pass(s, 61000000);
    assert_non_null(strstr(stage_text(s, "hall", "video.m3u8"), "#EXT-X-ENDLIST"));
    rooms_set_memory(s->rooms, 8 * SEGMENT_BYTES);
    stage_pass(s, 100000000); /* a third of it is left, the gaps of the hole above all */
    assert_non_null(stage_text(s, "hall", "video.m3u8"));
    stage_pass(s, 100000000);
    assert_null(stage_text(s, "hall", "video.m3u8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_largest_first),
        cmocka_unit_test(test_newcomers),
        cmocka_unit_test(test_turns),
        cmocka_unit_test_setup_teardown(test_windows_shrink, set_window, end_window),
        cmocka_unit_test_setup_teardown(test_floor_and_refusal, set_window, end_window),
        cmocka_unit_test_setup_teardown(test_what_ended_stays_its_time, set_window, end_window),
        cmocka_unit_test_setup_teardown(test_needs_no_more_than_it_may_have, set_window,
                                        end_window),
        cmocka_unit_test_setup_teardown(test_role_comes_back, set_window, end_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
