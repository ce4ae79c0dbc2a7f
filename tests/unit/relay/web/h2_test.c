/* HTTP/2 with a real server: the same answers, many at once, urgent ones first, floods cut. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/h2_viewer.h"
#include "tests/unit/relay/web/stage.h"

#include <netinet/tcp.h>
#include <signal.h>

#define SEGMENT "/live/plain/video/1.m4s"

static struct h2_viewer v;

static void show_plain(void)
{
    site_show(&site, "plain");
}

static void assert_bytes(const struct h2_answer *a, size_t from, size_t len)
{
    assert_int_equal(a->len, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)a->bytes[i] != byte_at(from + i))
            fail_msg("byte %zu", i);
}

static void test_replies(void **state)
{
    (void)state;
    open_stage(1);
    show_plain();
    h2_viewer_open(&v, &site.address);
    assert_bytes(h2_expect(&v, h2_ask(&v, "GET", SEGMENT, NULL, NULL), 200, "etag: \"seg\""), 0,
                 SEGMENT_BYTES);
    assert_int_equal(v.longest, 16384 - 9); /* a TLS record with its head */
    int32_t part = h2_ask(&v, "GET", SEGMENT, "range", "bytes=1000000-2000001");
    int32_t beyond = h2_ask(&v, "GET", SEGMENT, "range", "bytes=99999999-");
    int32_t same = h2_ask(&v, "GET", SEGMENT, "if-none-match", "\"seg\"");
    int32_t head = h2_ask(&v, "HEAD", SEGMENT, NULL, NULL);
    int32_t gzip = h2_ask(&v, "GET", "/live/plain/index.m3u8", "accept-encoding", "gzip");
    int32_t plain = h2_ask(&v, "GET", "/live/plain/index.m3u8", NULL, NULL);
    assert_bytes(h2_expect(&v, part, 206, "content-range: bytes 1000000-2000001/3000000"), 1000000,
                 1000002);
    h2_expect(&v, beyond, 416, "content-range: bytes */3000000");
    assert_int_equal(h2_expect(&v, same, 304, "etag: \"seg\"")->len, 0);
    assert_int_equal(h2_expect(&v, head, 200, "content-length: 3000000")->len, 0);
    assert_in_range(h2_expect(&v, gzip, 200, "content-encoding: gzip")->len, 20, 300);
    assert_int_equal(h2_expect(&v, plain, 200, "vary: Accept-Encoding")->len, 2000);
    h2_expect(&v, h2_ask(&v, "GET", "/nothing", NULL, NULL), 404, "access-control-allow-origin: *");
    h2_expect(&v, h2_ask(&v, "OPTIONS", SEGMENT, NULL, NULL), 204, "allow: GET, HEAD, OPTIONS");
    h2_expect(&v, h2_ask(&v, "DELETE", SEGMENT, NULL, NULL), 405, "allow: GET, HEAD, OPTIONS");
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.h2_connections, 1);
    assert_int_equal(stats.h2_streams, 10);
    assert_int_equal(stats.bad_requests, 0);
    close_stage();
}

/* What HTTP/1.1 would refuse is refused, with the same status; the connection goes on. */
static void test_refusals(void **state)
{
    char long_path[5000] = "/", big[9000];
    (void)state;
    memset(long_path + 1, 'a', sizeof long_path - 2);
    memset(big, 'a', sizeof big - 1);
    long_path[sizeof long_path - 1] = big[sizeof big - 1] = '\0';
    open_stage(1);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, h2_ask(&v, "TRACE", LIST, NULL, NULL), 501, "");
    h2_expect(&v, h2_ask(&v, "GET", "/a\"", NULL, NULL), 400, "");
    h2_expect(&v, h2_ask(&v, "GET", long_path, NULL, NULL), 414, "");
    h2_expect(&v, h2_ask(&v, "GET", LIST, "x", big), 431, "");
    h2_expect(&v, h2_ask(&v, "GET", LIST, "host", "else"), 400, "");
    h2_expect(&v, h2_ask(&v, "GET", LIST, "expect", "more"), 417, "");
    h2_expect(&v, h2_ask(&v, "GET", LIST, "host", "t"), 200, "");
    /* nghttp2's part of it: what RFC 9113 section 8.2.2 forbids */
    struct h2_answer *a = h2_take(&v, h2_ask(&v, "GET", LIST, "connection", "close"));
    assert_int_equal(a->status, 0);
    assert_int_equal(a->why, NGHTTP2_PROTOCOL_ERROR);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    h2_viewer_leave(&v);
    close_stage();
}

static ssize_t give_zeros(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length,
                          uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    size_t *left = source->ptr, n = *left < length ? *left : length;
    (void)session, (void)id, (void)ctx;
    memset(buf, 0, n);
    *left -= n;
    *flags |= *left == 0 ? NGHTTP2_DATA_FLAG_EOF : 0;
    return (ssize_t)n;
}

static int32_t ask_post(size_t announced, size_t *left, const char *expect)
{
    char number[24];
    nghttp2_data_provider body = {{.ptr = left}, give_zeros};
    snprintf(number, sizeof number, "%zu", announced);
    const nghttp2_nv lines[] = {h2_line(":method", "POST"),        h2_line(":path", LIST),
                                h2_line(":scheme", "http"),        h2_line(":authority", "t"),
                                h2_line("content-length", number), h2_line("expect", expect)};
    const nghttp2_nv *first = lines;
    return nghttp2_submit_request(v.session, NULL, first,
                                  *expect     ? 6
                                  : announced ? 5
                                              : 4,
                                  &body, NULL);
}

static void test_bodies(void **state)
{
    size_t few = 10, many = 60000, too_many = 200000, endless = 200000, wrong = 7;
    (void)state;
    open_stage(1);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, ask_post(few, &few, ""), 405, "");
    int32_t id = ask_post(many, &many, "100-continue");
    assert_int_equal(h2_expect(&v, id, 405, "")->interim, 100);
    h2_expect(&v, ask_post(too_many, &too_many, ""), 413, "");
    struct h2_answer *a = h2_take(&v, ask_post(0, &endless, "")); /* of unknown length */
    assert_int_equal(a->status, 413);
    a = h2_take(&v, ask_post(9, &wrong, "")); /* RFC 9113 section 8.1.1 */
    assert_int_equal(a->status, 0);
    assert_int_equal(a->why, NGHTTP2_PROTOCOL_ERROR);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    h2_viewer_leave(&v);
    close_stage();
}

/* As many requests as a connection may have wait for the next part; one view answers them all. */
static void test_parked(void **state)
{
    enum { MANY = 100 };
    int32_t ids[MANY];
    (void)state;
    open_stage(1);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "cache-control: public, max-age=1");
    for (int i = 0; i < MANY; i++)
        ids[i] = h2_ask(&v, "GET", i % 2 ? LIST "?_HLS_msn=100&_HLS_part=2" : PARTS "p402.m4s",
                        NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == MANY);
    assert_false(h2_viewer_turn(&v, 50) && h2_viewer_turn(&v, 50) && h2_viewer_turn(&v, 50));
    advance();
    for (int i = 0; i < MANY; i++) {
        struct h2_answer *a = h2_expect(&v, ids[i], 200, "");
        if (i % 2)
            assert_memory_equal(a->bytes, "video 403", 9);
        else
            assert_bytes(a, 402 % 64 * PART_BYTES, PART_BYTES);
    }
    AWAIT(&site, stats, stats.holding == 0);
    /* A viewer takes one back, and leaves another behind. */
    int32_t back = h2_ask(&v, "GET", PARTS "p403.m4s", NULL, NULL);
    h2_ask(&v, "GET", LIST "?_HLS_msn=100&_HLS_part=3", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 2);
    nghttp2_submit_rst_stream(v.session, 0, back, NGHTTP2_CANCEL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1 && stats.h2_resets == 1);
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
    close_stage();
}

/* A part that is a range of its segment: what is there is sent, the rest when it comes. */
static void test_growing(void **state)
{
    (void)state;
    open_stage(1);
    now.ranges = true;
    advance();
    h2_viewer_open(&v, &site.address);
    for (int tries = 0;; tries++) { /* until the thread knows the view */
        int32_t id = h2_ask(&v, "GET", PARTS "100.m4s", "range", "bytes=20000-");
        if (h2_take(&v, id)->status == 206)
            break;
        assert_true(tries < 1000);
    }
    int32_t next = h2_ask(&v, "GET", PARTS "100.m4s", "range", "bytes=30000-");
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1);
    advance(); /* the segment is whole */
    assert_bytes(h2_expect(&v, next, 206, "content-range: bytes 30000-39999/40000"),
                 400 % 64 * PART_BYTES + 30000, PART_BYTES);
    h2_viewer_leave(&v);
    close_stage();
}

/* All that fits into a head's input may be there with the preface. */
static void test_first_burst(void **state)
{
    enum { MANY = 95 };
    static char path[600];
    struct config c = fixture_config();
    const int on = 1, off = 0;
    int32_t ids[MANY];
    (void)state;
    c.http.max_head_bytes = 65536;
    site_open(&site, &c, 1, NULL, 0);
    h2_viewer_open(&v, &site.address);
    setsockopt(v.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "/nothing/%0580d", i);
        ids[i] = h2_ask(&v, "GET", path, NULL, NULL);
    }
    h2_viewer_send(&v);
    setsockopt(v.fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    for (int i = 0; i < MANY; i++)
        h2_expect(&v, ids[i], 404, "");
    h2_viewer_leave(&v);
    site_close(&site);
}

/* A site of that configuration, and somebody with `window` for each of the segments he asks for,
 * and no limit for all of them. */
static int ask_segments(const struct config *c, uint32_t window, uint32_t count)
{
    site_open(&site, c, 1, NULL, 0);
    show_plain();
    int fd = raw_open(&site.address, window);
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
    for (uint32_t i = 0; i < count; i++)
        raw_get(fd, 2 * i + 1, SEGMENT, 5);
    return fd;
}

static void hang_up(int fd)
{
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

/* A window that is closed stops a stream, not its connection; what stays closed is cut. */
static void test_windows(void **state)
{
    (void)state;
    struct config c = fixture_config();
    c.http.min_rate_bytes = 1 << 16;
    site_open(&site, &c, 1, NULL, 0);
    show_plain();
    h2_viewer_begin(&v, viewer_connect(&site.address), 5000);
    nghttp2_session_set_local_window_size(v.session, 0, 0, 1 << 24);
    int32_t flows = h2_ask(&v, "GET", "/live/plain/video/init-0.mp4", NULL, NULL);
    assert_bytes(h2_expect(&v, flows, 200, ""), 0, INIT_BYTES);
    int32_t slow = h2_ask(&v, "GET", SEGMENT, NULL, NULL);
    struct h2_answer *a = h2_take(&v, slow); /* its window is opened as it reads */
    assert_int_equal(a->status, 200);
    assert_bytes(a, 0, SEGMENT_BYTES);
    h2_viewer_leave(&v);
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

/* Small and large ranges side by side, in turns, however little the viewer lets come at once: each
 * byte in its place, whichever way it leaves. */
static void test_ranges_by_turns(void **state)
{
    static const struct {
        const char *range;
        size_t from, len;
    } asked[] = {
        {"bytes=0-399999", 0, 400000},       {"bytes=1-2999998", 1, 2999998},
        {"bytes=70000-70004", 70000, 5},     {"bytes=500000-1099999", 500000, 600000},
        {"bytes=12345-52344", 12345, 40000}, {"bytes=2000000-2999999", 2000000, 1000000},
    };
    enum { ASKED = sizeof asked / sizeof *asked };
    static const uint32_t windows[] = {3000, 1 << 24};
    (void)state;
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        struct config c = fixture_config();
        int32_t ids[ASKED];
        site_open(&site, &c, 1, NULL, 0);
        show_plain();
        h2_viewer_begin(&v, viewer_connect(&site.address), windows[w]);
        nghttp2_session_set_local_window_size(v.session, 0, 0, 1 << 24);
        for (size_t i = 0; i < ASKED; i++)
            ids[i] = h2_ask(&v, "GET", SEGMENT, "range", asked[i].range);
        for (size_t i = 0; i < ASKED; i++) {
            struct h2_answer *a = h2_expect(&v, ids[i], 206, "");
            assert_bytes(a, asked[i].from, asked[i].len);
        }
        h2_viewer_leave(&v);
        site_close(&site);
        assert_int_equal(blob_count(), 0);
    }
}

/* Streams whose windows never open are reset after their time, all at once, and pin nothing any
 * more; more than some megabytes are not taken at all. The connection goes on. */
static void test_closed_windows(void **state)
{
    enum { FIT = (16 << 20) / SEGMENT_BYTES };
    struct config c = fixture_config();
    uint8_t payload[16];
    int errors[14] = {0};
    (void)state;
    c.http.send_timeout_ms = 300;
    c.http.min_rate_bytes = 256 << 10; /* by its rate each would have 11 s */
    site_open(&site, &c, 1, NULL, 0);
    show_plain();
    int fd = raw_open(&site.address, 0);
    int64_t began_us = clock_mono_us();
    for (uint32_t i = 0; i < 50; i++)
        raw_get(fd, 2 * i + 1, SEGMENT, 5);
    AWAIT(&site, stats, stats.timeouts_send == FIT);
    assert_in_range(clock_mono_us() - began_us, 300000, 9000000);
    assert_int_equal(stats.h2_refused, 50 - FIT);
    for (int i = 0; i < 50; i++) {
        assert_true(raw_await(fd, NGHTTP2_RST_STREAM, payload));
        errors[payload[3] % 14]++;
    }
    assert_int_equal(errors[NGHTTP2_CANCEL], FIT);
    assert_int_equal(errors[NGHTTP2_REFUSED_STREAM], 50 - FIT);
    raw_get(fd, 101, "/live/plain/nothing", 5);
    assert_true(raw_await(fd, NGHTTP2_HEADERS, payload));
    hang_up(fd);
}

/* Who takes a few bytes now and then gets the time of one reply for all of them. */
static void test_trickle(void **state)
{
    enum { MANY = 5 };
    struct config c = fixture_config();
    (void)state;
    c.http.send_timeout_ms = 1000;
    int fd = ask_segments(&c, 0, MANY);
    int64_t began_us = clock_mono_us();
    for (server_stats(site.server, &stats); stats.timeouts_send < MANY;
         server_stats(site.server, &stats)) {
        raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\4\0", 4);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        assert_true(clock_mono_us() - began_us < 9000000);
    }
    assert_int_equal(stats.h2_floods, 0);
    hang_up(fd);
}

/* Who takes them at more than min_rate gets all, though each alone is over its time: they wait for
 * each other. */
static void test_patience(void **state)
{
    enum { MANY = 5, STEP = 64 << 10 };
    static uint8_t bytes[STEP];
    struct config c = fixture_config();
    size_t got = 0;
    (void)state;
    c.http.send_timeout_ms = 1000; /* each has 2.86 s */
    int fd = ask_segments(&c, 0x7fffffff, MANY);
    while (got < (size_t)MANY * SEGMENT_BYTES) { /* about 4 MB a second: 3.75 s for all */
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        assert_true(n > 0);
        got += (size_t)n;
        nanosleep(&(struct timespec){.tv_nsec = 250 * n}, NULL);
    }
    server_stats(site.server, &stats);
    assert_int_equal(stats.timeouts_send, 0);
    hang_up(fd);
}

/* A viewer that does not read is cut, however many streams it has opened. */
static void test_deaf(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.send_timeout_ms = 300;
    c.http.min_rate_bytes = 1 << 30;
    int fd = ask_segments(&c, 0x7fffffff, 20);
    AWAIT(&site, stats, stats.timeouts_send >= 1 && stats.connections_open == 0);
    close(fd);
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

/* What a viewer has not taken yet stays what it was, though its thread makes frames for others. */
static void test_blocked(void **state)
{
    enum { MANY = 100 };
    static struct h2_viewer other;
    const int small = 4096, on = 1, off = 0;
    int32_t ids[MANY], others[MANY];
    (void)state;
    open_stage(1);
    show_plain();
    AWAIT(&site, stats, stats.connections_open == 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (struct sockaddr *)&site.address, sizeof site.address), 0);
    h2_viewer_begin(&v, fd, 1 << 24);
    h2_expect(&v, h2_ask(&v, "GET", "/nothing", NULL, NULL), 404, "");
    for (int i = 0; i < MANY; i++)
        ids[i] = h2_ask(&v, "GET", "/live/plain/index.m3u8", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.by_code[200] >= MANY);
    h2_viewer_open(&other, &site.address);
    h2_expect(&other, h2_ask(&other, "GET", "/nothing", NULL, NULL), 404, "");
    setsockopt(other.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); /* as many frames at once */
    for (int i = 0; i < MANY; i++)
        others[i] = h2_ask(&other, "GET", LIST, NULL, NULL);
    h2_viewer_send(&other);
    setsockopt(other.fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    for (int i = 0; i < MANY; i++)
        h2_expect(&other, others[i], 200, "");
    for (int i = 0; i < MANY; i++) {
        const struct h2_answer *a = h2_expect(&v, ids[i], 200, "");
        assert_int_equal(a->len, 2000);
        assert_int_equal(strspn(a->bytes, "p"), 2000);
    }
    h2_viewer_leave(&v);
    h2_viewer_leave(&other);
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replies, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_refusals, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_bodies, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_parked, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_growing, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_first_burst, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_windows, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_ranges_by_turns, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_closed_windows, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_trickle, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_patience, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_deaf, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_blocked, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
