/* What a viewer gets: a real server, real sockets, every kind of answer. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/web_fixture.h"

#define SEGMENT "/live/stage/video/1.m4s"
#define INDEX   "/live/stage/index.m3u8"

static struct site site;

static void page(void *ctx, struct request *r)
{
    char text[512];
    const char *agent = request_header(r, "user-agent");
    snprintf(text, sizeof text, "%s|%s|%s|%s|%d|%s", (const char *)ctx, request_path(r),
             request_query(r), agent ? agent : "-", request_is_local(r), request_peer(r));
    reply_status(r, 200, 0, text);
}

static void forgetful(void *ctx, struct request *r)
{
    (void)ctx;
    (void)r;
}

/* Stands still until it is let go. */
static _Atomic bool held_up;

static void stand_still(void *ctx, struct request *r)
{
    (void)ctx;
    while (held_up)
        usleep(1000);
    reply_status(r, 200, 0, "at last");
}

static char wall[] = "wall", api[] = "api";
static const struct route routes[] = {
    {"/", page, wall, 1u << HTTP_GET},
    {"/api/v1/", page, api, 1u << HTTP_GET | 1u << HTTP_POST},
    {"/still", stand_still, NULL, 1u << HTTP_GET},
    {"/forgetful", forgetful, NULL, 1u << HTTP_GET},
};

static int set_up(void **state)
{
    struct config c = fixture_config();
    (void)state;
    site_open(&site, &c, 2, routes, sizeof routes / sizeof *routes);
    site_show(&site, "stage");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    site_close(&site);
    assert_int_equal(blob_count(), 0);
    assert_int_equal(blob_bytes(), 0);
    return 0;
}

/* Did a thread's counter stay where it was for 350 ms, while it owed somebody something? */
static bool any_thread_stands_still(void)
{
    uint64_t before[2], after;
    bool owed[2], still = false;
    for (size_t i = 0; i < 2; i++)
        owed[i] = server_thread_owes(site.server, i, &before[i]);
    usleep(350000);
    for (size_t i = 0; i < 2; i++)
        still |= server_thread_owes(site.server, i, &after) && owed[i] && after == before[i];
    return still;
}

/* A thread whose handler does not return is found; idle ones, with viewers or without, are not. */
static void test_stuck(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) /* news that meets a thread in all its states */
        site_show(&site, "stage");
    assert_false(any_thread_stands_still());
    int fd = viewer_connect(&site.address);
    usleep(50000); /* it is accepted */
    assert_false(any_thread_stands_still());
    held_up = true;
    viewer_get(fd, "/still", "");
    usleep(50000);
    assert_true(any_thread_stands_still());
    held_up = false;
    struct answer a = viewer_read(fd, true);
    assert_int_equal(a.status, 200);
    answer_drop(&a);
    close(fd);
    assert_false(any_thread_stands_still());
}

static void test_playlist(void **state)
{
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_get(fd, INDEX, "");
    struct answer a = viewer_read(fd, true);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.len, 2000);
    assert_int_equal(a.body[1999], 'p');
    assert_true(answer_has(&a, "Content-Type: application/vnd.apple.mpegurl"));
    assert_true(answer_has(&a, "Cache-Control: public, max-age=2"));
    assert_true(answer_has(&a, "Vary: Accept-Encoding"));
    assert_true(answer_has(&a, "Access-Control-Allow-Origin: *"));
    assert_true(answer_has(&a, "Server: Roomcast"));
    assert_true(answer_has(&a, "Last-Modified: Sun, 22 Nov 2026 21:18:03 GMT"));
    assert_true(answer_has(&a, "Access-Control-Expose-Headers: Age, Date, Content-Length, "
                               "Content-Range, ETag"));
    assert_non_null(strstr(a.head, "\r\nDate: "));
    assert_null(strstr(a.head, "Set-Cookie"));
    assert_null(strstr(a.head, "Connection:"));
    answer_drop(&a);
    close(fd);
}

static void test_gzip_and_not_modified(void **state)
{
    char etag[64] = "", line[128];
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_get(fd, INDEX, "Accept-Encoding: gzip, br\r\n");
    struct answer a = viewer_read(fd, true);
    assert_true(answer_has(&a, "Content-Encoding: gzip"));
    assert_true(answer_has(&a, "Vary: Accept-Encoding"));
    assert_true(a.len < 200);
    assert_int_equal((unsigned char)a.body[0], 0x1f);
    assert_int_equal(sscanf(strstr(a.head, "\r\nETag: "), "\r\nETag: %63s", etag), 1);
    answer_drop(&a);

    snprintf(line, sizeof line, "Accept-Encoding: gzip\r\nIf-None-Match: \"x\", W/%s\r\n", etag);
    viewer_get(fd, INDEX, line);
    a = viewer_read(fd, false);
    assert_int_equal(a.status, 304);
    assert_null(strstr(a.head, "\r\nContent-Length:"));
    assert_true(answer_has(&a, "Vary: Accept-Encoding"));
    answer_drop(&a);

    /* The plain text is another representation. */
    snprintf(line, sizeof line, "If-None-Match: %s\r\n", etag);
    viewer_get(fd, INDEX, line);
    viewer_expect(fd, true, 200, "Content-Length: 2000");
    close(fd);
}

static void check_range(int fd, const char *range, size_t first, size_t last)
{
    char line[128];
    snprintf(line, sizeof line, "Range: %s\r\n", range);
    viewer_get(fd, SEGMENT, line);
    struct answer a = viewer_read(fd, true);
    bool whole = first == 0 && last == SEGMENT_BYTES - 1 && strchr(range, ',');
    assert_int_equal(a.status, whole ? 200 : 206);
    assert_int_equal(a.len, last - first + 1);
    for (size_t i = 0; i < a.len; i++)
        if ((unsigned char)a.body[i] != byte_at(first + i))
            fail_msg("%s: byte %zu is wrong", range, i);
    snprintf(line, sizeof line, "Content-Range: bytes %zu-%zu/%d", first, last, SEGMENT_BYTES);
    assert_int_equal(answer_has(&a, line), !whole);
    assert_true(answer_has(&a, "Accept-Ranges: bytes"));
    assert_true(answer_has(&a, "Cache-Control: public, max-age=60, immutable"));
    answer_drop(&a);
}

static void test_ranges(void **state)
{
    enum { END = SEGMENT_BYTES - 1 };
    int fd = viewer_connect(&site.address);
    (void)state;
    check_range(fd, "bytes=0-0", 0, 0);
    check_range(fd, "bytes=0-999", 0, 999);
    check_range(fd, "bytes=1000001-2000000", 1000001, 2000000);
    check_range(fd, "bytes=-500", END - 499, END);
    check_range(fd, "bytes=2999990-9007199254740991", 2999990, END);
    check_range(fd, "bytes=0-18446744073709551616", 0, END);
    check_range(fd, "bytes=0-1,5-6", 0, END);
    viewer_get(fd, SEGMENT, "Range: bytes=3000000-\r\n");
    viewer_expect(fd, true, 416, "Content-Range: bytes */3000000");
    viewer_get(fd, SEGMENT, "Range: bytes=18446744073709551616-\r\n");
    viewer_expect(fd, true, 416, "Access-Control-Allow-Origin: *");
    viewer_get(fd, SEGMENT, "Range: bytes=0-9\r\nIf-Range: \"seg\"\r\n");
    viewer_expect(fd, true, 206, "Content-Length: 10");
    viewer_get(fd, SEGMENT, "Range: bytes=0-9\r\nIf-Range: \"old\"\r\n");
    viewer_expect(fd, true, 200, "Content-Length: 3000000");
    viewer_get(fd, SEGMENT, "Range: bytes=0-9\r\nIf-None-Match: \"seg\"\r\n");
    viewer_expect(fd, false, 304, "ETag: \"seg\"");
    close(fd);
}

static void test_head(void **state)
{
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_say(fd, "HEAD " SEGMENT " HTTP/1.1\r\nHost: t\r\nRange: bytes=0-1\r\n\r\n");
    viewer_expect(fd, false, 200, "Content-Length: 3000000");
    viewer_say(fd, "HEAD " INDEX " HTTP/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(fd, false, 200, "Content-Length: 2000");
    viewer_say(fd, "HEAD /nothing HTTP/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(fd, false, 404, "Cache-Control: no-store");
    viewer_get(fd, "/", "");
    viewer_expect(fd, true, 200, "");
    close(fd);
}

static void test_routes(void **state)
{
    static const struct {
        const char *request, *want;
    } cases[] = {
        {"/?a=b", "wall|/|a=b|-|1|127.0.0.1\n"},
        {"/api/v1/rooms/x", "api|/api/v1/rooms/x||-|1|127.0.0.1\n"},
        {"/api/v1/?q", "api|/api/v1/|q|-|1|127.0.0.1\n"},
    };
    int fd = viewer_connect(&site.address);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        viewer_get(fd, cases[i].request, "");
        struct answer a = viewer_read(fd, true);
        assert_string_equal(a.body, cases[i].want);
        answer_drop(&a);
    }
    viewer_get(fd, "/", "user-AGENT:  me \r\nX: y\r\n");
    struct answer a = viewer_read(fd, true);
    assert_string_equal(a.body, "wall|/||me|1|127.0.0.1\n");
    answer_drop(&a);
    viewer_get(fd, "/forgetful", "");
    viewer_expect(fd, true, 500, "Cache-Control: no-store");
    close(fd);
}

static void test_not_found(void **state)
{
    static const char *const live[] = {
        "/live/",
        "/live/stage",
        "/live/stage/",
        "/live/other/index.m3u8",
        "/live/stage/video/2.m4s",
        "/live/stage/video/../video/1.m4s",
        "/live/./stage/index.m3u8",
        "/live//stage/index.m3u8",
        "/live/stage//index.m3u8",
        "/live/stage/%69ndex.m3u8",
        "/live/stage/video/1.m4s/",
        "/live/stage/video/1.m4s%00",
    };
    int fd = viewer_connect(&site.address);
    (void)state;
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
        viewer_get(fd, live[i], "");
        viewer_expect(fd, true, 404, "Cache-Control: public, max-age=1");
    }
    viewer_get(fd, "/x", "");
    viewer_expect(fd, true, 404, "Cache-Control: no-store");
    viewer_get(fd, "/api/v1", "");
    viewer_expect(fd, true, 404, "Content-Type: text/plain; charset=utf-8");
    close(fd);
}

static void test_methods(void **state)
{
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_say(fd, "POST " INDEX " HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello");
    viewer_expect(fd, true, 405, "Allow: GET, HEAD, OPTIONS");
    viewer_say(fd, "DELETE /api/v1/ HTTP/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(fd, true, 405, "Allow: GET, HEAD, OPTIONS, POST");
    viewer_say(fd, "POST /api/v1/x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
    viewer_expect(fd, true, 200, "Access-Control-Allow-Origin: *");
    viewer_say(fd, "OPTIONS " SEGMENT " HTTP/1.1\r\nHost: t\r\n\r\n");
    struct answer a = viewer_read(fd, false);
    assert_int_equal(a.status, 204);
    assert_true(answer_has(&a, "Access-Control-Allow-Methods: GET, HEAD, OPTIONS"));
    assert_non_null(strstr(a.head, "Access-Control-Allow-Headers: Range"));
    assert_non_null(strstr(a.head, "Access-Control-Max-Age: "));
    assert_null(strstr(a.head, "\r\nContent-Length:"));
    answer_drop(&a);
    viewer_say(fd, "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(fd, false, 204, "Allow: GET, HEAD, OPTIONS");
    viewer_say(fd, "PUT /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx");
    viewer_expect(fd, true, 404, "");
    close(fd);
}

static void test_published_text(void **state)
{
    struct body *b;
    struct answer a = {0};
    (void)state;
    assert_int_equal(body_new(&b, "application/json", "[]", 2, false, 0, 1), 0);
    server_publish(site.server, "/live/rooms.json", b);
    body_unref(&b);
    int fd = viewer_connect(&site.address);
    for (int i = 0; i < 1000 && a.status != 200; i++) {
        answer_drop(&a);
        viewer_get(fd, "/live/rooms.json", "");
        a = viewer_read(fd, true);
    }
    assert_string_equal(a.body, "[]");
    assert_true(answer_has(&a, "Cache-Control: no-cache"));
    server_publish(site.server, "/live/rooms.json", NULL);
    for (int i = 0; i < 1000 && a.status == 200; i++) {
        answer_drop(&a);
        viewer_get(fd, "/live/rooms.json", "");
        a = viewer_read(fd, true);
    }
    assert_int_equal(a.status, 404);
    answer_drop(&a);
    close(fd);
}

static void test_hidden_room(void **state)
{
    struct answer a = {.status = 200};
    (void)state;
    site_show(&site, "short");
    int fd = viewer_connect(&site.address);
    server_hide(site.server, "short");
    for (int i = 0; i < 1000 && a.status == 200; i++) {
        viewer_get(fd, "/live/short/index.m3u8", "");
        a = viewer_read(fd, true);
        answer_drop(&a);
    }
    assert_int_equal(a.status, 404);
    close(fd);
}

static void test_pipelining(void **state)
{
    enum { N = 100 };
    char all[N * 64];
    size_t len = 0;
    int fd = viewer_connect(&site.address);
    (void)state;
    for (int i = 0; i < N; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "GET /?%d HTTP/1.1\r\nHost: t\r\n\r\n",
                                i);
    viewer_send(fd, all, len);
    for (int i = 0; i < N; i++) {
        char want[64];
        struct answer a = viewer_read(fd, true);
        snprintf(want, sizeof want, "wall|/|%d|-|1|127.0.0.1\n", i);
        assert_string_equal(a.body, want);
        answer_drop(&a);
    }
    /* Big and small ones mixed, cut at odd places. */
    for (int i = 0; i < 3; i++)
        viewer_say(fd, "GET " SEGMENT " HTTP/1.1\r\nHost: t\r\n\r\nGET " INDEX
                       " HTTP/1.1\r\nHost: t\r\n\r\nHEAD / HTT");
    viewer_expect(fd, true, 200, "Content-Length: 3000000");
    viewer_expect(fd, true, 200, "Content-Length: 2000");
    viewer_expect(fd, false, 400, "Connection: close"); /* HEAD / HTTGET ...: no body */
    viewer_expect_end(fd);
}

static void test_one_byte_at_a_time(void **state)
{
    static const char text[] = "POST /api/v1/z HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nabcd"
                               "GET / HTTP/1.0\r\n\r\n";
    int fd = viewer_connect(&site.address);
    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        viewer_send(fd, text + i, 1);
        if (i % 8 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    viewer_expect(fd, true, 200, "");
    viewer_expect(fd, true, 200, "Connection: close");
    viewer_expect_end(fd);
}

static void test_bodies(void **state)
{
    enum { BIG = 65536 };
    char *body = calloc(1, BIG);
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_say(fd, "POST /api/v1/a HTTP/1.1\r\nHost: t\r\nContent-Length: 65536\r\n\r\n");
    viewer_send(fd, body, BIG);
    viewer_expect(fd, true, 200, "");
    viewer_say(fd, "POST /api/v1/b HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                   "Content-Length: 5\r\n\r\n");
    viewer_expect(fd, false, 100, "");
    viewer_say(fd, "hello");
    viewer_expect(fd, true, 200, "");
    /* Too large: refused at once, and the sentence arrives although the body is on its way. */
    viewer_say(fd, "POST /api/v1/a HTTP/1.1\r\nHost: t\r\nContent-Length: 65537\r\n\r\n");
    viewer_send(fd, body, BIG);
    viewer_expect(fd, true, 413, "Connection: close");
    viewer_expect_end(fd);
    free(body);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET /\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", 501},
        {"GET / HTTP/3.0\r\nHost: t\r\n\r\n", 505},
        {"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
        {"\x16\x03\x01", 400},
    };
    char *text = malloc(20000);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = viewer_connect(&site.address);
        viewer_say(fd, cases[i].text);
        viewer_expect(fd, true, cases[i].status, "Connection: close");
        viewer_expect_end(fd);
    }
    memset(text, 'a', 20000);
    memcpy(text, "GET /", 5);
    int fd = viewer_connect(&site.address);
    viewer_send(fd, text, 20000);
    viewer_expect(fd, true, 414, "Access-Control-Allow-Origin: *");
    viewer_expect_end(fd);
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    fd = viewer_connect(&site.address);
    viewer_send(fd, text, 20000);
    viewer_expect(fd, true, 431, "Content-Type: text/plain; charset=utf-8");
    viewer_expect_end(fd);
    free(text);
}

static void test_keep_alive_of_1_0(void **state)
{
    int fd = viewer_connect(&site.address);
    (void)state;
    viewer_say(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    viewer_expect(fd, true, 200, "Connection: keep-alive");
    viewer_say(fd, "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    viewer_expect(fd, true, 200, "Connection: close");
    viewer_expect_end(fd);
    /* A viewer that says no more, but listens. */
    fd = viewer_connect(&site.address);
    viewer_get(fd, SEGMENT, "");
    shutdown(fd, SHUT_WR);
    viewer_expect(fd, true, 200, "Content-Length: 3000000");
    viewer_expect_end(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_playlist),
        cmocka_unit_test(test_gzip_and_not_modified),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_published_text),
        cmocka_unit_test(test_hidden_room),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_keep_alive_of_1_0),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
