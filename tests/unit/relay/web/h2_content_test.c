/* What waits on an HTTP/2 connection, and for how long: bounded, and only where blobs wait. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/exchange.h"
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/stage.h"

#include <signal.h>

#define SEGMENT "/live/plain/video/1.m4s"

enum { US_PER_S = 1000000 };

/* The next frame that is a reply's head or a reset: what became of the stream. */
struct fate {
    uint8_t type;
    uint32_t id;
    uint8_t payload[16];
};

static bool next_fate(int fd, struct fate *f)
{
    uint8_t head[9];
    while (raw_take(fd, head, f->payload)) {
        f->type = head[3];
        f->id = (uint32_t)head[7] << 8 | head[8];
        if (f->type == NGHTTP2_HEADERS || f->type == NGHTTP2_RST_STREAM)
            return true;
    }
    return false;
}

/* Takes one segment whole, on a stream of its own. False: the connection is over. */
static bool take_segment(int fd, uint32_t id)
{
    static uint8_t bytes[16384];
    uint8_t head[9];
    raw_get(fd, id, SEGMENT, 5);
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, id, "\0\x40\0\0", 4);
    while (recv(fd, head, 9, MSG_WAITALL) == 9) {
        size_t len = (size_t)head[1] << 8 | head[2];
        if (len > sizeof bytes || (len && recv(fd, bytes, len, MSG_WAITALL) != (ssize_t)len))
            return false;
        if (head[3] == NGHTTP2_DATA && head[4] & NGHTTP2_FLAG_END_STREAM)
            return true;
    }
    return false;
}

/* What others take buys a stream whose window is shut as much time again, and not more. */
static void test_whole_life(void **state)
{
    enum { STARVED = 3, RATE = 2 << 20 };
    struct config c = fixture_config();
    (void)state;
    c.http.send_timeout_ms = 500;
    c.http.min_rate_bytes = RATE;
    site_open(&site, &c, 1, NULL, 0);
    site_show(&site, "plain");
    int fd = raw_open(&site.address, 0);
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
    const int64_t began_us = clock_mono_us(),
                  life_us = 2 * (int64_t)SEGMENT_BYTES * US_PER_S / RATE;
    uint32_t id = 1;
    for (; id < 2 * STARVED; id += 2)
        raw_get(fd, id, SEGMENT, 5);
    for (server_stats(site.server, &stats); stats.timeouts_send == 0;
         server_stats(site.server, &stats)) {
        assert_true(take_segment(fd, id));
        id += 2;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (clock_mono_us() - began_us > 3 * life_us)
            fail_msg("still waiting");
    }
    assert_true(clock_mono_us() - began_us >= life_us); /* the time of one was not enough */
    AWAIT(&site, stats, stats.timeouts_send == STARVED);
    assert_int_equal(stats.h2_floods, 0);
    assert_true(take_segment(fd, id)); /* the connection goes on */
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

/* One blob that is more than the bound. */
static void large(void *ctx, struct request *r)
{
    (void)ctx;
    reply_blob(r, media, 0, media->bytes, "video/mp4", 60);
}

static void post(int fd, uint32_t id)
{
    const uint8_t head[] = {0x20, 0x83, 0x86, 0x01, 1, 't', 0x04, 6, '/', 'l', 'a', 'r', 'g', 'e'};
    raw(fd, NGHTTP2_HEADERS, 5, id, head, sizeof head);
}

static void expect_reply(int fd, uint32_t id)
{
    struct fate f;
    assert_true(next_fate(fd, &f));
    assert_int_equal(f.id, id);
    assert_int_equal(f.type, NGHTTP2_HEADERS);
}

/* Beyond the bound only a blob that is asked for is refused: a text never is, nor what may have
 * been done. One blob may always wait, beside any texts. */
static void test_beyond_the_bound(void **state)
{
    static const struct route routes[] = {
        {"/large", large, NULL, 1u << HTTP_GET | 1u << HTTP_POST}};
    enum { FIT = (16 << 20) / SEGMENT_BYTES, MANY = 10 };
    const struct config c = fixture_config();
    struct fate f;
    (void)state;
    site_open(&site, &c, 1, routes, 1);
    media = fixture_blob(17 << 20, "\"large\"");
    now = (struct moment){START, MADE_UP_TD_S, false, false};
    show("stage");
    site_show(&site, "plain");
    int fd = raw_open(&site.address, 0);
    raw_get(fd, 1, LIST, 5);
    expect_reply(fd, 1);
    uint32_t id = 3;
    for (int i = 0; i < MANY; i++, id += 2) {
        raw_get(fd, id, SEGMENT, 5);
        if (i < FIT) {
            expect_reply(fd, id);
            continue;
        }
        assert_true(next_fate(fd, &f));
        assert_int_equal(f.type, NGHTTP2_RST_STREAM);
        assert_int_equal(f.payload[3], NGHTTP2_REFUSED_STREAM);
    }
    post(fd, id);
    expect_reply(fd, id);
    raw_get(fd, id + 2, LIST, 5);
    expect_reply(fd, id + 2);
    raw_get(fd, id + 4, "/nothing", 5);
    expect_reply(fd, id + 4);
    server_stats(site.server, &stats);
    assert_int_equal(stats.h2_refused, MANY - FIT);
    close(fd);
    fd = raw_open(&site.address, 0); /* a text waits, and then more than the bound in one */
    raw_get(fd, 1, LIST, 5);
    expect_reply(fd, 1);
    raw_get(fd, 3, "/large", 5);
    expect_reply(fd, 3);
    raw_get(fd, 5, SEGMENT, 5);
    assert_true(next_fate(fd, &f));
    assert_int_equal(f.type, NGHTTP2_RST_STREAM);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_life, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_beyond_the_bound, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
