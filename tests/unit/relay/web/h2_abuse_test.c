/* HTTP/2 viewers who mean harm: each kind of flood ends its connection, is counted, and no more. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/h2_viewer.h"
#include "tests/unit/relay/web/stage.h"

#include <netinet/tcp.h>
#include <signal.h>

enum { FLOOD = 20000 };

/* Sends what `one` sends until the server hangs up; the error of its goodbye. */
static uint32_t flood(void (*one)(int fd, uint32_t n))
{
    uint8_t payload[16] = {0};
    uint32_t n = 0;
    int fd = raw_open(&site.address, 65535);
    for (; n < FLOOD; n++) {
        one(fd, n);
        if (n % 50 == 49) {
            nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
            char byte;
            if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                break;
            server_stats(site.server, &stats);
            if (stats.h2_floods > 0)
                break;
        }
    }
    AWAIT(&site, stats, stats.h2_floods == 1);
    if (!raw_await(fd, NGHTTP2_GOAWAY, payload))
        fail_msg("no goodbye after %u", n);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    return payload[7];
}

static void take_back(int fd, uint32_t n)
{
    raw_get(fd, 2 * n + 1, PARTS "p403.m4s", 5);
    raw(fd, NGHTTP2_RST_STREAM, 0, 2 * n + 1, "\0\0\0\10", 4);
}

static void ping(int fd, uint32_t n)
{
    (void)n;
    raw(fd, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void settle(int fd, uint32_t n)
{
    (void)n;
    raw(fd, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static void open_window(int fd, uint32_t n)
{
    (void)n;
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4);
}

static void reorder(int fd, uint32_t n)
{
    const uint8_t update[] = {0, 0, 0, 1, 'u', '=', '0'};
    if (n == 0)
        raw_get(fd, 1, PARTS "p403.m4s", 5);
    raw(fd, NGHTTP2_PRIORITY_UPDATE, 0, 0, update, sizeof update);
}

static void say_nothing(int fd, uint32_t n)
{
    uint8_t post[] = {0x20, 0x83, 0x86, 0x84, 0x01, 1, 't'};
    if (n == 0)
        raw(fd, NGHTTP2_HEADERS, 4, 1, post, sizeof post);
    raw(fd, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void take_data(int fd)
{
    uint8_t frame[1024];
    while (recv(fd, frame, 9, MSG_PEEK | MSG_WAITALL) == 9 && frame[3] != NGHTTP2_GOAWAY) {
        size_t len = (size_t)frame[1] << 8 | frame[2];
        assert_true(9 + len <= sizeof frame);
        assert_int_equal(recv(fd, frame, 9 + len, MSG_WAITALL), 9 + len);
        if (frame[3] == NGHTTP2_DATA)
            return;
    }
}

/* A segment byte by byte (CVE-2019-9511). */
static void dribble(int fd, uint32_t n)
{
    if (n == 0) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        raw(fd, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
        raw_get(fd, 1, "/live/plain/video/1.m4s", 5);
    }
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4);
    take_data(fd);
}

static void answer_nothing(int fd, uint32_t n)
{
    (void)n;
    raw(fd, NGHTTP2_PING, 1, 0, "12345678", 8);
}

/* Fields that begin no request: behind one, and again when it is over. */
static void trail(int fd, uint32_t id, bool closed)
{
    static uint8_t block[4000];
    uint8_t head[] = {0x20, 0x82, 0x86, 0x84, 0x01, 1, 't'};
    memset(block, 0x90, sizeof block);
    if (!closed)
        raw(fd, NGHTTP2_HEADERS, 4, id, head, sizeof head);
    raw(fd, NGHTTP2_HEADERS, 5, id, block, sizeof block);
}

static void test_floods(void **state)
{
    static void (*const kinds[])(int, uint32_t) = {take_back, ping,    settle,      open_window,
                                                   reorder,   dribble, say_nothing, answer_nothing};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        open_stage(1);
        site_show(&site, "plain");
        int fd = ask(LIST, "");
        check_answer(fd, 200, "video", UNBLOCKED);
        assert_int_equal(flood(kinds[i]), NGHTTP2_ENHANCE_YOUR_CALM);
        AWAIT(&site, stats, stats.holding == 0);
        assert_in_range(stats.h2_resets, 0, 300); /* whatever more was sent was not looked at */
        check(LIST, "", 200, "video", UNBLOCKED);
        close_stage();
    }
}

/* The flood must be told from what nghttp2 ends by itself, so only few may get through. */
static void test_trailers(void **state)
{
    (void)state;
    open_stage(1);
    for (int closed = 0; closed < 2; closed++) {
        uint8_t payload[16];
        int fd = raw_open(&site.address, 65535);
        if (closed) {
            raw_get(fd, 1, "/nothing", 5);
            assert_true(raw_await(fd, NGHTTP2_HEADERS, payload));
        }
        for (uint32_t i = 0; i < 1000; i++)
            trail(fd, closed ? 1 : 2 * i + 1, closed);
        AWAIT(&site, stats, stats.h2_floods == (uint64_t)closed + 1);
        assert_true(raw_await(fd, NGHTTP2_GOAWAY, payload));
        assert_int_equal(payload[7], NGHTTP2_ENHANCE_YOUR_CALM);
        close(fd);
        AWAIT(&site, stats, stats.connections_open == 0);
    }
    close_stage();
}

/* What waits is bounded by its bytes; small requests may be as many as are allowed. */
static void test_held_bytes(void **state)
{
    char query[160], big[4000];
    static struct h2_viewer v;
    int32_t ids[100];
    (void)state;
    snprintf(query, sizeof query, LIST "?_HLS_msn=100&_HLS_part=2");
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    open_stage(1);
    h2_viewer_open(&v, &site.address);
    for (int i = 0; i < 100; i++)
        ids[i] = h2_ask(&v, "GET", query, "if-none-match", big);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.by_code[503] + stats.holding == 100);
    assert_in_range(stats.holding, 10, 17);
    assert_int_equal(stats.h2_refused, stats.by_code[503]);
    h2_expect(&v, ids[99], 503, "retry-after: 1");
    advance();
    h2_expect(&v, ids[0], 200, "");
    AWAIT(&site, stats, stats.holding == 0);
    for (int i = 0; i < 10; i++) /* there is room again */
        ids[i] = h2_ask(&v, "GET", LIST "?_HLS_msn=100&_HLS_part=3", "if-none-match", big);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 10);
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.holding == 0);
    close_stage();
}

static unsigned named, nobody; /* tokens */

static void hold(void *ctx, struct request *r)
{
    (void)ctx;
    *(request_is_named(request_hold(r, clock_mono_us() + 60000000)) ? &named : &nobody) += 1;
}

/* A handler sees by its token that its question was refused, and has nothing done for it. */
static void test_hold_refused(void **state)
{
    static const struct route routes[] = {{"/hold", hold, NULL, 1u << HTTP_GET}};
    const struct config c = fixture_config();
    static struct h2_viewer v;
    char big[4000];
    (void)state;
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    named = nobody = 0;
    site_open(&site, &c, 1, routes, 1);
    h2_viewer_open(&v, &site.address);
    for (int i = 0; i < 50; i++)
        h2_ask(&v, "GET", "/hold", "if-none-match", big);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.by_code[503] + stats.holding == 50);
    assert_in_range(stats.holding, 10, 17);
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
    site_close(&site); /* the threads have ended: the counts are theirs */
    assert_in_range(named, 10, 17);
    assert_int_equal(named + nobody, 50);
    assert_int_equal(nobody, stats.by_code[503]);
}

/* Bodies under way keep their heads, so they are few; and who is answered before its body has come
 * is told that it is of no use. */
static void test_open_bodies(void **state)
{
    uint8_t post[] = {0x20, 0x83, 0x86, 0x84, 0x01, 1, 't'}, payload[16];
    (void)state;
    open_stage(1);
    int fd = raw_open(&site.address, 65535);
    for (uint32_t i = 0; i < 5; i++)
        raw(fd, NGHTTP2_HEADERS, 4, 2 * i + 1, post, sizeof post);
    AWAIT(&site, stats, stats.by_code[503] == 1);
    assert_true(raw_await(fd, NGHTTP2_RST_STREAM, payload));
    assert_int_equal(payload[3], NGHTTP2_NO_ERROR);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.timeouts_send, 0);
    close_stage();
}

/* The connection ends, with that goodbye; -1: with or without one. */
static void assert_ended(int fd, int error)
{
    uint8_t payload[16];
    bool said = raw_await(fd, NGHTTP2_GOAWAY, payload);
    if (error >= 0 && (!said || payload[7] != error))
        fail_msg("want error %d, got %d", error, said ? payload[7] : -1);
    while (said && raw_await(fd, NGHTTP2_GOAWAY, payload))
        continue;
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
}

/* A head that never ends: in frames (CVE-2024-27316), in time. */
static void test_endless_heads(void **state)
{
    uint8_t some[1000];
    struct config c = fixture_config();
    (void)state;
    c.http.head_timeout_ms = 300;
    site_open(&site, &c, 1, NULL, 0);
    int fd = raw_open(&site.address, 65535);
    memset(some, 0x84, sizeof some); /* :path / */
    raw(fd, NGHTTP2_HEADERS, 1, 1, "\x20\x82", 2);
    for (int i = 0; i < 150; i++)
        raw(fd, NGHTTP2_CONTINUATION, 0, 1, "\x0f\x28\x01x", 4);
    assert_ended(fd, -1);
    assert_int_equal(stats.timeouts_head, 0); /* at once */
    fd = raw_open(&site.address, 65535);
    raw(fd, NGHTTP2_HEADERS, 1, 1, "\x20\x82", 2);
    AWAIT(&site, stats, stats.timeouts_head == 1);
    assert_ended(fd, NGHTTP2_NO_ERROR);
    fd = viewer_connect(&site.address); /* half a preface */
    viewer_say(fd, "PRI * HT");
    viewer_expect(fd, true, 408, "Connection: close");
    close(fd);
    fd = viewer_connect(&site.address);
    viewer_say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); /* a whole one, and then nothing */
    AWAIT(&site, stats, stats.timeouts_head == 3);
    assert_ended(fd, NGHTTP2_NO_ERROR);
    site_close(&site);
}

/* One byte each for a field that is long in the table: decoded it would be megabytes. */
static void test_bomb(void **state)
{
    uint8_t block[16000] = {0x20, 0x82, 0x86, 0x84, 0x01, 1, 't'}, payload[16];
    (void)state;
    open_stage(1);
    int fd = raw_open(&site.address, 65535);
    memset(block + 7, 0x80 | 16, sizeof block - 7); /* accept-encoding: gzip, deflate */
    raw(fd, NGHTTP2_HEADERS, 5, 1, block, sizeof block);
    assert_ended(fd, NGHTTP2_ENHANCE_YOUR_CALM);
    AWAIT(&site, stats, stats.h2_floods == 1);
    fd = raw_open(&site.address, 65535); /* a smaller one gets a sentence */
    raw(fd, NGHTTP2_HEADERS, 5, 1, block, 500);
    assert_true(raw_await(fd, NGHTTP2_HEADERS, payload));
    close(fd);
    AWAIT(&site, stats, stats.by_code[431] == 1);
    /* a table that was not offered */
    fd = raw_open(&site.address, 65535);
    raw(fd, NGHTTP2_HEADERS, 5, 1, "\x3f\xe1\x1f\x82\x86\x84\x01\x01t", 9);
    assert_ended(fd, NGHTTP2_COMPRESSION_ERROR);
    close_stage();
}

static void test_wrong_frames(void **state)
{
    static const struct {
        uint8_t type, flags;
        uint32_t id;
        const char *payload;
        size_t len;
        int error;
    } wrong[] = {
        {NGHTTP2_DATA, 0, 1, "x", 1, NGHTTP2_PROTOCOL_ERROR},           /* on no stream */
        {NGHTTP2_HEADERS, 5, 2, "\x20\x82", 2, NGHTTP2_PROTOCOL_ERROR}, /* on a stream of ours */
        {NGHTTP2_HEADERS, 5, 1, "\x20\xff\xff\xff", 4,
         NGHTTP2_COMPRESSION_ERROR}, /* no such entry */
        {NGHTTP2_SETTINGS, 0, 0, "12345", 5, NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_PING, 0, 0, "1", 1, NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\0", 4, NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_PUSH_PROMISE, 4, 1, "\0\0\0\2\x82", 5, NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_CONTINUATION, 4, 1, "\x82", 1, NGHTTP2_PROTOCOL_ERROR},
    };
    (void)state;
    open_stage(1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int fd = raw_open(&site.address, 65535);
        raw(fd, wrong[i].type, wrong[i].flags, wrong[i].id, wrong[i].payload, wrong[i].len);
        assert_ended(fd, wrong[i].error);
    }
    int fd = viewer_connect(&site.address);
    viewer_say(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert_ended(fd, -1);
    check(LIST, "", 200, "video", UNBLOCKED);
    close_stage();
}

/* More streams than were offered end the connection; who keeps to it is served, round by round. */
static void test_too_many_streams(void **state)
{
    static struct h2_viewer v;
    int32_t ids[250];
    (void)state;
    open_stage(1);
    int fd = raw_open(&site.address, 65535);
    for (uint32_t i = 0; i < 101; i++)
        raw_get(fd, 2 * i + 1, PARTS "p402.m4s", 5);
    assert_ended(fd, NGHTTP2_PROTOCOL_ERROR);
    AWAIT(&site, stats, stats.holding == 0);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, h2_ask(&v, "GET", "/nothing", NULL, NULL), 404, ""); /* the limit is known now */
    for (int i = 0; i < 250; i++)
        ids[i] = h2_ask(&v, "GET", LIST, NULL, NULL);
    for (int i = 0; i < 250; i++)
        h2_take(&v, ids[i]);
    AWAIT(&site, stats, stats.by_code[200] == 250);
    h2_viewer_leave(&v);
    close_stage();
}

/* A reader in small bites, which opens both windows for each of them, is no flood: what it takes
 * pays for that. */
static void test_small_bites(void **state)
{
    enum { BITES = 4, SEGMENTS = 3 };
    uint8_t frame[16384 + 9], update[2 * BITES][13];
    (void)state;
    open_stage(1);
    site_show(&site, "plain");
    int fd = raw_open(&site.address, 65535);
    for (uint32_t id = 1; id < 2 * SEGMENTS; id += 2) {
        raw_get(fd, id, "/live/plain/video/1.m4s", 5);
        for (frame[3] = frame[4] = 0; frame[3] != NGHTTP2_DATA || !(frame[4] & 1);) {
            assert_int_equal(recv(fd, frame, 9, MSG_WAITALL), 9);
            size_t len = (size_t)frame[1] << 8 | frame[2], bite = len / BITES;
            assert_true(9 + len <= sizeof frame);
            assert_true(frame[3] != NGHTTP2_GOAWAY);
            assert_int_equal(recv(fd, frame + 9, len, MSG_WAITALL), len);
            for (size_t i = 0; frame[3] == NGHTTP2_DATA && i < 2 * BITES; i++) {
                size_t more = i < 2 ? len - (BITES - 1) * bite : bite;
                const uint8_t one[13] = {0,
                                         0,
                                         4,
                                         NGHTTP2_WINDOW_UPDATE,
                                         0,
                                         0,
                                         0,
                                         0,
                                         i % 2 ? (uint8_t)id : 0,
                                         0,
                                         0,
                                         (uint8_t)(more >> 8),
                                         (uint8_t)more};
                memcpy(update[i], one, sizeof one);
            }
            if (frame[3] == NGHTTP2_DATA)
                send(fd, update, sizeof update, MSG_NOSIGNAL); /* all that one frame is worth */
        }
    }
    server_stats(site.server, &stats);
    assert_int_equal(stats.h2_floods, 0);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_floods, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_small_bites, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_trailers, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_held_bytes, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_hold_refused, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_open_bodies, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_endless_heads, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_bomb, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_wrong_frames, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_too_many_streams, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
