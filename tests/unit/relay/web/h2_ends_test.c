/* How HTTP/2 connections end: at an upgrade, at the end, of age, of silence; nobody loses a reply.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/web/exchange.h"
#include "relay/web/reply.h"
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/h2_viewer.h"
#include "tests/unit/relay/web/stage.h"

#include <netinet/tcp.h>
#include <signal.h>

static struct h2_viewer v;

static void open_site(const struct config *c)
{
    site_open(&site, c, 1, NULL, 0);
    media = fixture_blob(64 * PART_BYTES, "\"media\"");
    now = (struct moment){START, MADE_UP_TD_S, false, false};
    show("stage");
    site_show(&site, "plain");
    AWAIT(&site, stats, stats.connections_open == 0);
}

/* An upgrade: who waits gets its answer, what is under way goes on, what was sent before the viewer
 * knew is served; then the connection ends, and the last stream is named. */
static void test_upgrade(void **state)
{
    const struct config c = fixture_config();
    int heir[2];
    char byte;
    (void)state;
    open_site(&c);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, heir), 0);
    h2_viewer_begin(&v, viewer_connect(&site.address), 100000);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    int32_t waits = h2_ask(&v, "GET", PARTS "p402.m4s", NULL, NULL);
    int32_t flows = h2_ask(&v, "GET", "/live/plain/video/1.m4s", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1);
    server_hand_on(site.server, heir[0], clock_mono_us() + 5000000);
    AWAIT(&site, stats, stats.holding == 0);
    int32_t late = h2_ask(&v, "GET", LIST, NULL, NULL); /* goodbye is not read yet */
    h2_expect(&v, waits, 503, "retry-after: 1");
    assert_int_equal(h2_expect(&v, flows, 200, "")->len, SEGMENT_BYTES);
    h2_expect(&v, late, 200, "");
    h2_viewer_until_end(&v);
    assert_int_equal(v.goodbyes, 2);
    assert_int_equal(v.goodbye, NGHTTP2_NO_ERROR);
    assert_int_equal(v.last_stream, late);
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(recv(heir[1], &byte, 1, MSG_DONTWAIT), -1); /* it cannot be given away */
    close(heir[0]);
    close(heir[1]);
    close_stage();
}

/* At the end an idle one and one that waits get their goodbye. */
static void test_stop(void **state)
{
    static struct h2_viewer idle;
    const struct config c = fixture_config();
    (void)state;
    open_site(&c);
    h2_viewer_open(&idle, &site.address);
    h2_expect(&idle, h2_ask(&idle, "GET", LIST, NULL, NULL), 200, "");
    h2_viewer_open(&v, &site.address);
    int32_t waits = h2_ask(&v, "GET", PARTS "p402.m4s", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1);
    server_stop(site.server, clock_mono_us() + 300000);
    h2_expect(&v, waits, 503, "retry-after: 1");
    h2_viewer_until_end(&v);
    h2_viewer_until_end(&idle);
    assert_int_equal(idle.goodbye, NGHTTP2_NO_ERROR);
    assert_true(v.goodbyes > 0 && idle.goodbyes > 0);
    h2_viewer_leave(&v);
    h2_viewer_leave(&idle);
    server_free(&site.server);
    blob_unref(&media);
}

static void test_age_and_silence(void **state)
{
    struct config c = fixture_config();
    (void)state;
    c.http.max_age_ms = 200;
    open_site(&c);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    h2_viewer_until_end(&v);
    assert_in_range(v.goodbyes, 1, 2); /* a client may well leave at the first */
    h2_viewer_leave(&v);
    close_stage();
    c = fixture_config();
    c.http.idle_timeout_ms = 200;
    open_site(&c);
    h2_viewer_open(&v, &site.address);
    h2_expect(&v, h2_ask(&v, "GET", LIST, NULL, NULL), 200, "");
    h2_viewer_until_end(&v);
    assert_int_equal(v.goodbyes, 1);
    AWAIT(&site, stats, stats.timeouts_idle == 1 && stats.connections_open == 0);
    h2_viewer_leave(&v);
    close_stage();
}

/* Who does not answer the goodbye, and keeps a stream open, may not ask for ever. */
static void test_no_answer(void **state)
{
    struct config c = fixture_config();
    uint8_t payload[16];
    (void)state;
    c.http.max_age_ms = 200;
    open_site(&c);
    int fd = raw_open(&site.address, 65535);
    raw_get(fd, 1, PARTS "p402.m4s", 5);
    AWAIT(&site, stats, stats.holding == 1);
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL);
    raw_get(fd, 3, "/nothing", 5);
    assert_true(raw_await(fd, NGHTTP2_GOAWAY, payload));
    assert_int_equal(payload[0], 0x7f);
    assert_true(raw_await(fd, NGHTTP2_GOAWAY, payload)); /* though no PING has come back */
    assert_int_equal(payload[3], 3);
    raw_get(fd, 5, "/nothing", 5);
    advance();
    assert_true(raw_await(fd, NGHTTP2_HEADERS, payload)); /* the part; nothing for 5 */
    assert_false(raw_await(fd, NGHTTP2_HEADERS, payload));
    close(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.by_code[404], 1);
    close_stage();
}

/* A held request that is answered by its token, and one whose time is over. */
static struct request_token held;

static void hold(void *ctx, struct request *r)
{
    (void)ctx;
    held = request_hold(r, clock_mono_us() + (*request_query(r) ? 200000 : 60000000));
}

static void test_tokens(void **state)
{
    static const struct route routes[] = {{"/hold", hold, NULL, 1u << HTTP_GET}};
    const struct config c = fixture_config();
    struct body *b;
    (void)state;
    assert_int_equal(body_new(&b, "text/plain", "here", 4, false, 0, 1), 0);
    site_open(&site, &c, 1, routes, 1);
    h2_viewer_open(&v, &site.address);
    int32_t late = h2_ask(&v, "GET", "/hold?short", NULL, NULL);
    h2_expect(&v, late, 503, "retry-after: 1");
    int32_t other = h2_ask(&v, "GET", "/hold", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1);
    int32_t id = h2_ask(&v, "GET", "/hold", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 2);
    server_answer(site.server, held, 200, b);
    assert_string_equal(h2_expect(&v, id, 200, "")->bytes, "here");
    assert_false(h2_answer_of(&v, other)->done);
    h2_viewer_leave(&v);
    AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
    body_unref(&b);
    site_close(&site);
}

/* An answer may be its connection's last, as of who guesses links: what is asked behind it in the
 * same breath is refused, what was asked before it goes on. */
static void last(void *ctx, struct request *r)
{
    (void)ctx;
    r->is_last = true;
    reply_come_back(r, 429, 10, 0, "No more.");
}

static void test_last(void **state)
{
    static const struct route routes[] = {{"/hold", hold, NULL, 1u << HTTP_GET},
                                          {"/last", last, NULL, 1u << HTTP_GET}};
    const struct config c = fixture_config();
    struct body *b;
    (void)state;
    assert_int_equal(body_new(&b, "text/plain", "here", 4, false, 0, 1), 0);
    site_open(&site, &c, 1, routes, 2);
    h2_viewer_open(&v, &site.address);
    int32_t waits = h2_ask(&v, "GET", "/hold", NULL, NULL);
    h2_viewer_send(&v);
    AWAIT(&site, stats, stats.holding == 1);
    int on = 1, ids[3];
    setsockopt(v.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); /* they come in one piece */
    for (int i = 0; i < 3; i++)
        ids[i] = h2_ask(&v, "GET", "/last", NULL, NULL);
    h2_viewer_send(&v);
    on = 0;
    setsockopt(v.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    h2_expect(&v, ids[0], 429, "retry-after: 10");
    for (int i = 1; i < 3; i++)
        assert_int_equal(h2_take(&v, ids[i])->why, NGHTTP2_REFUSED_STREAM);
    assert_int_equal(v.goodbyes, 1);
    assert_int_equal(v.last_stream, ids[0]);
    assert_false(h2_answer_of(&v, waits)->done);
    server_answer(site.server, held, 200, b);
    assert_string_equal(h2_expect(&v, waits, 200, "")->bytes, "here");
    h2_viewer_until_end(&v);
    AWAIT(&site, stats, stats.connections_open == 0 && stats.by_code[429] == 1);
    h2_viewer_leave(&v);
    body_unref(&b);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_upgrade, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_stop, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_age_and_silence, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_no_answer, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_tokens, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_last, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
