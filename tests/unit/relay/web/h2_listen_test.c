/* What a console asks over HTTP/2: actions with bodies, and replies without an end. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reply.h"
#include "relay/web/subscriber.h"
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/h2_viewer.h"
#include "tests/unit/relay/web/stage.h"

#include <signal.h>

enum { NEWS_BYTES = 60 << 10, ROUTES = 2 };

static struct h2_viewer v;
static _Atomic unsigned asked;
static struct request_token tokens[2 * SUBSCRIBERS_MAX];

static void listen_to(void *ctx, struct request *r)
{
    (void)ctx;
    tokens[asked] = request_hold(r, clock_mono_us() + 5000000);
    asked++;
}

/* "4 abcd", or how long it was not. */
static void echo(void *ctx, struct request *r)
{
    char text[REQUEST_BODY_MAX + 64];
    bool too_long;
    size_t len;
    const char *body = request_body(r, &len, &too_long);
    (void)ctx;
    snprintf(text, sizeof text, "%s%zu %.*s", too_long ? "too long " : "", len, (int)len, body);
    struct body *b;
    assert_int_equal(body_new(&b, "text/plain", text, strlen(text), false, 0, 1), 0);
    reply_body(r, 200, b);
    body_unref(&b);
}

static const struct route routes[ROUTES] = {
    {"/events", listen_to, NULL, 1u << HTTP_GET},
    {"/echo", echo, NULL, 1u << HTTP_GET | 1u << HTTP_POST},
};

static void open_console(const struct config *c)
{
    asked = 0;
    site_open(&site, c, 1, routes, ROUTES);
}

static void until_listeners(uint64_t n)
{
    AWAIT(&site, stats, stats.listeners == n);
}

/* Those who have asked since hear "first\n", and listen. */
static void let_listen(unsigned from, unsigned count)
{
    struct body *b;
    AWAIT(&site, stats, asked == from + count);
    assert_int_equal(body_new(&b, "text/event-stream", "first\n", 6, false, 0, 1), 0);
    for (unsigned i = from; i < from + count; i++)
        server_listen(site.server, tokens[i], b);
    body_unref(&b);
}

static void tell(const char *text, size_t len)
{
    struct body *b;
    assert_int_equal(body_new(&b, "text/event-stream", text, len, false, 0, 1), 0);
    assert_int_equal(server_tell(site.server, b), 0);
    body_unref(&b);
}

static void await_end(const struct h2_answer *a, const char *text)
{
    while (a->len < strlen(text) || strcmp(a->bytes + a->len - strlen(text), text) != 0)
        if (!h2_viewer_turn(&v, 20000))
            fail_msg("no \"%s\" comes: %s", text, a->len ? a->bytes : "");
}

/* ---- bodies */

struct piece {
    const char *at;
    size_t left;
};

static ssize_t give(nghttp2_session *session, int32_t id, uint8_t *buf, size_t length,
                    uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct piece *p = source->ptr;
    size_t n = p->left < length ? p->left : length;
    (void)session, (void)id, (void)ctx;
    memcpy(buf, p->at, n);
    p->at += n;
    p->left -= n;
    *flags |= p->left == 0 ? NGHTTP2_DATA_FLAG_EOF : 0;
    return (ssize_t)n;
}

static const char *post(const char *body, size_t len, bool announced)
{
    char number[24];
    struct piece piece = {body, len};
    nghttp2_data_provider content = {{.ptr = &piece}, give};
    snprintf(number, sizeof number, "%zu", len);
    const nghttp2_nv lines[] = {h2_line(":method", "POST"), h2_line(":path", "/echo"),
                                h2_line(":scheme", "http"), h2_line(":authority", "t"),
                                h2_line("content-length", number)};
    int32_t id = nghttp2_submit_request(v.session, NULL, lines, announced ? 5 : 4, &content, NULL);
    return h2_expect(&v, id, 200, "")->bytes;
}

static void test_bodies(void **state)
{
    static char full[REQUEST_BODY_MAX + 1];
    const struct config c = fixture_config();
    char want[REQUEST_BODY_MAX + 64];
    uint8_t head[] = {0x20, 0x83, 0x86, 0x01, 1, 't', 0x04, 5, '/', 'e', 'c', 'h', 'o'};
    uint8_t payload[16] = {0};
    (void)state;
    memset(full, 'b', sizeof full);
    open_console(&c);
    h2_viewer_open(&v, &site.address);
    assert_string_equal(post("{\"role\":\"main\"}", 15, true), "15 {\"role\":\"main\"}");
    assert_string_equal(post("{\"role\":\"main\"}", 15, false), "15 {\"role\":\"main\"}");
    assert_string_equal(post("", 0, true), "0 ");
    snprintf(want, sizeof want, "%d %.*s", REQUEST_BODY_MAX, REQUEST_BODY_MAX, full);
    assert_string_equal(post(full, REQUEST_BODY_MAX, true), want);
    assert_string_equal(post(full, sizeof full, true), "too long 0 ");
    assert_string_equal(post(full, sizeof full, false), "too long 0 ");
    int32_t id = h2_ask(&v, "GET", "/echo", NULL, NULL);
    assert_string_equal(h2_expect(&v, id, 200, "")->bytes, "0 ");
    h2_viewer_leave(&v);
    int fd = raw_open(&site.address, 65535); /* in crumbs, two at a time */
    raw(fd, NGHTTP2_HEADERS, 4, 1, head, sizeof head);
    raw(fd, NGHTTP2_HEADERS, 4, 3, head, sizeof head);
    raw(fd, NGHTTP2_DATA, 0, 1, "ab", 2);
    raw(fd, NGHTTP2_DATA, 0, 3, "12", 2);
    raw(fd, NGHTTP2_DATA, 1, 3, "34", 2);
    assert_true(raw_await(fd, NGHTTP2_DATA, payload));
    assert_memory_equal(payload, "4 1234", 6);
    raw(fd, NGHTTP2_DATA, 1, 1, "cd", 2);
    assert_true(raw_await(fd, NGHTTP2_DATA, payload));
    assert_memory_equal(payload, "4 abcd", 6);
    raw(fd, NGHTTP2_HEADERS, 4, 5, head, sizeof head); /* left behind with a body half here */
    raw(fd, NGHTTP2_DATA, 0, 5, "ab", 2);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

/* ---- listeners */

static void test_news(void **state)
{
    static char all[256] = "first\n";
    const struct config c = fixture_config();
    int32_t ids[2];
    (void)state;
    open_console(&c);
    h2_viewer_open(&v, &site.address);
    for (int i = 0; i < 2; i++)
        ids[i] = h2_ask(&v, "GET", "/events", NULL, NULL);
    h2_viewer_send(&v);
    let_listen(0, 2);
    until_listeners(2);
    for (int i = 0; i < 20; i++) {
        char news[16];
        int len = snprintf(news, sizeof news, "%d\n", i);
        tell(news, (size_t)len);
        strcat(all, news);
    }
    for (int i = 0; i < 2; i++) {
        struct h2_answer *a = h2_answer_of(&v, ids[i]);
        await_end(a, "19\n");
        assert_string_equal(a->bytes, all);
        assert_int_equal(a->status, 200);
        assert_non_null(strstr(a->head, "\ncache-control: no-store\n"));
        assert_null(strstr(a->head, "content-length"));
        assert_false(a->done);
    }
    h2_expect(&v, h2_ask(&v, "GET", "/echo", NULL, NULL), 200, ""); /* beside them */
    h2_expect(&v, h2_ask(&v, "HEAD", "/echo", NULL, NULL), 200, "");
    int32_t head = h2_ask(&v, "HEAD", "/events", NULL, NULL);
    h2_viewer_send(&v);
    let_listen(2, 1);
    h2_expect(&v, head, 200, "");
    nghttp2_submit_rst_stream(v.session, 0, ids[0], NGHTTP2_CANCEL);
    h2_viewer_send(&v);
    until_listeners(1);
    tell("more\n", 5);
    await_end(h2_answer_of(&v, ids[1]), "\nmore\n");
    h2_viewer_leave(&v);
    until_listeners(0);
    tell("to nobody\n", 10);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.listeners_cut, 0);
    site_close(&site);
}

/* A stream whose window is closed has its news kept for a while, then is reset; a listener beside
 * it on the same connection misses nothing, and requests are answered. */
static void test_slow_stream(void **state)
{
    static char news[NEWS_BYTES];
    const struct config c = fixture_config();
    uint8_t payload[16];
    unsigned told = 0, resets = 0;
    (void)state;
    memset(news, 'n', sizeof news);
    open_console(&c);
    int fd = raw_open(&site.address, 100);
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
    raw_get(fd, 1, "/events", 5);
    raw_get(fd, 3, "/events", 5);
    raw(fd, NGHTTP2_WINDOW_UPDATE, 0, 3, "\x7f\xff\0\0", 4);
    let_listen(0, 2);
    until_listeners(2);
    for (size_t got = 0, want = 0; stats.listeners == 2; server_stats(site.server, &stats)) {
        assert_true(told++ < 100);
        tell(news, sizeof news);
        for (want += sizeof news; got < want;) {
            uint8_t head[9], byte[16384];
            assert_int_equal(recv(fd, head, 9, MSG_WAITALL), 9);
            size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
            assert_true(len <= sizeof byte);
            assert_int_equal(recv(fd, byte, len, MSG_WAITALL), len);
            got += head[3] == NGHTTP2_DATA && head[8] == 3 && byte[0] == 'n' ? len : 0;
            resets += head[3] == NGHTTP2_RST_STREAM && head[8] == 1 && byte[3] == NGHTTP2_CANCEL;
        }
    }
    assert_in_range(told, 17, 20); /* a megabyte waits, and what is on its way */
    until_listeners(1);
    assert_int_equal(stats.listeners_cut, 1);
    raw_get(fd, 5, "/nothing", 5);
    assert_true(resets == 1 || raw_await(fd, NGHTTP2_RST_STREAM, payload));
    assert_true(raw_await(fd, NGHTTP2_HEADERS, payload));
    close(fd);
    until_listeners(0);
    site_close(&site);
}

/* News that are not taken in time end the stream; while there are none it may be as slow as it
 * likes. */
static void test_late_stream(void **state)
{
    struct config c = fixture_config();
    uint8_t payload[16];
    (void)state;
    c.http.send_timeout_ms = 300;
    c.http.min_rate_bytes = 1 << 30;
    open_console(&c);
    int fd = raw_open(&site.address, 6); /* the first, and not a byte more */
    raw_get(fd, 1, "/events", 5);
    let_listen(0, 1);
    until_listeners(1);
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    until_listeners(1);
    assert_int_equal(stats.timeouts_send, 0);
    tell("more\n", 5);
    AWAIT(&site, stats, stats.timeouts_send == 1 && stats.listeners == 0);
    assert_true(raw_await(fd, NGHTTP2_RST_STREAM, payload));
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

/* All listeners of a thread are counted together, whatever they speak. */
static void test_bound(void **state)
{
    const struct config c = fixture_config();
    int32_t ids[SUBSCRIBERS_MAX];
    (void)state;
    open_console(&c);
    int fd = ask("/events", "");
    let_listen(0, 1);
    h2_viewer_open(&v, &site.address);
    for (int i = 0; i < SUBSCRIBERS_MAX; i++)
        ids[i] = h2_ask(&v, "GET", "/events", NULL, NULL);
    h2_viewer_send(&v);
    let_listen(1, SUBSCRIBERS_MAX);
    until_listeners(SUBSCRIBERS_MAX);
    for (int i = 0; i < SUBSCRIBERS_MAX - 1; i++)
        await_end(h2_answer_of(&v, ids[i]), "first\n");
    h2_expect(&v, ids[SUBSCRIBERS_MAX - 1], 503, "retry-after: 2");
    h2_viewer_leave(&v);
    until_listeners(1);
    close(fd);
    until_listeners(0);
    site_close(&site);
}

/* What a token no longer opens: both ways of listening end, and who asks again is judged again. */
static void test_hush(void **state)
{
    const struct config c = fixture_config();
    (void)state;
    open_console(&c);
    int fd = ask("/events", "");
    let_listen(0, 1);
    h2_viewer_open(&v, &site.address);
    int32_t id = h2_ask(&v, "GET", "/events", NULL, NULL);
    h2_viewer_send(&v);
    let_listen(1, 1);
    await_end(h2_answer_of(&v, id), "first\n");
    until_listeners(2);
    server_hush(site.server);
    const struct h2_answer *a = h2_expect(&v, id, 200, "");
    assert_int_equal(a->why, NGHTTP2_NO_ERROR);
    until_listeners(0);
    tell("not for them\n", 13);
    h2_expect(&v, h2_ask(&v, "GET", "/echo", NULL, NULL), 200, ""); /* the connection stays */
    assert_string_equal(a->bytes, "first\n");
    assert_int_equal(stats.listeners_cut, 0);
    h2_viewer_leave(&v);
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    site_close(&site);
}

/* At the end, and of age: the reply ends in order, then its connection does. */
static void test_ends(void **state)
{
    struct config c = fixture_config();
    (void)state;
    for (int old = 0; old < 2; old++) {
        c.http.max_age_ms = old ? 300 : 600000;
        open_console(&c);
        h2_viewer_open(&v, &site.address);
        int32_t id = h2_ask(&v, "GET", "/events", NULL, NULL);
        h2_viewer_send(&v);
        let_listen(0, 1);
        await_end(h2_answer_of(&v, id), "first\n");
        if (old) {
            nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
            tell("beat\n", 5);
        } else {
            server_stop(site.server, clock_mono_us() + 5000000);
        }
        const struct h2_answer *a = h2_expect(&v, id, 200, "");
        assert_int_equal(a->why, NGHTTP2_NO_ERROR);
        assert_string_equal(a->bytes, old ? "first\nbeat\n" : "first\n");
        h2_viewer_until_end(&v);
        assert_int_equal(v.goodbye, NGHTTP2_NO_ERROR);
        h2_viewer_leave(&v);
        if (old)
            site_close(&site);
        else
            server_free(&site.server);
    }
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, count_before, nothing_left)
    const struct CMUnitTest tests[] = {
        CASE(test_bodies), CASE(test_news), CASE(test_slow_stream), CASE(test_late_stream),
        CASE(test_bound),  CASE(test_hush), CASE(test_ends),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
