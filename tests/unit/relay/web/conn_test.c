/* Limits and deadlines of connections: slow and greedy viewers, a full house. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#include <signal.h>

#define SEGMENT "/live/stage/video/1.m4s"

static struct site site;
static struct server_stats stats;

static void hello(void *ctx, struct request *r)
{
    (void)ctx;
    reply_status(r, 200, 0, "hello");
}

static const struct route routes[] = {{"/hello", hello, NULL, 1u << HTTP_GET}};

static void open_site(const struct config *c, size_t threads)
{
    site_open(&site, c, threads, routes, sizeof routes / sizeof *routes);
    site_show(&site, "stage");
}

static void close_site(void)
{
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

static void expect_text(int fd, int status, const char *text)
{
    struct answer a = viewer_read(fd, true);
    assert_int_equal(a.status, status);
    if (text)
        assert_string_equal(a.body, text);
    answer_drop(&a);
}

static void test_slow_head(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.head_timeout_ms = 400;
    open_site(&c, 1);
    int silent = viewer_connect(&site.address), slow = viewer_connect(&site.address);
    int64_t start_us = clock_mono_us();
    viewer_say(slow, "GET /hello HTTP/1.1\r\nHost: t\r\nX-Slow: ");
    /* A byte now and then does not buy time. */
    char byte;
    while (recv(slow, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           clock_mono_us() - start_us < 5000000) {
        viewer_say(slow, "x");
        nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    }
    int64_t took_us = clock_mono_us() - start_us;
    assert_in_range(took_us, 390000, 4000000);
    expect_text(slow, 408, NULL);
    viewer_expect_end(slow);
    viewer_expect_end(silent);
    AWAIT(&site, stats, stats.timeouts_head == 2);
    close_site();
}

static void test_slow_body(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.head_timeout_ms = 200;
    open_site(&c, 1);
    int fd = viewer_connect(&site.address);
    viewer_say(fd, "POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    expect_text(fd, 408, NULL);
    viewer_expect_end(fd);
    close_site();
}

static void test_idle(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.idle_timeout_ms = 200;
    open_site(&c, 1);
    int fd = viewer_connect(&site.address);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    viewer_expect_end(fd);
    AWAIT(&site, stats, stats.timeouts_idle >= 1);
    close_site();
}

static void test_max_age(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.max_age_ms = 300;
    open_site(&c, 1);
    int fd = viewer_connect(&site.address);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    nanosleep(&(struct timespec){.tv_nsec = 350000000}, NULL);
    viewer_get(fd, "/hello", "");
    viewer_expect(fd, true, 200, "Connection: close");
    viewer_expect_end(fd);
    close_site();
}

/* A viewer that does not read pins one blob, until its deadline. */
static void test_slow_reader(void **state)
{
    struct config c = fixture_config();
    const int small = 4096;
    (void)state;
    c.http.send_timeout_ms = 300;
    c.http.min_rate_bytes = 4000000; /* 3 MB: 0.75 s */
    open_site(&c, 1);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (struct sockaddr *)&site.address, sizeof site.address), 0);
    /* The second request must wait for the first reply. */
    server_stats(site.server, &stats);
    uint64_t before = stats.requests;
    viewer_get(fd, SEGMENT, "");
    viewer_get(fd, SEGMENT, "");
    int64_t start_us = clock_mono_us();
    AWAIT(&site, stats, stats.requests > before);
    server_hide(site.server, "stage");
    AWAIT(&site, stats, blob_count() == 1); /* the init segment went with the room */
    assert_int_equal(stats.requests, before + 1);
    AWAIT(&site, stats, stats.timeouts_send == 1);
    int64_t took_us = clock_mono_us() - start_us;
    assert_in_range(took_us, 300000, 1500000);
    AWAIT(&site, stats, blob_count() == 0 && stats.connections_open == 0);
    close(fd);
    close_site();
}

/* One that reads slowly but fast enough gets all. */
static void test_steady_reader(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.send_timeout_ms = 200;
    c.http.min_rate_bytes = 1000000;
    open_site(&c, 1);
    int fd = viewer_connect(&site.address);
    char *buf = malloc(65536);
    size_t got = 0;
    viewer_get(fd, SEGMENT, "Connection: close\r\n");
    for (;;) {
        ssize_t n = recv(fd, buf, 65536, 0);
        assert_true(n >= 0);
        if (n == 0)
            break;
        got += (size_t)n;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_true(got > SEGMENT_BYTES && got < SEGMENT_BYTES + 1000);
    free(buf);
    close(fd);
    close_site();
}

static void test_full_house(void **state)
{
    enum { MAX = 8 };
    int inside[MAX];
    struct config c = fixture_config();
    (void)state;
    c.http.max_connections = MAX;
    open_site(&c, 2);
    AWAIT(&site, stats, stats.connections_open == 0);
    for (int i = 0; i < MAX; i++) {
        inside[i] = viewer_connect(&site.address);
        viewer_get(inside[i], "/hello", "");
        expect_text(inside[i], 200, "hello\n");
    }
    for (int i = 0; i < 20; i++) {
        int late = viewer_connect(&site.address);
        if (i % 2)
            viewer_get(late, "/hello", "");
        viewer_expect(late, true, 503, "Retry-After: 2");
        viewer_expect_end(late);
    }
    for (int i = 0; i < MAX; i++) {
        viewer_get(inside[i], "/hello", "");
        expect_text(inside[i], 200, "hello\n");
        close(inside[i]);
    }
    server_stats(site.server, &stats);
    assert_int_equal(stats.refused_full, 20);
    AWAIT(&site, stats, stats.connections_open == 0);
    int fd = viewer_connect(&site.address);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    close(fd);
    close_site();
}

static void test_one_address(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.max_connections_per_address = 2;
    open_site(&c, 2);
    AWAIT(&site, stats, stats.connections_open == 0);
    int a = viewer_connect(&site.address), b = viewer_connect(&site.address);
    AWAIT(&site, stats, stats.connections_open == 2);
    int late = viewer_connect(&site.address);
    viewer_expect(late, true, 429, "Retry-After: 2");
    viewer_expect_end(late);
    viewer_get(a, "/hello", "");
    expect_text(a, 200, "hello\n");
    close(a);
    close(b);
    close_site();
}

/* The flood of refused ones does not keep others from coming in. */
static void test_flood_of_refused(void **state)
{
    enum { N = 300 };
    static int fds[N];
    struct config c = fixture_config();
    (void)state;
    c.http.max_connections = 1;
    open_site(&c, 1);
    AWAIT(&site, stats, stats.connections_open == 0);
    int inside = viewer_connect(&site.address);
    viewer_get(inside, "/hello", "");
    expect_text(inside, 200, "hello\n");
    for (int i = 0; i < N; i++)
        fds[i] = viewer_connect(&site.address); /* and never close */
    AWAIT(&site, stats, stats.refused_full == N);
    close(inside);
    struct answer a = {0};
    for (int i = 0; i < 1000 && a.status != 200; i++) {
        inside = viewer_connect(&site.address);
        viewer_get(inside, "/hello", "");
        a = viewer_read(inside, true);
        answer_drop(&a);
        close(inside);
    }
    assert_int_equal(a.status, 200);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    close_site();
}

/* SIGPIPE is at its default here: a viewer that leaves in the middle must not end the process. */
static void test_viewers_leave_while_sending(void **state)
{
    struct config c = fixture_config();
    const struct linger at_once = {.l_onoff = 1};
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    open_site(&c, 2);
    for (int i = 0; i < 100; i++) {
        int fd = viewer_connect(&site.address);
        viewer_get(fd, SEGMENT, "");
        viewer_get(fd, SEGMENT, "");
        char byte;
        if (i % 3)
            assert_int_equal(recv(fd, &byte, 1, 0), 1);
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
    }
    AWAIT(&site, stats, stats.connections_open == 0);
    close_site();
}

static int fds_before;

static int count_before(void **state)
{
    (void)state;
    fds_before = open_fds();
    return 0;
}

static int nothing_left(void **state)
{
    (void)state;
    assert_int_equal(open_fds(), fds_before);
    assert_int_equal(blob_count(), 0);
    assert_int_equal(blob_bytes(), 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_head),
        cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_max_age),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_steady_reader),
        cmocka_unit_test(test_full_house),
        cmocka_unit_test(test_one_address),
        cmocka_unit_test(test_flood_of_refused),
        cmocka_unit_test(test_viewers_leave_while_sending),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
