/* The text of heads, letter by letter. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/reply_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DATE "Sun, 22 Nov 2026 21:18:03 GMT"
#define ALWAYS                                                                                     \
    "Server: Roomcast\r\nAccess-Control-Allow-Origin: *\r\n"                                       \
    "Access-Control-Expose-Headers: Age, Date, Content-Length, Content-Range, ETag\r\n\r\n"

static void expect(const struct reply_head *h, const char *want)
{
    char out[REPLY_HEAD_MAX + 1];
    size_t n = reply_head_write(h, out);
    assert_true(n < REPLY_HEAD_MAX);
    out[n] = '\0';
    assert_string_equal(out, want);
}

static void test_playlist(void **state)
{
    const struct reply_head h = {
        .status = 200,
        .has_length = true,
        .length = 1234,
        .type = "application/vnd.apple.mpegurl",
        .etag = "\"abc-gz\"",
        .gzip = true,
        .vary = true,
        .cache = REPLY_PUBLIC,
        .max_age_s = 1,
        .shared_age_s = 12,
        .date = DATE,
        .modified = "Sun, 22 Nov 2026 21:18:02 GMT",
    };
    (void)state;
    expect(&h,
           "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: application/vnd.apple.mpegurl\r\n"
           "Content-Encoding: gzip\r\nContent-Length: 1234\r\n"
           "Cache-Control: public, max-age=1, s-maxage=12\r\nETag: \"abc-gz\"\r\n"
           "Last-Modified: Sun, 22 Nov 2026 21:18:02 GMT\r\nVary: Accept-Encoding\r\n" ALWAYS);
}

static void test_part(void **state)
{
    const struct reply_head h = {
        .status = 206,
        .has_length = true,
        .length = UINT64_C(18446744073709551615),
        .type = "video/mp4",
        .etag = "\"seg\"",
        .cache = REPLY_IMMUTABLE,
        .max_age_s = 4294967295u,
        .ranges = true,
        .part = true,
        .first = 0,
        .last = UINT64_C(18446744073709551614),
        .size = UINT64_C(18446744073709551615),
        .date = DATE,
        .close = true,
        .keep_alive = true,
    };
    (void)state;
    expect(&h, "HTTP/1.1 206 Partial Content\r\nDate: " DATE "\r\nContent-Type: video/mp4\r\n"
               "Content-Length: 18446744073709551615\r\nAccept-Ranges: bytes\r\n"
               "Content-Range: bytes 0-18446744073709551614/18446744073709551615\r\n"
               "Cache-Control: public, max-age=4294967295, immutable\r\nETag: \"seg\"\r\n"
               "Connection: close\r\n" ALWAYS);
}

static void test_small_ones(void **state)
{
    const struct reply_head not_modified = {
        .status = 304, .etag = "\"e\"", .cache = REPLY_NO_CACHE, .date = DATE, .keep_alive = true};
    const struct reply_head beyond = {.status = 416,
                                      .has_length = true,
                                      .type = "text/plain",
                                      .ranges = true,
                                      .beyond = true,
                                      .size = 7,
                                      .date = DATE};
    const struct reply_head full = {
        .status = 503, .has_length = true, .length = 9, .retry_after_s = 2, .close = true};
    (void)state;
    expect(&not_modified,
           "HTTP/1.1 304 Not Modified\r\nDate: " DATE "\r\nCache-Control: no-cache\r\n"
           "ETag: \"e\"\r\nConnection: keep-alive\r\n" ALWAYS);
    expect(&beyond, "HTTP/1.1 416 Range Not Satisfiable\r\nDate: " DATE "\r\n"
                    "Content-Type: text/plain\r\nContent-Length: 0\r\nAccept-Ranges: bytes\r\n"
                    "Content-Range: bytes */7\r\nCache-Control: no-store\r\n" ALWAYS);
    expect(&full, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n"
                  "Cache-Control: no-store\r\nRetry-After: 2\r\nConnection: close\r\n" ALWAYS);
}

static void test_methods(void **state)
{
    const struct reply_head preflight = {.status = 204, .preflight = "GET, HEAD, OPTIONS"};
    const struct reply_head wrong = {.status = 405, .allow = "GET, HEAD, OPTIONS"};
    (void)state;
    expect(&preflight,
           "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\nAllow: GET, HEAD, OPTIONS\r\n"
           "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
           "Access-Control-Allow-Headers: Range, If-Range, If-None-Match, Cache-Control, "
           "Content-Type, Authorization\r\nAccess-Control-Max-Age: 86400\r\n" ALWAYS);
    expect(&wrong, "HTTP/1.1 405 Method Not Allowed\r\nCache-Control: no-store\r\n"
                   "Allow: GET, HEAD, OPTIONS\r\n" ALWAYS);
}

/* Everything at once, with values longer than anybody has: cut, and inside the bound. */
static void test_longest(void **state)
{
    char value[400], out[REPLY_HEAD_MAX];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    const struct reply_head h = {.status = 431,
                                 .has_length = true,
                                 .length = UINT64_MAX,
                                 .type = value,
                                 .etag = value,
                                 .gzip = true,
                                 .vary = true,
                                 .cache = REPLY_IMMUTABLE,
                                 .max_age_s = UINT32_MAX,
                                 .ranges = true,
                                 .part = true,
                                 .first = UINT64_MAX,
                                 .last = UINT64_MAX,
                                 .size = UINT64_MAX,
                                 .date = value,
                                 .modified = value,
                                 .allow = value,
                                 .preflight = value,
                                 .retry_after_s = UINT32_MAX,
                                 .keep_alive = true};
    (void)state;
    assert_true(reply_head_write(&h, out) <= REPLY_HEAD_MAX);
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(reply_head_reason(404), "Not Found");
    assert_string_equal(reply_head_reason(599), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_playlist),   cmocka_unit_test(test_part),
        cmocka_unit_test(test_small_ones), cmocka_unit_test(test_methods),
        cmocka_unit_test(test_longest),    cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
