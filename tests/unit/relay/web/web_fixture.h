/* A real server on a loopback port, with a made-up room and viewers to talk to it. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_WEB_FIXTURE_H
#define TESTS_UNIT_RELAY_WEB_WEB_FIXTURE_H

#include "relay/base/clock.h"
#include "relay/web/server.h"
#include "tests/unit/relay/web/made_up_room.h"
#include "tests/unit/relay/web/viewer.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS_MAX = 4 };

struct site {
    struct server *server;
    struct config config;
    struct sockaddr_in address;
    size_t threads;
};

static inline struct config fixture_config(void)
{
    return (struct config){.http = {.max_connections = 1000,
                                    .max_connections_per_address = 1000,
                                    .max_head_bytes = 8192,
                                    .head_timeout_ms = 5000,
                                    .idle_timeout_ms = 15000,
                                    .send_timeout_ms = 10000,
                                    .min_rate_bytes = 1 << 20,
                                    .max_age_ms = 600000}};
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

/* Shows the room and waits until every thread answers for it. */
static inline void site_show(struct site *s, const char *room)
{
    struct room_view *v = fixture_view(room);
    char path[128];
    server_show(s->server, v);
    room_view_unref(&v);
    snprintf(path, sizeof path, "/live/%s/index.m3u8", room);
    for (size_t hits = 0, tries = 0; hits < 8 * s->threads; tries++) {
        int fd = viewer_connect(&s->address);
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
