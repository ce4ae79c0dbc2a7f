/* A whole connection over a socket pair: any bytes, however cut, get the same replies in order. */
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

enum { OUT_MAX = 4 << 20, SMALL = 300, BIG = 400000, INPUT_MAX = 6000, MOMENTS = 24 };

static struct http_loop loop;
static struct live live;
static struct router router;
static struct request_token held;
static int holding;
static struct room_view *moments[MOMENTS];
static unsigned present;

static struct {
    char *bytes;
    size_t len;
} replies[2];

static void check(int ok)
{
    if (!ok)
        abort();
}

static void hold(void *ctx, struct request *r)
{
    (void)ctx;
    held = request_hold(r, INT64_MAX / 2);
    holding = 1;
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

/* The room after so many parts, four to a segment; at the last of its moments it ends. */
static struct room_view *view_at(unsigned moment, struct blob *small, struct blob *big)
{
    struct room_view *v;
    char text[SMALL];
    memset(text, 'p', sizeof text);
    snprintf(text, sizeof text, "moment %u", moment);
    check(room_view_new(&v, "a", 1) == 0 && view_rendition_reserve(&v->renditions[0], 4) == 0);
    check(body_new(&v->multivariant, "m3u8", text, sizeof text, true, 1, 1) == 0);
    struct view_rendition *r = &v->renditions[0];
    *r = (struct view_rendition){.name = "v", .media_type = "video/mp4", .files = r->files};
    r->playlist = body_ref(v->multivariant);
    check(body_new(&r->delta, "m3u8", text, strlen(text), true, 0, 1) == 0);
    r->files[0] = (struct view_file){.name = "1", .blob = blob_ref(small), .bytes = SMALL};
    r->files[1] = (struct view_file){.name = "2", .blob = blob_ref(big), .bytes = BIG};
    r->files[2] = (struct view_file){.blob = blob_ref(big), .offset = 7 * moment, .bytes = 99};
    snprintf(r->files[2].name, sizeof r->files[2].name, "p%u", 10 + moment);
    r->files[3] = (struct view_file){.blob = blob_ref(big), .bytes = 50 * (1 + moment % 4)};
    snprintf(r->files[3].name, sizeof r->files[3].name, "s%u", moment / 4);
    r->file_count = 4;
    view_rendition_sort(r);
    v->target_duration_s = 1;
    r->blocks = moment + 1 < MOMENTS;
    r->open_msn = moment / 4;
    r->open_parts = moment % 4;
    r->last_parts = 4;
    /* Every other segment hints parts by name, the others as ranges of the segment. */
    snprintf(r->hint, sizeof r->hint, moment % 8 < 4 ? "p%u" : "s%u",
             moment % 8 < 4 ? 11 + moment : moment / 4);
    return v;
}

static void set_up(void)
{
    static struct config config = {.http = {.max_connections = 10, .max_head_bytes = 1024}};
    struct blob *small = blob_of(SMALL), *big = blob_of(BIG);
    static char closed[] = "b", keys[] = "k=0123456789abcdef0123456789abcdef";
    static struct config_room needs_link = {.name = closed, .access = 1 + ACCESS_SIGNED};
    struct shown *shown;
    struct access *access = NULL;
    struct gate *gate;
    for (unsigned i = 0; i < MOMENTS; i++)
        moments[i] = view_at(i, small, big);
    config.rooms.list = &needs_link;
    config.rooms.list_count = 1;
    config.rooms.sign_keys = keys;
    check(shown_new(&shown) == 0 && access_new(&access, &config) == 0);
    check(gate_new(&gate, 10, 0) == 0 && http_loop_init(&loop, &config, gate, 0) == 0);
    live = (struct live){.shown = shown, .tally = &loop.tally, .access = access};
    check(shown_set_view(shown, closed, moments[MOMENTS - 1]) == 0); /* lets nobody wait */
    router = (struct router){routes, sizeof routes / sizeof *routes, &live};
    loop.handle = route_request;
    loop.handle_ctx = &router;
    for (int i = 0; i < 2; i++)
        check((replies[i].bytes = malloc(OUT_MAX)) != NULL);
}

static void show(unsigned at)
{
    struct ring *waiters;
    present = at;
    if (shown_view(live.shown, "a", 1, &waiters))
        conn_wake(&loop, waiters);
    check(shown_set_view(live.shown, "a", moments[at]) == 0);
}

/* What a request that is parked waits for, whatever that is. */
static bool give_news(void)
{
    if (loop.tally.holding == 0)
        return false;
    if (holding)
        conn_answer(&loop, &held, 200, moments[0]->multivariant);
    else
        show(present + 1); /* the last one lets nobody wait */
    holding = 0;
    return true;
}

/* Lets the connection do all it can; an answer to what it holds and news of the room
 * come as late as possible. */
static void pump(int fd, int which)
{
    for (int idle = 0; idle < 2;) {
        event_base_loop(loop.base, EVLOOP_NONBLOCK);
        conn_run_ready(&loop);
        char *at = replies[which].bytes + replies[which].len;
        ssize_t n = recv(fd, at, OUT_MAX - replies[which].len, MSG_DONTWAIT);
        if (n > 0)
            replies[which].len += (size_t)n;
        idle = n > 0 ? 0 : idle + 1;
        if (idle == 2 && give_news())
            idle = 0;
    }
}

/* Sends the input in pieces of at most `piece` bytes and keeps the replies. */
static void talk(const uint8_t *data, size_t size, size_t piece, int which)
{
    int fds[2];
    const struct in6_addr peer = {{{0}}};
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    replies[which].len = 0;
    holding = 0;
    show(0);
    check(conn_open(&loop, fds[0], &peer) == 0);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        if (send(fds[1], data + at, n, MSG_NOSIGNAL) != (ssize_t)n)
            break; /* closed after an error, as it should be */
        at += n;
        pump(fds[1], which);
    }
    close(fds[1]);
    for (int i = 0; i < 10 && loop.conn_count > 0; i++) {
        event_base_loop(loop.base, EVLOOP_NONBLOCK);
        conn_run_ready(&loop);
    }
    check(loop.tally.holding == 0 && ring_is_empty(&loop.ready));
    check(loop.conn_count == 0 && loop.wheel.count == 0 && gate_count(loop.gate) == 0);
}

/* "100 Continue" is sent only when the body is still missing: it depends on the cutting. */
static size_t without_continue(char *b, size_t len)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t n = sizeof line - 1;
    for (char *p = b; (p = memmem(p, (size_t)(b + len - p), line, n));) {
        memmove(p, p + n, (size_t)(b + len - p) - n);
        len -= n;
    }
    return len;
}

/* The clock may have moved on by a second. */
static void without_dates(char *b, size_t len)
{
    static const char name[] = "\r\nDate: ";
    for (char *p = b; (p = memmem(p, (size_t)(b + len - p), name, sizeof name - 1));) {
        p += sizeof name - 1;
        memset(p, 'D', 29);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!loop.base)
        set_up();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    if (size > 24 && memcmp(data + 1, H2_PREFACE, 24) == 0) /* h2_fuzz: there order is free */
        return 0;
    talk(data + 1, size - 1, SIZE_MAX, 0);
    talk(data + 1, size - 1, 1 + data[0] * (size_t)data[0] / 64, 1);
    for (int i = 0; i < 2; i++) {
        replies[i].len = without_continue(replies[i].bytes, replies[i].len);
        without_dates(replies[i].bytes, replies[i].len);
    }
    check(replies[0].len == replies[1].len);
    check(memcmp(replies[0].bytes, replies[1].bytes, replies[0].len) == 0);
    check(replies[0].len == 0 || memcmp(replies[0].bytes, "HTTP/1.1 ", 9) == 0);
    return 0;
}
