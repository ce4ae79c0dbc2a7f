/* Request heads, good and hostile: the same verdict whole and cut at every byte. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_BYTES = 8192 };

#define H "Host: a\r\n"

struct head_case {
    const char *name, *bytes;
    size_t len; /* 0: strlen */
    int want;
    const char *path, *query; /* when done */
};

#define RAW(s) s, sizeof(s) - 1

static const struct head_case cases[] = {
    /* Good ones */
    {"plain", RAW("GET /live/a/index.m3u8 HTTP/1.1\r\n" H "\r\n"), 1, "/live/a/index.m3u8", ""},
    {"root", RAW("GET / HTTP/1.1\r\n" H "\r\n"), 1, "/", ""},
    {"query", RAW("GET /a?b=c&d HTTP/1.1\r\n" H "\r\n"), 1, "/a", "b=c&d"},
    {"empty query", RAW("GET /a? HTTP/1.1\r\n" H "\r\n"), 1, "/a", ""},
    {"second question mark", RAW("GET /a?b?c HTTP/1.1\r\n" H "\r\n"), 1, "/a", "b?c"},
    {"query as browsers leave it", RAW("GET /a?{|}^`\\\"<>[] HTTP/1.1\r\n" H "\r\n"), 1, "/a",
     "{|}^`\\\"<>[]"},
    {"raw dots", RAW("GET /live/../x HTTP/1.1\r\n" H "\r\n"), 1, "/live/../x", ""},
    {"raw percent", RAW("GET /%2e%2e%00 HTTP/1.1\r\n" H "\r\n"), 1, "/%2e%2e%00", ""},
    {"head", RAW("HEAD /a HTTP/1.1\r\n" H "\r\n"), 1, "/a", ""},
    {"post with body", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"), 1, "/a", ""},
    {"largest body", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 65536\r\n\r\n"), 1, "/a", ""},
    {"options star", RAW("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 1, NULL, ""},
    {"absolute", RAW("GET http://h:80/a?b HTTP/1.1\r\n" H "\r\n"), 1, "/a", "b"},
    {"absolute tls, any case", RAW("GET HttPS://[::1]/a HTTP/1.1\r\n" H "\r\n"), 1, "/a", ""},
    {"1.0 without host", RAW("GET /a HTTP/1.0\r\n\r\n"), 1, "/a", ""},
    {"1.9 is served as 1.1", RAW("GET /a HTTP/1.9\r\n" H "\r\n"), 1, "/a", ""},
    {"one empty line before", RAW("\r\nGET /a HTTP/1.1\r\n" H "\r\n"), 1, "/a", ""},
    {"empty host", RAW("GET /a HTTP/1.1\r\nHost:\r\n\r\n"), 1, "/a", ""},
    {"host with port", RAW("GET /a HTTP/1.1\r\nhOST: [::1]:8080\r\n\r\n"), 1, "/a", ""},
    {"empty value", RAW("GET /a HTTP/1.1\r\n" H "X:\r\n\r\n"), 1, "/a", ""},
    {"spaces around a value", RAW("GET /a HTTP/1.1\r\n" H "X: \t y z \t\r\n\r\n"), 1, "/a", ""},
    {"obs-text", RAW("GET /a HTTP/1.1\r\n" H "X: \xc3\xa9\r\n\r\n"), 1, "/a", ""},
    {"expect", RAW("PUT /a HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), 1,
     "/a", ""},
    /* Request line */
    {"nothing", RAW(""), 0, NULL, NULL},
    {"incomplete", RAW("GET /a HTTP/1.1\r\n" H), 0, NULL, NULL},
    {"no space", RAW("GET\r\n\r\n"), 400, NULL, NULL},
    {"space first", RAW(" GET / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"two empty lines", RAW("\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"bare LF first", RAW("\nGET / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"bare CR first", RAW("\rGET / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"lower-case method", RAW("get / HTTP/1.1\r\n" H "\r\n"), 501, NULL, NULL},
    {"unknown method", RAW("BREW / HTTP/1.1\r\n" H "\r\n"), 501, NULL, NULL},
    {"connect", RAW("CONNECT a:1 HTTP/1.1\r\n" H "\r\n"), 501, NULL, NULL},
    {"http2 preface", RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 501, NULL, NULL},
    {"endless method", RAW("GGGGGGGGGGGGGGGGGGGGGGGGG / HTTP/1.1\r\n"), 501, NULL, NULL},
    {"method with a bad byte", RAW("G(T / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"TLS hello", RAW("\x16\x03\x01\x02\x00\x01\x00"), 400, NULL, NULL},
    {"two spaces", RAW("GET  / HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"tab", RAW("GET\t/ HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"space in path", RAW("GET /a b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"trailing space", RAW("GET /a HTTP/1.1 \r\n" H "\r\n"), 400, NULL, NULL},
    {"no slash", RAW("GET live/a HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"star for GET", RAW("GET * HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"star and more", RAW("OPTIONS *a HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"ftp", RAW("GET ftp://a/b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"http without slashes", RAW("GET http:/a HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"httpss", RAW("GET httpss://a/b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"absolute without host", RAW("GET http:///b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"absolute without path", RAW("GET http://a HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"absolute with user", RAW("GET http://u@a/b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"NUL in path", RAW("GET /a\0b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"high byte in path", RAW("GET /\xe4 HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"fragment", RAW("GET /a#b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"backslash in path", RAW("GET /a\\b HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"control byte in query", RAW("GET /a?\x01 HTTP/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"HTTP/0.9", RAW("GET /a\r\n"), 400, NULL, NULL},
    {"HTTP/0.9 with version", RAW("GET /a HTTP/0.9\r\n\r\n"), 505, NULL, NULL},
    {"HTTP/2.0", RAW("GET /a HTTP/2.0\r\n" H "\r\n"), 505, NULL, NULL},
    {"HTTP/11.1", RAW("GET /a HTTP/11.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"HTTP/1.10", RAW("GET /a HTTP/1.10\r\n" H "\r\n"), 400, NULL, NULL},
    {"lower-case version", RAW("GET /a http/1.1\r\n" H "\r\n"), 400, NULL, NULL},
    {"line ends in LF", RAW("GET /a HTTP/1.1\n" H "\r\n"), 400, NULL, NULL},
    {"line ends in CR", RAW("GET /a HTTP/1.1\rHost: a\r\n\r\n"), 400, NULL, NULL},
    /* Fields */
    {"no host", RAW("GET /a HTTP/1.1\r\nX: y\r\n\r\n"), 400, NULL, NULL},
    {"two hosts", RAW("GET /a HTTP/1.1\r\n" H H "\r\n"), 400, NULL, NULL},
    {"host with path", RAW("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, NULL, NULL},
    {"host with user", RAW("GET /a HTTP/1.1\r\nHost: u@b\r\n\r\n"), 400, NULL, NULL},
    {"host list", RAW("GET /a HTTP/1.1\r\nHost: a b\r\n\r\n"), 400, NULL, NULL},
    {"obs-fold", RAW("GET /a HTTP/1.1\r\n" H "X: y\r\n z\r\n\r\n"), 400, NULL, NULL},
    {"fold first", RAW("GET /a HTTP/1.1\r\n X: y\r\n" H "\r\n"), 400, NULL, NULL},
    {"no colon", RAW("GET /a HTTP/1.1\r\n" H "X\r\n\r\n"), 400, NULL, NULL},
    {"no name", RAW("GET /a HTTP/1.1\r\n" H ": y\r\n\r\n"), 400, NULL, NULL},
    {"space before colon", RAW("GET /a HTTP/1.1\r\nHost : a\r\n\r\n"), 400, NULL, NULL},
    {"space in name", RAW("GET /a HTTP/1.1\r\n" H "X Y: z\r\n\r\n"), 400, NULL, NULL},
    {"NUL in name", RAW("GET /a HTTP/1.1\r\n" H "X\0: z\r\n\r\n"), 400, NULL, NULL},
    {"NUL in value", RAW("GET /a HTTP/1.1\r\n" H "X: \0\r\n\r\n"), 400, NULL, NULL},
    {"DEL in value", RAW("GET /a HTTP/1.1\r\n" H "X: \x7f\r\n\r\n"), 400, NULL, NULL},
    {"bare CR in value", RAW("GET /a HTTP/1.1\r\n" H "X: y\rz\r\n\r\n"), 400, NULL, NULL},
    {"bare LF in value", RAW("GET /a HTTP/1.1\r\n" H "X: y\nz: a\r\n\r\n"), 400, NULL, NULL},
    {"end in LF", RAW("GET /a HTTP/1.1\r\n" H "\n"), 400, NULL, NULL},
    {"end in CR", RAW("GET /a HTTP/1.1\r\n" H "\rX"), 400, NULL, NULL},
    /* Bodies */
    {"CL and TE",
     RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400,
     NULL, NULL},
    {"TE and CL", RAW("POST /a HTTP/1.1\r\n" H "transfer-encoding: x\r\ncontent-length: 0\r\n\r\n"),
     400, NULL, NULL},
    {"two lengths", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
     400, NULL, NULL},
    {"length list", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n"), 400, NULL, NULL},
    {"signed length", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n"), 400, NULL, NULL},
    {"negative length", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"), 400, NULL,
     NULL},
    {"hex length", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n"), 400, NULL, NULL},
    {"empty length", RAW("POST /a HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"), 400, NULL, NULL},
    {"body too large", RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\n"), 413, NULL,
     NULL},
    {"length beyond 64 bits",
     RAW("POST /a HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n\r\n"), 413, NULL, NULL},
    {"chunked", RAW("POST /a HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n"), 411, NULL,
     NULL},
    {"other coding", RAW("POST /a HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"), 501, NULL,
     NULL},
    {"disguised coding", RAW("POST /a HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"), 501,
     NULL, NULL},
    {"coding twice",
     RAW("POST /a HTTP/1.1\r\n" H
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400, NULL, NULL},
    {"chunked in 1.0", RAW("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, NULL,
     NULL},
    {"other expectation", RAW("GET /a HTTP/1.1\r\n" H "Expect: tea\r\n\r\n"), 417, NULL, NULL},
};

static int parse_whole(struct http1 *p, const char *bytes, size_t len)
{
    http1_init(p, MAX_BYTES);
    return http1_parse(p, bytes, len);
}

/* In two pieces; each call sees an exact-size copy, so that reading past its end is caught. */
static int parse_cut(struct http1 *p, const char *bytes, size_t len, size_t cut)
{
    int rc = HTTP1_MORE;
    const size_t ends[] = {cut, len};
    http1_init(p, MAX_BYTES);
    for (int i = 0; i < 2 && rc == HTTP1_MORE; i++) {
        char *copy = malloc(ends[i] + !ends[i]);
        memcpy(copy, bytes, ends[i]);
        rc = http1_parse(p, copy, ends[i]);
        free(copy);
    }
    return rc;
}

static void expect_span(const char *what, const char *bytes, struct http1_span s, const char *want)
{
    if (s.len != strlen(want) || memcmp(bytes + s.at, want, s.len) != 0)
        fail_msg("%s: got \"%.*s\", want \"%s\"", what, s.len, bytes + s.at, want);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct head_case *c = &cases[i];
        struct http1 whole, cut;
        int rc = parse_whole(&whole, c->bytes, c->len);
        if (rc != c->want)
            fail_msg("%s: got %d, want %d", c->name, rc, c->want);
        if (rc == HTTP1_DONE && c->path)
            expect_span(c->name, c->bytes, whole.path, c->path);
        if (rc == HTTP1_DONE)
            expect_span(c->name, c->bytes, whole.query, c->query);
        for (size_t at = 0; at <= c->len; at++) {
            int again = parse_cut(&cut, c->bytes, c->len, at);
            if (again != rc ||
                (rc == HTTP1_DONE && memcmp(&cut, &whole, offsetof(struct http1, fields)) != 0))
                fail_msg("%s: cut at %zu: got %d, want %d", c->name, at, again, rc);
        }
    }
}

static void test_what_is_found(void **state)
{
    static const char bytes[] = "HEAD /x HTTP/1.0\r\nhost: h\r\nConnection: foo, Keep-Alive\r\n"
                                "RANGE:  bytes=0-1 \r\nrange: bytes=5-\r\nX-Other: y\r\n\r\nGET";
    struct http1 p;
    size_t len;
    (void)state;
    assert_int_equal(parse_whole(&p, bytes, sizeof bytes - 1), HTTP1_DONE);
    assert_int_equal(p.pos, sizeof bytes - 1 - 3);
    assert_int_equal(p.method, HTTP_HEAD);
    assert_int_equal(p.minor, 0);
    assert_true(p.keep_alive);
    assert_false(p.close);
    assert_int_equal(p.field_count, 5);
    const char *v = http1_value(&p, bytes, HTTP1_RANGE, &len);
    assert_int_equal(len, 9);
    assert_memory_equal(v, "bytes=0-1", 9);
    assert_null(http1_value(&p, bytes, HTTP1_IF_RANGE, &len));
    assert_int_equal(len, 0);
}

/* METHOD SP, a target of n bytes, and the rest. */
static char *with_target(size_t n, size_t *len)
{
    static const char before[] = "GET ", after[] = " HTTP/1.1\r\nHost: a\r\n\r\n";
    char *b = malloc(n + sizeof before + sizeof after);
    memcpy(b, before, 4);
    memset(b + 4, 'a', n);
    b[4] = '/';
    memcpy(b + 4 + n, after, sizeof after);
    *len = 4 + n + sizeof after - 1;
    return b;
}

static void test_long_targets(void **state)
{
    struct http1 p;
    size_t len;
    (void)state;
    for (int with_query = 0; with_query < 3; with_query++) {
        for (size_t n = HTTP1_TARGET_MAX - 2; n <= HTTP1_TARGET_MAX + 2; n++) {
            char *b = with_target(n, &len);
            if (with_query)
                b[with_query == 1 ? 10 : 4 + n - 1] = '?';
            int want = n <= HTTP1_TARGET_MAX ? HTTP1_DONE : 414;
            assert_int_equal(parse_whole(&p, b, len), want);
            for (size_t at = len - 40; at < len; at++)
                assert_int_equal(parse_cut(&p, b, len, at), want);
            free(b);
        }
    }
}

static void test_long_heads(void **state)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    struct http1 p;
    (void)state;
    char *b = malloc(MAX_BYTES + 100);
    memset(b, 'x', MAX_BYTES + 100);
    memcpy(b, start, sizeof start - 1);
    assert_int_equal(parse_whole(&p, b, MAX_BYTES - 1), HTTP1_MORE);
    assert_int_equal(parse_whole(&p, b, MAX_BYTES), 431);
    memcpy(b + MAX_BYTES - 4, "\r\n\r\n", 4);
    assert_int_equal(parse_whole(&p, b, MAX_BYTES), HTTP1_DONE);
    assert_int_equal(parse_whole(&p, b, MAX_BYTES + 100), HTTP1_DONE);
    assert_int_equal(p.pos, MAX_BYTES);
    memcpy(b + MAX_BYTES - 4, "x\r\n\r\n", 5);
    assert_int_equal(parse_whole(&p, b, MAX_BYTES + 100), 431);
    free(b);
    /* A small limit inside the request line. */
    http1_init(&p, 8);
    assert_int_equal(http1_parse(&p, "GET /aaaaaaaaaaaa", 17), 414);
}

static void test_many_fields(void **state)
{
    static const char line[] = "GET / HTTP/1.1\r\nHost: a\r\n";
    struct http1 p;
    (void)state;
    for (int extra = HTTP1_FIELDS_MAX - 2; extra <= HTTP1_FIELDS_MAX; extra++) {
        char b[4096];
        size_t len = (size_t)snprintf(b, sizeof b, "%s", line);
        for (int i = 0; i < extra; i++)
            len += (size_t)snprintf(b + len, sizeof b - len, "a:b\r\n");
        len += (size_t)snprintf(b + len, sizeof b - len, "\r\n");
        int want = extra + 1 <= HTTP1_FIELDS_MAX ? HTTP1_DONE : 431;
        assert_int_equal(parse_whole(&p, b, len), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),        cmocka_unit_test(test_what_is_found),
        cmocka_unit_test(test_long_targets), cmocka_unit_test(test_long_heads),
        cmocka_unit_test(test_many_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
