/* What agencies' quotas say of feeds that come, as made-up workers announce them. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/refusal.h"
#include "tests/unit/relay/room/actors.h"

static char north_name[] = "north", north_prefix[] = "north-";
static struct config_agency north;

static void set_up(struct stage *s)
{
    north = (struct config_agency){.name = north_name, .prefix = north_prefix};
    s->config.agencies = (struct config_agencies){&north, 1};
    rooms_worker_ready(s->rooms, 0);
    rooms_worker_ready(s->rooms, 1);
}

static bool let_in(struct stage *s, uint64_t feed, const char *room)
{
    return stage_open(s, feed, room)->type == LINK_FEED_GO;
}

static void test_live_rooms(void **state)
{
    struct stage *s = *state;
    set_up(s);
    north.max_live_rooms = 2;
    assert_true(let_in(s, 1, "north-1"));
    assert_true(let_in(s, 2, "north-2"));
    assert_false(let_in(s, 3, "north-3"));
    assert_string_equal("agency north has 2 rooms live, its max_live_rooms: end a feed, or ask the "
                        "organizer for more",
                        stage_sent(s, LINK_FEED_STOP)->u.stop.text);
    assert_null(rooms_find(s->rooms, "north-3"));
    assert_true(let_in(s, 5, "hall"));
    char why[LINK_TEXT];
    assert_false(refusal_by_quota(s->rooms, &s->config, "north-1", "main", why));
    assert_false(refusal_by_quota(s->rooms, &s->config, "north-1", "backup", why));
    assert_false(refusal_by_quota(s->rooms, &s->config, "north-1", "english", why));
    assert_true(refusal_by_quota(s->rooms, &s->config, "north-3", "english", why));
    struct refusal_use use;
    refusal_use(s->rooms, &north, &use);
    assert_int_equal(2, use.live_rooms);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_true(let_in(s, 7, "north-3"));
    north.max_live_rooms = 1; /* who is on air stays */
    assert_false(let_in(s, 9, "north-4"));
    refusal_use(s->rooms, &north, &use);
    assert_int_equal(2, use.live_rooms);
}

static void test_ingest_of_all(void **state)
{
    struct stage *s = *state;
    struct refusal_use use;
    char why[LINK_TEXT];
    set_up(s);
    north.total_mbps = 5;
    assert_true(let_in(s, 1, "north-1"));
    stage_stats(s, 1, 100000); /* 4.3 Mb/s */
    assert_true(let_in(s, 2, "north-2"));
    stage_stats(s, 2, 100000);
    refusal_use(s->rooms, &north, &use);
    assert_int_equal(2 * 4321000, use.bitrate_bps);
    assert_false(let_in(s, 3, "north-3"));
    assert_string_equal("agency north takes 8 Mb/s, its total_mbps is 5: end a feed, or ask the "
                        "organizer for more",
                        stage_sent(s, LINK_FEED_STOP)->u.stop.text);
    assert_true(refusal_by_quota(s->rooms, &s->config, "north-1", "backup", why));
    assert_false(refusal_by_quota(s->rooms, &s->config, "north-1", "main", why));
    assert_false(refusal_by_quota(s->rooms, &s->config, "hall", "main", why));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_live_rooms),
        CASE(test_ingest_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
