/* A thread's own life: out of descriptors, drained, never started. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#include <pthread.h>
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

static void expect_text(int fd, int status, const char *text)
{
    struct answer a = viewer_read(fd, true);
    assert_int_equal(a.status, status);
    if (text)
        assert_string_equal(a.body, text);
    answer_drop(&a);
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
    int fd = viewer_connect(&site.address);
    viewer_get(fd, "/hello", "");
    expect_text(fd, 200, "hello\n");
    close(fd);
    close_site();
}

static void *stop(void *arg)
{
    (void)arg;
    server_stop(site.server, clock_mono_us() + 5000000);
    return NULL;
}

/* Until nobody listens any more. Who came in between is closed with the rest. */
static void await_refusal(void)
{
    for (int tries = 0, refused = 0; !refused; tries++) {
        assert_true(tries < 2000);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        refused = connect(fd, (struct sockaddr *)&site.address, sizeof site.address) == -1;
        close(fd);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void test_drain(void **state)
{
    struct config c = fixture_config();
    pthread_t id;
    (void)state;
    open_site(&c, 2);
    server_stats(site.server, &stats);
    uint64_t before = stats.connections;
    int idle = viewer_connect(&site.address), held = viewer_connect(&site.address),
        busy = viewer_connect(&site.address);
    int half = viewer_connect(&site.address);
    viewer_get(idle, "/hello", "");
    expect_text(idle, 200, "hello\n");
    viewer_get(held, "/hold", "");
    AWAIT(&site, stats, atomic_load(&token_count) == 1);
    viewer_get(busy, SEGMENT, "");
    char byte;
    assert_int_equal(recv(busy, &byte, 1, 0), 1); /* on its way */
    viewer_say(half, "GET /hello HTT");
    AWAIT(&site, stats, stats.connections == before + 4);
    int64_t start_us = clock_mono_us();
    pthread_create(&id, NULL, stop, NULL);
    await_refusal(); /* every thread drains by now, the one of `half` too */
    viewer_expect_end(idle);
    viewer_expect(held, true, 503, "Connection: close");
    viewer_expect_end(held);
    viewer_say(half, "P/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(half, true, 200, "Connection: close");
    viewer_expect_end(half);
    size_t got = 1;
    char *buf = malloc(65536);
    for (ssize_t n = 1; n > 0; got += (size_t)n) {
        n = recv(busy, buf, 65536, 0); /* it was promised to live, but ends when idle */
        assert_true(n >= 0);
    }
    assert_true(got > SEGMENT_BYTES);
    free(buf);
    close(busy);
    pthread_join(id, NULL);
    assert_true(clock_mono_us() - start_us < 2000000);
    server_free(&site.server);
    assert_int_equal(blob_count(), 0);
}

static void test_drain_deadline(void **state)
{
    struct config c = fixture_config();
    (void)state;
    open_site(&c, 1);
    int fd = viewer_connect(&site.address);
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
    server_ring(server, false);
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
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_deadline),
        cmocka_unit_test(test_never_started),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
