/* Held requests: answered from anywhere, left by their viewers, ended by their deadline. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

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

static void test_hold_and_answer(void **state)
{
    enum { N = 50 };
    int fds[N];
    struct config c = fixture_config();
    (void)state;
    open_site(&c, 2);
    for (int i = 0; i < N; i++) {
        fds[i] = viewer_connect(&site.address);
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
        int fd = viewer_connect(&site.address);
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
    int fd = viewer_connect(&site.address);
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
    int fd = viewer_connect(&site.address);
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
        fds[i] = viewer_connect(&site.address);
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
        cmocka_unit_test(test_hold_and_answer),
        cmocka_unit_test(test_held_viewer_leaves),
        cmocka_unit_test(test_held_pipelining_is_bounded),
        cmocka_unit_test(test_hold_deadline),
        cmocka_unit_test(test_many_held),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
