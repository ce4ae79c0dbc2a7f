/* The HTTPS port of a real server: viewers with TLS, slow ones, others who are lost. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/secure_site.h"

#include <netinet/tcp.h>
#include <signal.h>

#define SEGMENT   "/live/stage/video/1.m4s"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"

static struct site site;
static struct server_stats stats;

static void hello(void *ctx, struct request *r)
{
    (void)ctx;
    reply_status(r, 200, 0, "hello");
}

static void park(void *ctx, struct request *r)
{
    (void)ctx;
    request_hold(r, clock_mono_us() + 60000000);
}

static const struct route routes[] = {{"/hello", hello, NULL, 1u << HTTP_GET | 1u << HTTP_POST},
                                      {"/park", park, NULL, 1u << HTTP_GET}};

static void open_site(const struct config *c)
{
    secure_site_open(&site, c, routes, 2);
    site_show(&site, "stage");
}

static void close_site(void)
{
    site_close(&site);
    assert_int_equal(blob_count(), 0);
}

static SSL *visit(int version)
{
    SSL_CTX *v = made_viewer_context(version);
    SSL *s = made_viewer(v, viewer_connect(&secure));
    SSL_CTX_free(v);
    assert_int_equal(SSL_do_handshake(s), 1);
    return s;
}

static void say(SSL *s, const char *text)
{
    assert_int_equal(SSL_write(s, text, (int)strlen(text)), strlen(text));
}

static void cork(SSL *s, int on)
{
    assert_int_equal(setsockopt(SSL_get_fd(s), IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
}

/* One reply, of which text is a part if it is short; the length of its body. */
static size_t expect(SSL *s, int status, const char *text, char **body)
{
    char head[4096] = "";
    int n = 0, found;
    while (n < (int)sizeof head - 1 && SSL_read(s, head + n, 1) == 1 &&
           (++n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0))
        continue;
    assert_int_equal(sscanf(head, "HTTP/1.1 %d ", &found), 1);
    assert_int_equal(found, status);
    const char *length = strstr(head, "\r\nContent-Length: ");
    size_t len = strtoul(length + 18, NULL, 10), got = 0, more;
    char *all = calloc(1, len + 1);
    while (got < len && SSL_read_ex(s, all + got, len - got, &more) == 1)
        got += more;
    assert_int_equal(got, len);
    if (text)
        assert_non_null(strstr(all, text));
    if (body)
        *body = all;
    else
        free(all);
    return len;
}

static void expect_goodbye(SSL *s)
{
    char c;
    assert_int_equal(SSL_get_error(s, SSL_read(s, &c, 1)), SSL_ERROR_ZERO_RETURN);
}

static void test_replies(void **state)
{
    struct config c = secure_config();
    (void)state;
    open_site(&c);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL *s = visit(version);
        char *body;
        say(s, GET("/hello") GET("/nothing") GET("/hello")); /* pipelined, in one record */
        expect(s, 200, "hello", NULL);
        expect(s, 404, NULL, NULL);
        expect(s, 200, "hello", NULL);
        say(s, GET(SEGMENT));
        assert_int_equal(expect(s, 200, NULL, &body), SEGMENT_BYTES);
        for (size_t i = 0; i < SEGMENT_BYTES; i++)
            if ((unsigned char)body[i] != byte_at(i))
                fail_msg("byte %zu", i);
        free(body);
        cork(s, 1); /* two records that come at once: nobody announces the second one */
        say(s, GET("/hello"));
        say(s, GET("/nothing"));
        cork(s, 0);
        expect(s, 200, "hello", NULL);
        expect(s, 404, NULL, NULL);
        say(s, "GET /hel"); /* a head in two records */
        say(s, "lo HTTP/1.1\r\nHost: t\r\n\r\n");
        expect(s, 200, "hello", NULL);
        say(s, "POST /hello HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
               "Content-Length: 3\r\nConnection: close\r\n\r\n");
        char go_on[26] = "";
        assert_int_equal(SSL_read(s, go_on, 25), 25);
        assert_string_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
        say(s, "abc");
        expect(s, 200, "hello", NULL);
        expect_goodbye(s);
        leave(s);
    }
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.tls_handshakes, 2);
    close_site();
}

/* Neither silence nor half a ClientHello is waited for longer than a request's head. */
static void test_slow_handshake(void **state)
{
    struct config c = secure_config();
    (void)state;
    c.http.head_timeout_ms = 400;
    open_site(&c);
    int64_t start_us = clock_mono_us();
    int silent = viewer_connect(&secure), half = viewer_connect(&secure);
    viewer_send(half, "\26\3\1\2\0\1\0\1\374", 9);
    SSL *mute = visit(TLS1_3_VERSION); /* shakes hands, and then asks nothing */
    viewer_expect_end(half);
    viewer_expect_end(silent);
    assert_in_range(clock_mono_us() - start_us, 390000, 4000000);
    expect_goodbye(mute);
    leave(mute);
    AWAIT(&site, stats, stats.timeouts_head == 3 && stats.connections_open == 0);
    close_site();
}

static void test_strangers(void **state)
{
    struct config c = secure_config();
    (void)state;
    open_site(&c);
    int fd = viewer_connect(&secure);
    viewer_say(fd, GET("/hello"));
    struct answer a = viewer_read(fd, true);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(a.body, "https://"));
    assert_true(answer_has(&a, "Connection: close"));
    answer_drop(&a);
    viewer_expect_end(fd);
    fd = viewer_connect(&secure);
    viewer_send(fd, "\0\1\2\3", 4);
    viewer_expect_end(fd);
    fd = viewer_connect(&secure);
    viewer_send(fd, "\26\3\1\0\4\1\0\0\0", 9); /* a ClientHello with nothing in it */
    char alert[7];
    assert_int_equal(recv(fd, alert, 7, MSG_WAITALL), 7);
    assert_int_equal(alert[0], 21); /* RFC 8446 section 5.1: alert */
    viewer_expect_end(fd);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(stats.tls_failed, 2);
    assert_int_equal(stats.bad_requests, 1);
    assert_int_equal(stats.tls_handshakes, 0);
    close_site();
}

static void test_handshakes_at_once(void **state)
{
    struct config c = secure_config();
    (void)state;
    c.https.max_handshakes_per_address = 1;
    open_site(&c);
    int silent = viewer_connect(&secure), half = viewer_connect(&secure);
    /* Neither who has not begun nor who is through counts. */
    SSL *there = visit(TLS1_3_VERSION), *too = visit(TLS1_2_VERSION);
    leave(too);
    close(silent);
    viewer_send(half, "\26\3\1\2\0\1\0\1\374", 9);
    for (int tries = 0; stats.tls_refused == 0; tries++) {
        int more = viewer_connect(&secure);
        viewer_send(more, "\26\3\1\2\0\1\0\1\374", 9);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        close(more);
        server_stats(site.server, &stats);
        assert_true(tries < 500);
    }
    say(there, GET("/hello")); /* who is in is not asked again */
    expect(there, 200, "hello", NULL);
    close(half);
    AWAIT(&site, stats, stats.connections_open == 1);
    SSL *next = visit(TLS1_3_VERSION);
    leave(next);
    leave(there);
    AWAIT(&site, stats, stats.connections_open == 0);
    close_site();
}

static void test_house_is_full(void **state)
{
    struct config c = secure_config();
    (void)state;
    c.http.max_connections_per_address = 1;
    open_site(&c);
    AWAIT(&site, stats, stats.connections_open == 0);
    SSL *there = visit(TLS1_3_VERSION);
    viewer_expect_end(viewer_connect(&secure));
    leave(there);
    AWAIT(&site, stats, stats.connections_open == 0 && stats.refused_full >= 1);
    close_site();
}

/* New handshakes have the new certificate; a connection goes on with what it began with. */
static void test_renewal(void **state)
{
    struct config c = secure_config();
    struct tls_context *renewed = made_context(8, NULL);
    (void)state;
    open_site(&c);
    SSL *before = visit(TLS1_3_VERSION), *after = visit(TLS1_3_VERSION);
    assert_int_equal(made_serial(after), 7);
    server_set_tls(site.server, renewed);
    tls_context_unref(&renewed);
    for (int tries = 0; made_serial(after) != 8; tries++) {
        assert_true(tries < 1000);
        leave(after);
        after = visit(TLS1_3_VERSION);
    }
    say(before, GET("/hello"));
    expect(before, 200, "hello", NULL);
    leave(before);
    leave(after);
    server_stats(site.server, &stats);
    assert_in_range(stats.tls_until_s, time(NULL) + 3500, time(NULL) + 3601);
    close_site();
}

/* A waiting viewer who leaves is noticed, with and without goodbye; an idle one at the end, too. */
static void test_ends(void **state)
{
    struct config c = secure_config();
    (void)state;
    open_site(&c);
    for (int goodbye = 0; goodbye < 2; goodbye++) {
        SSL *s = visit(TLS1_3_VERSION);
        say(s, GET("/park"));
        AWAIT(&site, stats, stats.holding == 1);
        if (goodbye)
            SSL_shutdown(s);
        leave(s);
        AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
    }
    SSL *cut = visit(TLS1_3_VERSION); /* leaves in the middle of a segment */
    say(cut, GET(SEGMENT));
    char some[100];
    assert_true(SSL_read(cut, some, sizeof some) > 0);
    leave(cut);
    AWAIT(&site, stats, stats.connections_open == 0);
    SSL *idle = visit(TLS1_3_VERSION);
    say(idle, GET("/hello"));
    expect(idle, 200, "hello", NULL);
    close_site();
    expect_goodbye(idle);
    leave(idle);
}

/* An upgrade: a session cannot be given away, so it ends in order; a first wish is still granted.
 */
static void test_hand_on(void **state)
{
    struct config c = secure_config();
    int heir[2];
    char byte;
    (void)state;
    open_site(&c);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, heir), 0);
    SSL *idle = visit(TLS1_3_VERSION), *fresh = visit(TLS1_3_VERSION);
    say(idle, GET("/hello"));
    expect(idle, 200, "hello", NULL);
    server_hand_on(site.server, heir[0], clock_mono_us() + 5000000);
    expect_goodbye(idle);
    say(fresh, GET("/hello"));
    expect(fresh, 200, "hello", NULL);
    expect_goodbye(fresh);
    AWAIT(&site, stats, stats.connections_open == 0);
    assert_int_equal(recv(heir[1], &byte, 1, MSG_DONTWAIT), -1); /* nobody went there */
    leave(idle);
    leave(fresh);
    close(heir[0]);
    close(heir[1]);
    close_site();
}

/* A viewer that does not read is cut after its time, and pins nothing any more. */
static void test_deaf_viewer(void **state)
{
    struct config c = secure_config();
    (void)state;
    c.http.send_timeout_ms = 300;
    c.http.min_rate_bytes = 1 << 30;
    open_site(&c);
    SSL *s = visit(TLS1_3_VERSION);
    say(s, GET(SEGMENT) GET(SEGMENT) GET(SEGMENT) GET(SEGMENT) GET(SEGMENT));
    AWAIT(&site, stats, stats.timeouts_send == 1 && stats.connections_open == 0);
    leave(s);
    close_site();
}

/* What is no request is read in turns, and then the request is answered; a flood is not read. */
static void test_new_keys(void **state)
{
    struct config c = secure_config();
    char *bytes;
    (void)state;
    open_site(&c);
    for (int count = 12; count <= 40; count += 28) {
        SSL *s = visit(TLS1_3_VERSION);
        BIO *socket = SSL_get_wbio(s), *store = made_store(s);
        BIO_up_ref(socket);
        assert_int_equal(SSL_set_block_padding(s, 4096), 1);
        made_key_updates(s, count);
        say(s, GET("/hello"));
        long len = BIO_get_mem_data(store, &bytes);
        viewer_send(SSL_get_fd(s), bytes, (size_t)len);
        SSL_set0_wbio(s, socket);
        BIO_free(store);
        if (count == 12)
            expect(s, 200, "hello", NULL);
        else
            assert_true(SSL_read(s, &(char){0}, 1) <= 0);
        leave(s);
    }
    AWAIT(&site, stats, stats.connections_open == 0);
    close_site();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),       cmocka_unit_test(test_slow_handshake),
        cmocka_unit_test(test_strangers),     cmocka_unit_test(test_handshakes_at_once),
        cmocka_unit_test(test_house_is_full), cmocka_unit_test(test_renewal),
        cmocka_unit_test(test_ends),          cmocka_unit_test(test_deaf_viewer),
        cmocka_unit_test(test_hand_on),       cmocka_unit_test(test_new_keys),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
