/* One HTTP loop for viewers at socket pairs, and a room that goes from moment to moment. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_HTTP_STAGE_H
#define TESTS_FUZZ_HTTP_STAGE_H

#include "relay/web/conn.h"
#include "relay/web/route.h"
#include "tests/fuzz/http_room.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    struct http_loop loop;
    struct live live;
    struct router router;
    struct request_token held; /* the newest of /hold, while holding */
    bool holding;
    struct room_view **moments; /* of room a */
    unsigned present;
} stage;

static inline void hold(void *ctx, struct request *r)
{
    (void)ctx;
    stage.held = request_hold(r, INT64_MAX / 2);
    stage.holding = true;
}

static inline void echo(void *ctx, struct request *r)
{
    (void)ctx;
    const char *x = request_header(r, "x");
    check(strlen(request_path(r)) + strlen(request_query(r)) <= HTTP1_TARGET_MAX);
    reply_status(r, 200, 0, x ? x : "none");
}

/* Keeps the configuration, the views and access, which may be NULL. */
static inline void stage_open(struct config *config, struct access *access,
                              struct room_view *view_at(unsigned moment), unsigned moments)
{
    static const struct route routes[] = {
        {"/hold", hold, NULL, 1u << HTTP_GET},
        {"/echo/", echo, NULL, 1u << HTTP_GET | 1u << HTTP_POST},
    };
    struct shown *shown;
    struct gate *gate;
    check((stage.moments = calloc(moments, sizeof *stage.moments)) != NULL);
    for (unsigned i = 0; i < moments; i++)
        stage.moments[i] = view_at(i);
    config->http.max_connections = 10;
    config->http.max_head_bytes = 1024;
    check(shown_new(&shown) == 0 && gate_new(&gate, 10, 0) == 0);
    check(http_loop_init(&stage.loop, config, gate, 0) == 0);
    stage.live = (struct live){.shown = shown, .tally = &stage.loop.tally, .access = access};
    stage.router = (struct router){routes, sizeof routes / sizeof *routes, &stage.live};
    stage.loop.handle = route_request;
    stage.loop.handle_ctx = &stage.router;
}

static inline void stage_show(unsigned moment)
{
    struct ring *waiters;
    stage.present = moment;
    if (shown_view(stage.live.shown, "a", 1, &waiters))
        conn_wake(&stage.loop, waiters);
    check(shown_set_view(stage.live.shown, "a", stage.moments[moment]) == 0);
}

static inline void stage_turn(void)
{
    event_base_loop(stage.loop.base, EVLOOP_NONBLOCK);
    conn_run_ready(&stage.loop);
}

/* A viewer's end of a new connection; the room is at its first moment. */
static inline int stage_call(void)
{
    const struct in6_addr peer = {{{0}}};
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    stage.holding = false;
    stage_show(0);
    check(conn_open(&stage.loop, fds[0], &peer) == 0);
    return fds[1];
}

/* Sends as much as a piece holds, and says how much that is; 0: closed after an error, as it
 * should be. */
static inline size_t stage_say(int fd, const uint8_t *data, size_t size, size_t piece)
{
    size_t n = size < piece ? size : piece;
    return send(fd, data, n, MSG_NOSIGNAL) == (ssize_t)n ? n : 0;
}

/* Nothing may be left of the connection. */
static inline void stage_hang_up(int fd)
{
    close(fd);
    for (int i = 0; i < 10 && stage.loop.conn_count > 0; i++)
        stage_turn();
    check(stage.loop.tally.holding == 0 && ring_is_empty(&stage.loop.ready));
    check(stage.loop.conn_count == 0 && stage.loop.wheel.count == 0);
    check(gate_count(stage.loop.gate) == 0);
}

#endif
