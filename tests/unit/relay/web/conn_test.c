/* Limits and deadlines: slow and greedy viewers, held requests, a full house, the end. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#define SEGMENT "/live/stage/video/1.m4s"

static struct site site;
static struct server_stats stats;

/* /hold: the tokens come out here. */
static struct request_token tokens[4096];
static _Atomic uint32_t token_count;
static _Atomic int64_t hold_us = 10000000;

static void hold(void *ctx, struct request *r)
{
    (void)ctx;
    struct request_token t = request_hold(r, clock_mono_us() + hold_us);
    /* The tests hold one at a time, or all on one thread. */
    uint32_t i = atomic_load(&token_count);
    tokens[i] = t;
    atomic_store(&token_count, i + 1);
}

static void hello(void *ctx, struct request *r)
{
    (void)ctx;
    reply_status(r, 200, 0, "hello");
}

static const struct route routes[] = {
    {"/hold", hold, NULL, 1u << HTTP_GET},
    {"/hello", hello, NULL, 1u << HTTP_GET},
};

static void open_site(const struct config *c, size_t threads)
{
    token_count = 0;
    hold_us = 10000000;
    site_open(&site, c, threads, routes, sizeof routes / sizeof *routes);
    site_show(&site, "stage");
}

static void close_site(void)
{
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

static struct body *text_body(const char *text)
{
    struct body *b;
    assert_int_equal(body_new(&b, "text/plain", text, strlen(text), false, 1, 1), 0);
    return b;
}

static void answer(const struct request_token *t, const char *text)
{
    struct body *b = text_body(text);
    server_answer(site.server, *t, 200, b);
    body_unref(&b);
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
    int silent = viewer_connect(&site), slow = viewer_connect(&site);
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
    int fd = viewer_connect(&site);
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
    int fd = viewer_connect(&site);
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
    int fd = viewer_connect(&site);
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
    int fd = viewer_connect(&site);
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

static void test_hold_and_answer(void **state)
{
    enum { N = 50 };
    int fds[N];
    struct config c = fixture_config();
    (void)state;
    open_site(&c, 2);
    for (int i = 0; i < N; i++) {
        fds[i] = viewer_connect(&site);
        viewer_get(fds[i], "/hold", "If-None-Match: \"x\"\r\n");
        AWAIT(&site, stats, atomic_load(&token_count) == (uint32_t)i + 1);
    }
    /* The connection goes on afterwards, with what was pipelined meanwhile. */
    viewer_get(fds[0], "/hello", "");
    for (int i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof text, "answer %d", i);
        answer(&tokens[i], text);
        expect_text(fds[i], 200, text);
    }
    expect_text(fds[0], 200, "hello\n");
    /* A stale token, and one of nonsense, do nothing. */
    answer(&tokens[0], "again");
    answer(&(struct request_token){7, 7, 7}, "nobody");
    answer(&(struct request_token){0, 4000000000u, 1}, "nobody");
    viewer_get(fds[0], "/hello", "");
    expect_text(fds[0], 200, "hello\n");
    server_stats(site.server, &stats);
    assert_int_equal(stats.holding, 0);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    close_site();
}

static void test_held_viewer_leaves(void **state)
{
    struct config c = fixture_config();
    const struct linger at_once = {.l_onoff = 1};
    (void)state;
    open_site(&c, 1);
    for (int how = 0; how < 4; how++) {
        int fd = viewer_connect(&site);
        server_stats(site.server, &stats);
        viewer_get(fd, "/hold", "");
        AWAIT(&site, stats, atomic_load(&token_count) == (uint32_t)how + 1);
        if (how & 1)
            viewer_say(fd, "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
        if (how & 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
        int64_t start_us = clock_mono_us();
        AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
        int64_t took_us = clock_mono_us() - start_us;
        if (took_us > 1000000)
            fail_msg("way %d: noticed after %lld us", how, (long long)took_us);
        answer(&tokens[how], "too late");
    }
    close_site();
}

static void test_held_pipelining_is_bounded(void **state)
{
    struct config c = fixture_config();
    const struct timeval soon = {.tv_usec = 200000};
    (void)state;
    open_site(&c, 1);
    int fd = viewer_connect(&site);
    viewer_get(fd, "/hold", "");
    AWAIT(&site, stats, atomic_load(&token_count) == 1);
    /* Sends until nobody takes any more: the bytes stay in the sockets. */
    char *junk = calloc(1, 1 << 20);
    size_t sent = 0;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    for (ssize_t n = 0; n >= 0; sent += (size_t)(n > 0 ? n : 0))
        n = send(fd, junk, 1 << 20, MSG_NOSIGNAL);
    assert_true(errno == EAGAIN && sent > 0);
    free(junk);
    answer(&tokens[0], "here");
    expect_text(fd, 200, "here");
    expect_text(fd, 400, NULL);
    close(fd);
    close_site();
}

static void test_hold_deadline(void **state)
{
    struct config c = fixture_config();
    (void)state;
    open_site(&c, 1);
    hold_us = 300000;
    int fd = viewer_connect(&site);
    int64_t start_us = clock_mono_us();
    viewer_get(fd, "/hold", "");
    viewer_expect(fd, true, 503, "Cache-Control: no-store");
    int64_t took_us = clock_mono_us() - start_us;
    assert_in_range(took_us, 290000, 800000);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    close(fd);
    close_site();
}

/* A reply from a thread of its own to many held at once. */
static void *answer_all(void *arg)
{
    (void)arg;
    uint32_t n = atomic_load(&token_count);
    for (uint32_t i = 0; i < n; i++)
        answer(&tokens[i], "all");
    return NULL;
}

static void test_many_held(void **state)
{
    enum { N = 400 };
    static int fds[N];
    struct config c = fixture_config();
    pthread_t id;
    (void)state;
    open_site(&c, 1);
    for (int i = 0; i < N; i++) {
        fds[i] = viewer_connect(&site);
        viewer_get(fds[i], "/hold", "");
    }
    AWAIT(&site, stats, atomic_load(&token_count) == N);
    pthread_create(&id, NULL, answer_all, NULL);
    for (int i = 0; i < N; i++) {
        expect_text(fds[i], 200, "all");
        close(fds[i]);
    }
    pthread_join(id, NULL);
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
        inside[i] = viewer_connect(&site);
        viewer_get(inside[i], "/hello", "");
        expect_text(inside[i], 200, "hello\n");
    }
    for (int i = 0; i < 20; i++) {
        int late = viewer_connect(&site);
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
    int fd = viewer_connect(&site);
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
    int a = viewer_connect(&site), b = viewer_connect(&site);
    AWAIT(&site, stats, stats.connections_open == 2);
    int late = viewer_connect(&site);
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
    int inside = viewer_connect(&site);
    viewer_get(inside, "/hello", "");
    expect_text(inside, 200, "hello\n");
    for (int i = 0; i < N; i++)
        fds[i] = viewer_connect(&site); /* and never close */
    AWAIT(&site, stats, stats.refused_full == N);
    close(inside);
    struct answer a = {0};
    for (int i = 0; i < 1000 && a.status != 200; i++) {
        inside = viewer_connect(&site);
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

static void test_out_of_descriptors(void **state)
{
    enum { WANT = 30 };
    static int fds[WANT];
    struct config c = fixture_config();
    struct rlimit before, tight;
    struct rusage a, b;
    (void)state;
    open_site(&c, 1);
    for (int i = 0; i < WANT; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    getrlimit(RLIMIT_NOFILE, &before);
    tight = before;
    /* The highest of them is the limit: a handful more can be accepted, then none. */
    tight.rlim_cur = (rlim_t)fds[WANT - 1] + 3;
    setrlimit(RLIMIT_NOFILE, &tight);
    for (int i = 0; i < WANT; i++)
        assert_int_equal(connect(fds[i], (struct sockaddr *)&site.address, sizeof site.address), 0);
    getrusage(RUSAGE_SELF, &a);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    getrusage(RUSAGE_SELF, &b);
    int64_t busy_us = (b.ru_utime.tv_sec - a.ru_utime.tv_sec) * 1000000 + b.ru_utime.tv_usec -
                      a.ru_utime.tv_usec + (b.ru_stime.tv_sec - a.ru_stime.tv_sec) * 1000000 +
                      b.ru_stime.tv_usec - a.ru_stime.tv_usec;
    assert_true(busy_us < 250000); /* it does not spin */
    setrlimit(RLIMIT_NOFILE, &before);
    for (int i = 0; i < WANT; i++)
        close(fds[i]);
    int fd = viewer_connect(&site);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    close(fd);
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
        int fd = viewer_connect(&site);
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

static void *stop(void *arg)
{
    (void)arg;
    server_stop(site.server, clock_mono_us() + 5000000);
    return NULL;
}

static void test_drain(void **state)
{
    struct config c = fixture_config();
    pthread_t id;
    (void)state;
    open_site(&c, 2);
    int idle = viewer_connect(&site), held = viewer_connect(&site), busy = viewer_connect(&site);
    int half = viewer_connect(&site);
    viewer_get(idle, "/hello", "");
    expect_text(idle, 200, "hello\n");
    viewer_get(held, "/hold", "");
    AWAIT(&site, stats, atomic_load(&token_count) == 1);
    viewer_get(busy, SEGMENT, "");
    char byte;
    assert_int_equal(recv(busy, &byte, 1, 0), 1); /* on its way */
    viewer_say(half, "GET /hello HTT");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    int64_t start_us = clock_mono_us();
    pthread_create(&id, NULL, stop, NULL);
    viewer_expect_end(idle);
    viewer_expect(held, true, 503, "Connection: close");
    viewer_expect_end(held);
    viewer_say(half, "P/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(half, true, 200, "Connection: close");
    viewer_expect_end(half);
    size_t got = 1;
    char *buf = malloc(65536);
    for (ssize_t n = 1; n > 0; got += (size_t)n) {
        n = recv(busy, buf, 65536, 0);
        assert_true(n >= 0);
        if (got > SEGMENT_BYTES)
            break; /* whole; its connection was promised to live, but ends when idle */
    }
    assert_true(got > SEGMENT_BYTES);
    free(buf);
    close(busy);
    pthread_join(id, NULL);
    assert_true(clock_mono_us() - start_us < 2000000);
    /* Nobody listens any more. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&site.address, sizeof site.address), -1);
    close(fd);
    server_free(&site.server);
    assert_int_equal(blob_count(), 0);
}

static void test_drain_deadline(void **state)
{
    struct config c = fixture_config();
    (void)state;
    open_site(&c, 1);
    int fd = viewer_connect(&site);
    server_stats(site.server, &stats);
    uint64_t before = stats.requests;
    viewer_get(fd, SEGMENT, ""); /* and never reads */
    AWAIT(&site, stats, stats.requests > before);
    int64_t start_us = clock_mono_us();
    server_stop(site.server, start_us + 300000);
    int64_t took_us = clock_mono_us() - start_us;
    assert_true(took_us < 1000000);
    server_free(&site.server);
    assert_int_equal(blob_count(), 0);
    close(fd);
}

static void test_never_started(void **state)
{
    struct config c = fixture_config();
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct server *server;
    (void)state;
    int fd = fixture_listen(&address);
    assert_int_equal(server_new(&server, &c, &fd, 1, NULL, 0), 0);
    struct room_view *v = fixture_view("early");
    server_show(server, v);
    room_view_unref(&v);
    server_free(&server);
    assert_null(server);
    assert_int_equal(blob_count(), 0);
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
        cmocka_unit_test(test_hold_and_answer),
        cmocka_unit_test(test_held_viewer_leaves),
        cmocka_unit_test(test_held_pipelining_is_bounded),
        cmocka_unit_test(test_hold_deadline),
        cmocka_unit_test(test_many_held),
        cmocka_unit_test(test_full_house),
        cmocka_unit_test(test_one_address),
        cmocka_unit_test(test_flood_of_refused),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_viewers_leave_while_sending),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_deadline),
        cmocka_unit_test(test_never_started),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
