/* An HTTP/2 connection over a socket pair: any frames, however cut, end with nothing left. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/view.h"
#include "relay/web/conn.h"
#include "relay/web/h2.h"
#include "relay/web/route.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMALL = 300, BIG = 400000, INPUT_MAX = 20000, MOMENTS = 6 };

static struct http_loop loop;
static struct live live;
static struct router router;
static struct request_token held;
static bool holding;
static struct room_view *moments[MOMENTS];
static unsigned present;

static void check(int ok)
{
    if (!ok)
        abort();
}

static void hold(void *ctx, struct request *r)
{
    (void)ctx;
    held = request_hold(r, INT64_MAX / 2);
    holding = true;
}

static void echo(void *ctx, struct request *r)
{
    (void)ctx;
    const char *x = request_header(r, "x");
    check(strlen(request_path(r)) + strlen(request_query(r)) <= HTTP1_TARGET_MAX);
    reply_status(r, 200, 0, x ? x : "none");
}

static const struct route routes[] = {
    {"/hold", hold, NULL, 1u << HTTP_GET},
    {"/echo/", echo, NULL, 1u << HTTP_GET | 1u << HTTP_POST},
};

static struct blob *blob_of(uint32_t bytes)
{
    struct blob *b = NULL;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && ftruncate(fd, bytes) == 0 && blob_new(&b, fd, bytes, "\"b\"") == 0);
    return b;
}

/* A room with files 1 and 2, whose next part is hinted; at the last of its moments it ends. */
static struct room_view *view_at(unsigned moment, struct blob *small, struct blob *big)
{
    struct room_view *v;
    char text[SMALL];
    memset(text, 'p', sizeof text);
    check(room_view_new(&v, "a", 1) == 0 && view_rendition_reserve(&v->renditions[0], 3) == 0);
    check(body_new(&v->multivariant, "m3u8", text, sizeof text, true, 1, 1) == 0);
    struct view_rendition *r = &v->renditions[0];
    *r = (struct view_rendition){.name = "v", .media_type = "video/mp4", .files = r->files};
    r->playlist = body_ref(v->multivariant);
    r->files[0] = (struct view_file){.name = "1", .blob = blob_ref(small), .bytes = SMALL};
    r->files[1] = (struct view_file){.name = "2", .blob = blob_ref(big), .bytes = BIG};
    r->files[2] = (struct view_file){.blob = blob_ref(big), .offset = 7 * moment, .bytes = 99};
    snprintf(r->files[2].name, sizeof r->files[2].name, "p%u", 10 + moment);
    r->file_count = 3;
    view_rendition_sort(r);
    v->target_duration_s = 1;
    r->blocks = moment + 1 < MOMENTS;
    snprintf(r->hint, sizeof r->hint, "p%u", 11 + moment);
    return v;
}

static void set_up(void)
{
    static struct config config = {.http = {.max_connections = 10, .max_head_bytes = 1024}};
    struct blob *small = blob_of(SMALL), *big = blob_of(BIG);
    struct shown *shown;
    struct gate *gate;
    config.http.head_timeout_ms = config.http.idle_timeout_ms = config.http.send_timeout_ms =
        1000000;
    for (unsigned i = 0; i < MOMENTS; i++)
        moments[i] = view_at(i, small, big);
    check(shown_new(&shown) == 0);
    check(gate_new(&gate, 10, 0) == 0 && http_loop_init(&loop, &config, gate, 0) == 0);
    live = (struct live){shown, &loop.tally, NULL, NULL};
    router = (struct router){routes, sizeof routes / sizeof *routes, &live};
    loop.handle = route_request;
    loop.handle_ctx = &router;
}

static void show(unsigned at)
{
    struct ring *waiters;
    present = at;
    if (shown_view(live.shown, "a", 1, &waiters))
        conn_wake(&loop, waiters);
    check(shown_set_view(live.shown, "a", moments[at]) == 0);
}

/* Lets the connection do all it can, and throws away what it says. */
static void pump(int fd)
{
    char thrown_away[65536];
    for (int idle = 0; idle < 2;) {
        event_base_loop(loop.base, EVLOOP_NONBLOCK);
        conn_run_ready(&loop);
        idle = recv(fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT) > 0 ? 0 : idle + 1;
    }
}

/* What requests wait for, one thing after the other. */
static void give_news(int fd)
{
    if (holding)
        conn_answer(&loop, &held, 200, moments[0]->multivariant);
    holding = false;
    pump(fd);
    while (present + 1 < MOMENTS) {
        show(present + 1);
        pump(fd);
    }
}

/* Sends preface, SETTINGS and the input in pieces of at most `piece` bytes. */
static void talk(const uint8_t *data, size_t size, size_t piece, bool news)
{
    static const char first[] = H2_PREFACE "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0";
    const struct in6_addr peer = {{{0}}};
    int fds[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    holding = false;
    show(0);
    check(conn_open(&loop, fds[0], &peer) == 0);
    check(send(fds[1], first, sizeof first - 1, MSG_NOSIGNAL) == sizeof first - 1);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        if (send(fds[1], data + at, n, MSG_NOSIGNAL) != (ssize_t)n)
            break; /* closed after an error, as it should be */
        at += n;
        pump(fds[1]);
    }
    if (news)
        give_news(fds[1]);
    close(fds[1]);
    for (int i = 0; i < 10 && loop.conn_count > 0; i++) {
        event_base_loop(loop.base, EVLOOP_NONBLOCK);
        conn_run_ready(&loop);
    }
    check(loop.tally.holding == 0 && ring_is_empty(&loop.ready));
    check(loop.conn_count == 0 && loop.wheel.count == 0 && gate_count(loop.gate) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!loop.base)
        set_up();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    talk(data + 1, size - 1, SIZE_MAX, true);
    talk(data + 1, size - 1, 1 + data[0] * (size_t)data[0] / 64, data[0] & 1);
    return 0;
}
