/* The pages as viewers get them: words, policy, lifetimes, and addresses that no room can have. */
/* SPDX-License-Identifier: MIT */
#include "config/origins.h"
#include "relay/web/page.h"
#include "relay/web/page_assets.h"
#include "tests/unit/relay/web/web_fixture.h"

static struct site site;
static struct page *pages;
static char srt_listen[] = "0.0.0.0:9123", everybody[] = "any";

static int set_up(void **state)
{
    struct config c = fixture_config();
    size_t n;
    (void)state;
    c.srt.listen = srt_listen;
    c.http.embed_from = everybody;
    assert_int_equal(page_new(&pages, &c), 0);
    const struct route *routes = page_routes(pages, &n);
    site_open(&site, &c, 1, routes, n);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    site_close(&site);
    page_free(&pages);
    assert_null(pages);
    page_free(&pages);
    return 0;
}

static struct answer fetch(const char *path, const char *extra)
{
    int fd = viewer_connect(&site.address);
    viewer_get(fd, path, extra);
    struct answer a = viewer_read(fd, true);
    close(fd);
    return a;
}

/* Does a line that begins like this hold that text? */
static bool line_holds(const struct answer *a, const char *name, const char *text)
{
    const char *line = strstr(a->head, name);
    const char *end = line ? strstr(line + 2, "\r\n") : NULL;
    const char *found = line ? strstr(line, text) : NULL;
    return found && end && found < end;
}

static void test_wall(void **state)
{
    (void)state;
    struct answer a = fetch("/", "");
    assert_int_equal(a.status, 200);
    assert_true(answer_has(&a, "Content-Type: text/html; charset=utf-8"));
    assert_true(line_holds(&a, "\r\nCache-Control:", "no-cache"));
    assert_true(answer_has(&a, "X-Content-Type-Options: nosniff"));
    assert_true(line_holds(&a, "\r\nContent-Security-Policy:", "default-src 'self';"));
    assert_true(line_holds(&a, "\r\nContent-Security-Policy:", "frame-ancestors 'self'"));
    assert_false(line_holds(&a, "\r\nContent-Security-Policy:", "unsafe"));
    assert_non_null(strstr(a.body, "content=\"9123\""));
    assert_null(strstr(a.body, "{{"));
    answer_drop(&a);
}

static void test_unchanged(void **state)
{
    char tag[64], extra[96];
    (void)state;
    struct answer a = fetch("/watch/stage", "");
    assert_int_equal(sscanf(strstr(a.head, "ETag: "), "ETag: %63[^\r]", tag), 1);
    answer_drop(&a);
    snprintf(extra, sizeof extra, "If-None-Match: %s\r\n", tag);
    a = fetch("/watch/stage", extra);
    assert_int_equal(a.status, 304);
    answer_drop(&a);
}

static void test_frames(void **state)
{
    (void)state;
    struct answer a = fetch("/embed/stage", "");
    assert_int_equal(a.status, 200);
    assert_true(line_holds(&a, "\r\nContent-Security-Policy:", "default-src 'self';"));
    assert_false(line_holds(&a, "\r\nContent-Security-Policy:", "frame-ancestors"));
    answer_drop(&a);
    a = fetch("/watch/stage", "");
    assert_int_equal(a.status, 200);
    assert_true(line_holds(&a, "\r\nContent-Security-Policy:", "frame-ancestors 'self'"));
    answer_drop(&a);
}

/* What a browser is told of frames with http.embed_from = from; "" for nothing. */
static void assert_frames(char *from, const char *told)
{
    struct config c = fixture_config();
    struct page *p;
    struct site own;
    size_t n;
    c.srt.listen = srt_listen;
    c.http.embed_from = from;
    assert_int_equal(page_new(&p, &c), 0);
    const struct route *routes = page_routes(p, &n);
    site_open(&own, &c, 1, routes, n);
    int fd = viewer_connect(&own.address);
    viewer_get(fd, "/embed/stage", "");
    struct answer a = viewer_read(fd, true);
    close(fd);
    assert_int_equal(a.status, 200);
    assert_true(line_holds(&a, "\r\nContent-Security-Policy:", told));
    assert_true(answer_has(&a, "Referrer-Policy: same-origin"));
    answer_drop(&a);
    site_close(&own);
    page_free(&p);
}

static void test_frames_of_some(void **state)
{
    char nobody[] = "self", some[] = "https://a.example https://*.b.example:8443";
    char longest[EMBED_FROM_MAX + 1];
    (void)state;
    assert_frames(nobody, "; frame-ancestors 'self' ");
    assert_frames(some, "; frame-ancestors 'self' https://a.example https://*.b.example:8443");
    memset(longest, 'a', EMBED_FROM_MAX);
    longest[EMBED_FROM_MAX] = '\0';
    assert_frames(longest, longest);
}

static void test_no_room(void **state)
{
    static const char *const bad[] = {
        "/watch/",
        "/watch/.hidden",
        "/watch/a/b",
        "/watch/a%20b",
        "/watch/..%2fetc",
        "/watch/a/",
        "/embed/",
        "/embed/.x",
        "/embed/a?b/c%",
        "/watch/%00",
        "/watch/0123456789012345678901234567890123456789012345678901234567890123x",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer a = fetch(bad[i], "");
        bool is_room = strcmp(bad[i], "/embed/a?b/c%") == 0; /* the query is not the name's */
        if (a.status != (is_room ? 200 : 404))
            fail_msg("%s: %d", bad[i], a.status);
        answer_drop(&a);
    }
    struct answer a = fetch("/watch/a%20b", "");
    assert_true(line_holds(&a, "\r\nContent-Type:", "text/html"));
    assert_non_null(strstr(a.body, "notfound.title"));
    answer_drop(&a);
}

static void test_assets(void **state)
{
    (void)state;
    for (size_t i = 0; i < page_asset_count; i++) {
        const struct page_asset *asset = &page_assets[i];
        if (!asset->address[0])
            continue;
        struct answer a = fetch(asset->address, "");
        assert_int_equal(a.status, 200);
        assert_int_equal(a.len, asset->len);
        assert_memory_equal(a.body, asset->bytes, asset->len);
        assert_true(line_holds(&a, "\r\nCache-Control:", "max-age=31536000"));
        assert_true(answer_has(&a, "X-Content-Type-Options: nosniff"));
        answer_drop(&a);
        if (asset->len < 1024)
            continue; /* too small to be worth it, perhaps */
        a = fetch(asset->address, "Accept-Encoding: gzip\r\n");
        assert_true(answer_has(&a, "Content-Encoding: gzip"));
        assert_true(a.len < asset->len);
        answer_drop(&a);
    }
    static const char *const missing[] = {"/assets/", "/assets/wall.js", "/assets/../x", "/watch"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct answer a = fetch(missing[i], "");
        assert_int_equal(a.status, 404);
        answer_drop(&a);
    }
}

static void test_robots(void **state)
{
    (void)state;
    struct answer a = fetch("/robots.txt", "");
    assert_int_equal(a.status, 200);
    assert_true(answer_has(&a, "Content-Type: text/plain; charset=utf-8"));
    answer_drop(&a);
}

/* Markup without a script or a style of its own, so that the policy can forbid both. */
static void test_markup(void **state)
{
    (void)state;
    for (size_t i = 0; i < page_asset_count; i++) {
        const struct page_asset *a = &page_assets[i];
        if (!strstr(a->name, ".html"))
            continue;
        assert_null(strstr(a->bytes, "<style"));
        assert_null(strstr(a->bytes, " style="));
        assert_null(strstr(a->bytes, "<script>"));
        assert_null(strstr(a->bytes, "://"));
    }
}

static void test_bad_configuration(void **state)
{
    struct config c = {0};
    struct page *p;
    char no_port[] = "localhost";
    (void)state;
    c.srt.listen = no_port;
    assert_int_equal(page_new(&p, &c), -EINVAL);
    assert_null(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall),           cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_frames),         cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_assets),         cmocka_unit_test(test_robots),
        cmocka_unit_test(test_markup),         cmocka_unit_test(test_bad_configuration),
        cmocka_unit_test(test_frames_of_some),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
