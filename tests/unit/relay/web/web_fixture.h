/* A real server on a loopback port, and a blocking viewer to talk to it. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; every call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_WEB_FIXTURE_H
#define TESTS_UNIT_RELAY_WEB_WEB_FIXTURE_H

#include "relay/base/clock.h"
#include "relay/room/view.h"
#include "relay/web/server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEGMENT_BYTES = 3000000, INIT_BYTES = 700, THREADS_MAX = 4 };

struct site {
    struct server *server;
    struct config config;
    struct sockaddr_in address;
    size_t threads;
};

struct answer {
    int status;
    size_t len; /* of the body */
    char head[4096];
    char *body; /* NUL-terminated; free() it */
};

static inline struct config fixture_config(void)
{
    struct config c = {0};
    c.http.max_connections = 1000;
    c.http.max_connections_per_address = 1000;
    c.http.max_head_bytes = 8192;
    c.http.head_timeout_ms = 5000;
    c.http.idle_timeout_ms = 15000;
    c.http.send_timeout_ms = 10000;
    c.http.min_rate_bytes = 1 << 20;
    c.http.max_age_ms = 600000;
    return c;
}

static inline int fixture_listen(struct sockaddr_in *a)
{
    const int on = 1;
    socklen_t len = sizeof *a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    assert_int_equal(bind(fd, (struct sockaddr *)a, sizeof *a), 0);
    assert_int_equal(listen(fd, 512), 0);
    getsockname(fd, (struct sockaddr *)a, &len);
    return fd;
}

static inline void site_open(struct site *s, const struct config *c, size_t threads,
                             const struct route *routes, size_t n)
{
    int fds[THREADS_MAX];
    *s = (struct site){.config = *c, .threads = threads};
    s->address.sin_family = AF_INET;
    s->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < threads; i++)
        fds[i] = fixture_listen(&s->address);
    assert_int_equal(server_new(&s->server, &s->config, fds, threads, routes, n), 0);
    assert_int_equal(server_start(s->server), 0);
}

static inline void site_close(struct site *s)
{
    server_stop(s->server, clock_mono_us() + 5000000);
    server_free(&s->server);
}

static inline int viewer_connect(const struct site *s)
{
    /* A test that waits in vain fails instead of hanging. */
    const struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&s->address, sizeof s->address), 0);
    return fd;
}

static inline void viewer_send(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        assert_true(n > 0);
        text += n;
        len -= (size_t)n;
    }
}

static inline void viewer_say(int fd, const char *text)
{
    viewer_send(fd, text, strlen(text));
}

/* GET with extra lines, each with its CRLF; extra may be "". */
static inline void viewer_get(int fd, const char *path, const char *extra)
{
    char text[4096];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, extra);
    viewer_say(fd, text);
}

/* One reply; body: does one follow (not after HEAD)? Byte by byte, so nothing of the next is lost.
 * status 0: the connection ended first. */
static inline struct answer viewer_read(int fd, bool body)
{
    struct answer a = {0};
    size_t n = 0;
    while (n < sizeof a.head - 1 && recv(fd, a.head + n, 1, 0) == 1) {
        n++;
        if (n >= 4 && memcmp(a.head + n - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    if (n == 0)
        return a;
    assert_int_equal(sscanf(a.head, "HTTP/1.1 %d ", &a.status), 1);
    const char *length = strstr(a.head, "\r\nContent-Length: ");
    a.len = length && body ? strtoul(length + 18, NULL, 10) : 0;
    a.body = calloc(1, a.len + 1);
    for (size_t got = 0; got < a.len;) {
        ssize_t r = recv(fd, a.body + got, a.len - got, 0);
        if (r <= 0)
            fail_msg("body ended after %zu of %zu", got, a.len);
        got += (size_t)r;
    }
    return a;
}

/* Does the reply have exactly this line? */
static inline bool answer_has(const struct answer *a, const char *line)
{
    char whole[256];
    snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    return strstr(a->head, whole) != NULL;
}

static inline void answer_drop(struct answer *a)
{
    free(a->body);
    a->body = NULL;
}

/* Reads and expects this status and line ("" for none). */
static inline void viewer_expect(int fd, bool body, int status, const char *line)
{
    struct answer a = viewer_read(fd, body);
    if (a.status != status || (*line && !answer_has(&a, line)))
        fail_msg("want %d with \"%s\", got %d:\n%s", status, line, a.status, a.head);
    answer_drop(&a);
}

/* The server has closed: end of stream or reset, and nothing before it. */
static inline void viewer_expect_end(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    if (!(n == 0 || (n < 0 && errno == ECONNRESET)))
        fail_msg("not closed: %zd, errno %d", n, errno);
    close(fd);
}

static inline unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

static inline struct blob *fixture_blob(size_t bytes, const char *etag)
{
    struct blob *b;
    int fd = memfd_create("segment", MFD_CLOEXEC);
    char *data = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (char)byte_at(i);
    assert_int_equal(write(fd, data, bytes), bytes);
    free(data);
    assert_int_equal(blob_new(&b, fd, (uint32_t)bytes, etag), 0);
    return b;
}

/* A room with index.m3u8 (gzip twin), video/init-0.mp4 and video/1.m4s. */
static inline struct room_view *fixture_view(const char *room)
{
    struct room_view *v;
    char text[2000];
    memset(text, 'p', sizeof text);
    assert_int_equal(room_view_new(&v, room, 1), 0);
    struct view_rendition *r = &v->renditions[0];
    snprintf(r->name, sizeof r->name, "video");
    r->media_type = "video/mp4";
    assert_int_equal(view_rendition_reserve(r, 2), 0);
    r->files[0] = (struct view_file){.name = "1.m4s", .max_age_s = 60};
    r->files[0].blob = fixture_blob(SEGMENT_BYTES, "\"seg\"");
    r->files[1] = (struct view_file){.name = "init-0.mp4", .max_age_s = 60};
    r->files[1].blob = fixture_blob(INIT_BYTES, "\"init\"");
    r->file_count = 2;
    view_rendition_sort(r);
    assert_int_equal(body_new(&v->multivariant, "application/vnd.apple.mpegurl", text, sizeof text,
                              true, 2, 1795382283000000),
                     0);
    return v;
}

/* Shows the room and waits until every thread answers for it. */
static inline void site_show(struct site *s, const char *room)
{
    struct room_view *v = fixture_view(room);
    char path[128];
    server_show(s->server, v);
    room_view_unref(&v);
    snprintf(path, sizeof path, "/live/%s/index.m3u8", room);
    for (size_t hits = 0, tries = 0; hits < 8 * s->threads; tries++) {
        int fd = viewer_connect(s);
        viewer_get(fd, path, "");
        struct answer a = viewer_read(fd, true);
        hits += a.status == 200;
        answer_drop(&a);
        close(fd);
        assert_true(tries < 10000);
    }
}

static inline int open_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Waits until the condition, which reads `stats`, holds. */
#define AWAIT(site, stats, condition)                                                              \
    do {                                                                                           \
        int64_t give_up_us = clock_mono_us() + 20000000;                                           \
        for (server_stats((site)->server, &(stats)); !(condition);                                 \
             server_stats((site)->server, &(stats))) {                                             \
            if (clock_mono_us() > give_up_us)                                                      \
                fail_msg("in vain: %s", #condition);                                               \
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);                               \
        }                                                                                          \
    } while (0)

#endif
