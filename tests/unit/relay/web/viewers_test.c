/* Viewers of a room and the bytes that go out to them, counted where requests are answered. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/audience.h"
#include "tests/unit/relay/web/stage.h"

static struct audience_count seen(void)
{
    struct audience_count n;
    audience_count(audience, clock_mono_us(), &n);
    return n;
}

static void open_counted(uint32_t threads)
{
    assert_int_equal(audience_new(&audience, threads), 0);
    open_stage(threads);
}

static void close_counted(void)
{
    close_stage();
    audience_unref(&audience);
}

/* A whole answer; bytes of its content. */
static uint64_t get(const char *path, const char *lines)
{
    struct answer a = take(ask(path, lines));
    uint64_t len = a.len;
    answer_drop(&a);
    return len;
}

static void test_who_counts(void **state)
{
    (void)state;
    open_counted(2);
    uint64_t bytes = get("/live/stage/index.m3u8", "User-Agent: looks\r\n");
    assert_int_equal(seen().viewers, 0); /* it may be a page that shows all rooms */
    bytes += get(LIST, "User-Agent: a\r\n");
    assert_int_equal(seen().viewers, 1);
    bytes += get(LIST, "User-Agent: a\r\n");
    bytes += get("/live/stage/audio.m3u8", "user-agent: a\r\n");
    bytes += get(PARTS "p401.m4s", "User-Agent: a\r\nX-Forwarded-For: 203.0.113.9\r\n");
    assert_int_equal(seen().viewers, 1);
    bytes += get(LIST, "User-Agent: b\r\n");
    bytes += get(PARTS "p401.m4s", "User-Agent: c\r\nRange: bytes=10-19\r\n");
    bytes += get(LIST, "");
    assert_int_equal(seen().viewers, 4);
    get(PARTS "p77777.m4s", "User-Agent: d\r\n");
    get("/live/other/video.m3u8", "User-Agent: d\r\n");
    int head = viewer_connect(&site.address);
    viewer_say(head, "HEAD " LIST " HTTP/1.1\r\nHost: t\r\nUser-Agent: e\r\n\r\n");
    viewer_expect(head, false, 200, "");
    close(head);
    assert_int_equal(seen().viewers, 4);
    /* 404 is no content of the room, and whoever has read the rest has had it counted */
    assert_true(seen().bytes_out >= bytes && seen().bytes_out <= bytes + 100);
    close_counted();
}

static void test_who_waits(void **state)
{
    enum { WAITING = 20 };
    int fds[WAITING];
    (void)state;
    open_counted(2);
    for (int i = 0; i < WAITING; i++) {
        char agent[40];
        snprintf(agent, sizeof agent, "User-Agent: player-%d\r\n", i / 2);
        fds[i] = park(i % 2 ? LIST "?_HLS_msn=100&_HLS_part=2" : PARTS "p402.m4s", agent);
    }
    assert_int_equal(seen().viewers, WAITING / 2);
    assert_int_equal(seen().bytes_out, 0);
    advance(); /* whoever waited is who it was, though its User-Agent is not kept */
    for (int i = 0; i < WAITING; i++) {
        struct answer a = take(fds[i]);
        assert_int_equal(a.status, 200);
        answer_drop(&a);
    }
    assert_int_equal(seen().viewers, WAITING / 2);
    assert_true(seen().bytes_out > WAITING / 2 * PART_BYTES);
    close_counted();
}

/* A reply that is under way when its room goes is finished, and counted until then. */
static void test_room_goes(void **state)
{
    (void)state;
    open_counted(1);
    int slow = ask(PARTS "99.m4s", "User-Agent: slow\r\n");
    AWAIT(&site, stats, stats.requests == 1);
    server_hide(site.server, "stage");
    check(LIST, "", 404, "There is ", UNBLOCKED);
    struct answer a = take(slow);
    assert_int_equal(a.len, LONG_PARTS * PART_BYTES);
    answer_drop(&a);
    assert_int_equal(seen().bytes_out, LONG_PARTS * PART_BYTES);
    close_counted();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_counts, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_who_waits, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_room_goes, count_before, nothing_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
