/* Replies without an end, on a real server: in order, to everybody, and not to who does not read.
 */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#include <errno.h>

enum { NEWS_BYTES = 200 << 10 };

static struct site site;
static _Atomic unsigned asked;
static struct request_token tokens[8];
static uint32_t first_audience; /* of the next listener */

static void listen_to(void *ctx, struct request *r)
{
    (void)ctx;
    tokens[asked] = request_hold(r, clock_mono_us() + 5000000);
    asked++;
}

static const struct route routes[] = {{"/events", listen_to, NULL, 1u << HTTP_GET}};

static int set_up(void **state)
{
    struct config c = fixture_config();
    (void)state;
    asked = 0;
    site_open(&site, &c, 1, routes, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    site_close(&site);
    return 0;
}

static void tell(const char *text, size_t len)
{
    struct body *b;
    assert_int_equal(body_new(&b, "text/event-stream", text, len, false, 0, 0), 0);
    assert_int_equal(server_tell(site.server, b), 0);
    body_unref(&b);
}

/* A viewer that has asked, and whose reply begins with "first\n\n". */
static int listener(void)
{
    static const char ask[] = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
    struct body *b;
    const int small = 4096;
    unsigned before = asked;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (struct sockaddr *)&site.address, sizeof site.address), 0);
    assert_int_equal(write(fd, ask, sizeof ask - 1), sizeof ask - 1);
    while (asked == before)
        usleep(1000);
    assert_int_equal(body_new(&b, "text/event-stream", "first\n\n", 7, false, 0, 0), 0);
    b->audience = first_audience;
    server_listen(site.server, tokens[before], b);
    body_unref(&b);
    return fd;
}

static void until_listeners(uint64_t n)
{
    for (int i = 0; i < 3000 && server_listeners(site.server, 0) != n; i++)
        usleep(1000);
    assert_int_equal(server_listeners(site.server, 0), n);
}

/* Reads until the text ends so, or the connection does. */
static size_t read_until(int fd, char *out, size_t size, const char *end)
{
    size_t len = 0, end_len = strlen(end);
    ssize_t n;
    while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0) {
        len += (size_t)n;
        out[len] = '\0';
        if (len >= end_len && strcmp(out + len - end_len, end) == 0)
            break;
    }
    return len;
}

static void test_news_come_in_order(void **state)
{
    static char text[4096];
    int fds[2] = {listener(), listener()};
    (void)state;
    until_listeners(2);
    for (int i = 0; i < 20; i++) {
        char news[16];
        int len = snprintf(news, sizeof news, "%d\n", i);
        tell(news, (size_t)len);
    }
    for (int k = 0; k < 2; k++) {
        read_until(fds[k], text, sizeof text, "18\n19\n");
        assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
        assert_non_null(strstr(text, "Connection: close\r\n"));
        assert_non_null(strstr(text, "\r\n\r\nfirst\n\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"));
    }
    close(fds[0]);
    until_listeners(1);
    tell("more\n", 5);
    read_until(fds[1], text, sizeof text, "more\n");
    assert_string_equal("more\n", text);
    close(fds[1]);
    until_listeners(0);
    tell("to nobody\n", 10);
}

static void test_who_does_not_read_is_cut(void **state)
{
    static char news[NEWS_BYTES], text[4096];
    struct server_stats stats;
    int slow = listener(), quick = listener();
    (void)state;
    until_listeners(2);
    memset(news, 'n', sizeof news);
    for (int i = 0; i < 100 && server_listeners(site.server, 0) == 2; i++) {
        tell(news, sizeof news);
        for (size_t got = 0; got < sizeof news;) {
            ssize_t n = read(quick, text, sizeof text);
            assert_true(n > 0);
            got += (size_t)n;
        }
    }
    until_listeners(1);
    server_stats(site.server, &stats);
    assert_int_equal(stats.listeners_cut, 1);
    while (read(slow, text, sizeof text) > 0)
        continue;
    assert_int_equal(errno, ECONNRESET);
    close(slow);
    close(quick);
    until_listeners(0);
}

/* Whoever listens has to ask again, also who was let in just before; it is no fault of theirs. */
static void test_who_listens_asks_again(void **state)
{
    static char text[4096];
    struct config c = fixture_config();
    struct server_stats stats;
    int fds[2] = {listener(), listener()};
    (void)state;
    assert_int_equal(server_set_access(site.server, &c, false), 0);
    tell("a\n", 2);
    read_until(fds[0], text, sizeof text, "a\n");
    assert_int_equal(server_set_access(site.server, &c, true), 0);
    for (int k = 0; k < 2; k++) {
        read_until(fds[k], text, sizeof text, "never");
        assert_int_equal(read(fds[k], text, sizeof text), 0);
        close(fds[k]);
    }
    until_listeners(0);
    int fd = listener();
    until_listeners(1);
    server_hush(site.server);
    until_listeners(0);
    close(fd);
    server_stats(site.server, &stats);
    assert_int_equal(stats.listeners_cut, 0);
}

static void tell_audience(uint32_t audience, const char *text)
{
    struct body *news;
    assert_int_equal(body_new(&news, "text/event-stream", text, strlen(text), false, 0, 0), 0);
    news->audience = audience;
    assert_int_equal(server_tell(site.server, news), 0);
    body_unref(&news);
}

/* News are for one audience; another one that has its place later hears nothing of the one before,
 * nor the other way round, and each has room for as many as the first. */
static void test_audiences(void **state)
{
    static char all[4096], seven[4096], later[4096];
    (void)state;
    int a = listener();
    first_audience = 7;
    int b = listener();
    first_audience = 7 + BODY_AUDIENCES;
    int c = listener();
    first_audience = 0;
    until_listeners(1);
    for (int i = 0; i < 3000 && server_listeners(site.server, 7) != 2; i++)
        usleep(1000);
    assert_int_equal(server_listeners(site.server, 7), 2);
    assert_int_equal(server_listeners(site.server, 8), 0);
    tell_audience(7, "for seven\n");
    tell_audience(7 + BODY_AUDIENCES, "for later\n");
    tell_audience(8, "for nobody\n");
    tell_audience(0, "for all\n");
    tell_audience(7, "end\n");
    tell_audience(7 + BODY_AUDIENCES, "end\n");
    read_until(a, all, sizeof all, "for all\n");
    read_until(b, seven, sizeof seven, "end\n");
    read_until(c, later, sizeof later, "end\n");
    assert_null(strstr(all, "seven"));
    assert_null(strstr(all, "nobody"));
    assert_non_null(strstr(seven, "for seven\nend"));
    assert_null(strstr(seven, "for later"));
    assert_non_null(strstr(later, "for later\nend"));
    close(a);
    close(b);
    close(c);
    until_listeners(0);
    for (int i = 0; i < 3000 && server_listeners(site.server, 7) != 0; i++)
        usleep(1000);
    assert_int_equal(server_listeners(site.server, 7), 0);
}

static void test_the_end_of_the_server_ends_it(void **state)
{
    static char text[4096];
    int fd = listener();
    (void)state;
    until_listeners(1);
    server_stop(site.server, clock_mono_us() + 2000000);
    read_until(fd, text, sizeof text, "never");
    assert_non_null(strstr(text, "first\n\n"));
    close(fd);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_news_come_in_order),
        CASE(test_who_does_not_read_is_cut),
        CASE(test_who_listens_asks_again),
        CASE(test_audiences),
        CASE(test_the_end_of_the_server_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
