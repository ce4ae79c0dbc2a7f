/* A server that shows one low-latency room, for tests that wait for its next part. */
/* SPDX-License-Identifier: MIT */
/* Header only; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_STAGE_H
#define TESTS_UNIT_RELAY_WEB_STAGE_H

#include "tests/unit/relay/web/made_up_stream.h"
#include "tests/unit/relay/web/web_fixture.h"

#define LIST  "/live/stage/video.m3u8"
#define PARTS "/live/stage/video/"
enum { START = 402 }; /* segment 100 is open and has parts 0 and 1 */
static struct site site;
static struct server_stats stats;
static struct blob *media;
static struct moment now;
static int fds_before;
static struct audience *audience; /* NULL: nobody is counted */

static inline void show(const char *room)
{
    struct room_view *v = moment_view(room, media, &now);
    v->audience = audience_ref(audience);
    server_show(site.server, v);
    server_ring(site.server, false);
    room_view_unref(&v);
}

static inline void advance(void)
{
    now.next++;
    show("stage");
}

static inline void open_stage(size_t threads)
{
    struct config c = fixture_config();
    c.http.max_connections = c.http.max_connections_per_address = 5000;
    site_open(&site, &c, threads, NULL, 0);
    media = fixture_blob(64 * PART_BYTES, "\"media\"");
    now = (struct moment){START, MADE_UP_TD_S, false, false};
    show("stage");
}

static inline void close_stage(void)
{
    site_close(&site);
    blob_unref(&media);
}

static inline int ask(const char *path, const char *lines)
{
    int fd = viewer_connect(&site.address);
    viewer_get(fd, path, lines);
    return fd;
}

/* Asks, and waits until the server has parked it. */
static inline int park(const char *path, const char *lines)
{
    server_stats(site.server, &stats);
    const uint64_t before = stats.holding;
    int fd = ask(path, lines);
    AWAIT(&site, stats, stats.holding == before + 1);
    return fd;
}

static inline struct answer take(int fd)
{
    struct answer a = viewer_read(fd, true);
    close(fd);
    return a;
}

static inline void check_answer(int fd, int status, const char *body, const char *line)
{
    struct answer a = take(fd);
    if (a.status != status || strncmp(a.body, body, strlen(body)) != 0 || !answer_has(&a, line))
        fail_msg("want %d \"%s\" with \"%s\", got:\n%s%s", status, body, line, a.head, a.body);
    assert_true(answer_has(&a, "Access-Control-Allow-Origin: *"));
    assert_null(strstr(a.head, "\r\nAge:"));
    answer_drop(&a);
}

static inline void check(const char *path, const char *lines, int status, const char *body,
                         const char *line)
{
    check_answer(ask(path, lines), status, body, line);
}

static inline void check_unchanged(const char *path, const char *lines, const char *line)
{
    int fd = ask(path, lines);
    viewer_expect(fd, false, 304, line);
    close(fd);
}

#define UNBLOCKED "Cache-Control: public, max-age=1"
#define BLOCKED   "Cache-Control: public, max-age=0, s-maxage=12"
#define IN_VAIN   "Cache-Control: public, max-age=8"
#define NO_PART   "Cache-Control: public, max-age=2"
#define FILE_AGE  "Cache-Control: public, max-age=60, immutable"
#define HINT_AGE  "Cache-Control: public, max-age=12, immutable"

static inline int count_before(void **state)
{
    (void)state;
    fds_before = open_fds();
    return 0;
}

static inline int nothing_left(void **state)
{
    (void)state;
    assert_int_equal(open_fds(), fds_before);
    assert_int_equal(blob_count() + blob_bytes(), 0);
    return 0;
}

#endif
