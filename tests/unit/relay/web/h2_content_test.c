/* What waits on an HTTP/2 connection, and for how long: bounded, and only where blobs wait. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/stage.h"

#include <signal.h>

#define SEGMENT "/live/plain/video/1.m4s"

enum { US_PER_S = 1000000 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_life, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
