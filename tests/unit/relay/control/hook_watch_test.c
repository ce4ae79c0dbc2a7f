/* What web hooks are told of rooms on the stage. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/hook_watch.h"
#include "relay/hooks/hook_ring.h"
#include "tests/unit/relay/room/pair_actors.h"
#include "tests/unit/relay/room/well_feed.h"

static int ring_fd, seats_fd;
static struct hook_watch *w;
static struct hook_ring *reader;
static uint64_t heard;
static char url[] = "http://127.0.0.1/", none[] = "", all[] = "all", some[] = "feed.stopped";

static void look(struct stage *s)
{
    hook_watch_tick(w, s->rooms, &s->config, s->now_us, s->wall_us);
}

static int set(void **state)
{
    int rc = hook_ring_make(&ring_fd) || hook_seats_make(&seats_fd) || stage_set(state) ||
             hook_watch_new(&w, ring_fd, seats_fd) || hook_ring_map(&reader, ring_fd, false);
    struct stage *s = *state;
    static char name[] = "north", prefix[] = "hal";
    static struct config_agency north = {.name = name, .prefix = prefix};
    s->config.agencies = (struct config_agencies){&north, 1};
    s->config.hooks.url = url;
    s->config.hooks.events = all;
    s->config.hooks.quiet_s = 60;
    heard = 0;
    look(s);
    return rc;
}

static int strike(void **state)
{
    hook_watch_free(&w);
    hook_ring_free(&reader);
    close(ring_fd);
    close(seats_fd);
    struct stage *s = *state;
    s->fds -= 2; /* these two were there before the stage */
    return stage_strike(state);
}

/* The next event that was told, or "". */
static struct hook_event next(void)
{
    struct hook_event e = {.type = HOOK_TYPES};
    if (hook_ring_read(reader, heard + 1, &e))
        heard++;
    return e;
}

static void expect(const char *types)
{
    char got[256] = "";
    for (struct hook_event e = next(); e.type != HOOK_TYPES; e = next()) {
        strcat(got, got[0] ? " " : "");
        strcat(got, hook_type_word(e.type));
    }
    assert_string_equal(types, got);
}

/* Half a second passes, and it looks. */
static void pass(struct stage *s)
{
    stage_pass(s, 500000);
    rooms_show(s->rooms, s->now_us, s->wall_us);
    look(s);
}

static void go_live(struct stage *s, uint64_t feed)
{
    open_as(s, feed, "main");
    tracks(s, feed, "video init");
    stage_run(s, feed, 2, 0, 2, 0);
    pass(s);
}

/* The process that was killed is followed by another one, which knows no rooms. */
static void kill_front(struct stage *s)
{
    const struct rooms_out out = {
        s, stage_show, stage_hide, stage_publish, stage_send, stage_hand, NULL, 2, 0};
    hook_watch_free(&w);
    rooms_free(&s->rooms);
    assert_int_equal(0, rooms_new(&s->rooms, &s->config, &out, 2, s->now_us, s->wall_us));
    assert_int_equal(0, hook_watch_new(&w, ring_fd, seats_fd));
    look(s);
}

static void test_a_feed(void **state)
{
    struct stage *s = *state;
    struct link_message stop = {.type = LINK_FEED_STOP, .feed = 1};
    go_live(s, 1);
    struct hook_event e = next();
    assert_int_equal(HOOK_FEED_STARTED, e.type);
    assert_int_equal(1, e.feed);
    assert_string_equal("main", e.role);
    assert_string_equal("The \"Great\" Hall", e.title);
    assert_string_equal("north", e.agency);
    assert_int_equal(s->wall_us, e.wall_us);
    expect("room.live");
    snprintf(stop.u.stop.text, sizeof(stop.u.stop.text), "an organizer\nended it");
    hook_watch_hear(w, &stop);
    struct link_message closed = {.type = LINK_FEED_CLOSED, .feed = 1};
    snprintf(closed.u.closed.text, sizeof(closed.u.closed.text), "ended by the peer");
    hook_watch_hear(w, &closed); /* what was said first is why */
    stage_close(s, 1, LINK_CLOSE_STOPPED);
    pass(s);
    e = next();
    assert_int_equal(HOOK_FEED_STOPPED, e.type);
    assert_string_equal("Roomcast ended the feed.", e.en);
    assert_null(strchr(e.detail, '\n'));
    assert_non_null(strstr(e.detail, "ended it"));
    expect("");
    pass(s);
    expect("");
    int64_t since = s->wall_us - 500000;
    pass(s);
    e = next();
    assert_int_equal(HOOK_ROOM_SILENT, e.type);
    assert_int_equal(since, e.wall_us);
    assert_non_null(strstr(e.en, "host has left"));
    pass(s);
    expect("");
}

/* What lasts for less than a second is no silence. */
static void test_back_at_once(void **state)
{
    struct stage *s = *state;
    go_live(s, 1);
    expect("feed.started room.live");
    stage_close(s, 1, LINK_CLOSE_ENDED);
    pass(s);
    open_as(s, 3, "main");
    tracks(s, 3, "video init");
    pass(s);
    expect("feed.stopped feed.started");
    for (int i = 0; i < 4; i++)
        pass(s);
    expect("");
    stage_close(s, 3, LINK_CLOSE_ENDED);
    hook_watch_last(w, s->rooms, &s->config, s->now_us, s->wall_us); /* the relay stops */
    expect("feed.stopped room.silent");
}

static void test_unhealthy(void **state)
{
    struct stage *s = *state;
    uint32_t second = 1;
    stage_open(s, 1, "hall");
    tracks(s, 1, "video init");
    for (; second < 20; second++) {
        beat(s, 1, second, 10000);
        look(s);
    }
    struct hook_event e = next();
    assert_int_equal(HOOK_FEED_STARTED, e.type);
    e = next();
    assert_int_equal(HOOK_FEED_UNHEALTHY, e.type);
    assert_string_equal("red", e.light);
    assert_string_equal("keyframe_interval", e.finding);
    assert_non_null(strstr(e.en, "Keyframes are 10.0 s apart"));
    assert_non_null(strstr(e.zh, "关键帧相隔 10.0 秒"));
    expect("");
    int told[HOOK_TYPES] = {0};
    for (uint32_t i = 0; i < 300; i++) { /* ill and well in turns */
        beat(s, 1, second++, i / 20 % 2 ? 10000 : 2000);
        look(s);
    }
    for (e = next(); e.type != HOOK_TYPES; e = next())
        told[e.type]++;
    assert_in_range(told[HOOK_FEED_UNHEALTHY], 2, 300 / 60);
    assert_in_range(told[HOOK_FEED_HEALTHY], 2, 300 / 60 + 1);
    assert_int_equal(told[HOOK_FEED_UNHEALTHY] + told[HOOK_FEED_HEALTHY],
                     hook_ring_head(reader) - 2);
}

static void test_main_and_backup(void **state)
{
    struct stage *s = *state;
    s->config.rooms.backup_after_ms = 1000;
    start_pair(s);
    pass(s);
    expect("feed.started feed.started room.live");
    stage_close(s, 1, LINK_CLOSE_ENDED);
    stage_run(s, 2, 2, 0, 1, 0);
    pass(s);
    struct hook_event e = next();
    assert_int_equal(HOOK_FEED_STOPPED, e.type);
    assert_string_equal("main", e.role);
    expect("");
}

/* The same publisher under another number is the same; who does not come back has left. */
static void test_front_killed(void **state)
{
    struct stage *s = *state;
    go_live(s, 1);
    expect("feed.started room.live");
    kill_front(s);
    for (int i = 0; i < 4; i++)
        pass(s);
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = 1, .feed = 11};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "main");
    snprintf(m.u.open.peer, sizeof(m.u.open.peer), "203.0.113.7:50001");
    stage_tell(s, &m, -1);
    tracks(s, 11, "video init");
    stage_run(s, 11, 2, 0, 2, 0);
    for (uint64_t i = 2; i < 12; i++) { /* until it is no longer waited for */
        stage_run(s, 11, 2, i, i + 1, 0);
        pass(s);
    }
    expect("");
    stage_close(s, 11, LINK_CLOSE_ENDED);
    pass(s);
    struct hook_event e = next();
    assert_int_equal(HOOK_FEED_STOPPED, e.type);
    assert_int_equal(1, e.feed); /* as it was told */
    kill_front(s);
    for (int i = 0; i < 19; i++)
        pass(s);
    expect("");
    for (int i = 0; i < 4; i++)
        pass(s);
    expect("room.silent");
}

static void test_wanted(void **state)
{
    struct stage *s = *state;
    s->config.hooks.events = some;
    go_live(s, 1);
    stage_close(s, 1, LINK_CLOSE_LIMIT);
    for (int i = 0; i < 4; i++)
        pass(s);
    expect("feed.stopped");
    s->config.hooks.url = none;
    go_live(s, 3);
    s->config.hooks.url = url; /* a reload: what is there is no news */
    s->config.hooks.events = all;
    pass(s);
    expect("");
    stage_close(s, 3, LINK_CLOSE_ENDED);
    for (int i = 0; i < 4; i++)
        pass(s);
    expect("feed.stopped room.silent");
}

static void test_ping(void **state)
{
    struct stage *s = *state;
    char id[37];
    assert_int_equal(0, hook_watch_ping(w, s->now_us, s->wall_us, id));
    assert_int_equal(36, strlen(id));
    assert_int_equal(-EAGAIN, hook_watch_ping(w, s->now_us + 999999, s->wall_us, id));
    assert_int_equal(0, hook_watch_ping(w, s->now_us + 1000000, s->wall_us, id));
    expect("ping ping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_feed, set, strike),
        cmocka_unit_test_setup_teardown(test_back_at_once, set, strike),
        cmocka_unit_test_setup_teardown(test_unhealthy, set, strike),
        cmocka_unit_test_setup_teardown(test_main_and_backup, set, strike),
        cmocka_unit_test_setup_teardown(test_front_killed, set, strike),
        cmocka_unit_test_setup_teardown(test_wanted, set, strike),
        cmocka_unit_test_setup_teardown(test_ping, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
