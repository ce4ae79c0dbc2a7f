/* The floor under "all waiting viewers have it at once": one write to each socket, in a loop. */
/* SPDX-License-Identifier: MIT */
/*
 * usage: bare_loop PORT        (127.0.0.1, one thread)
 * Answers /live/moving/video.m3u8 as web_bench does: the same made-up room, the same compressed
 * text, a head of the same length; whoever asks for a part that is not there yet waits for it. At
 * each publication the reply is written to every socket that waits, one after another. It
 * understands just enough of HTTP for that (a request is what one read brings), counts nothing, and
 * has no limits: what is left is what the kernel takes for the writes. Serves until SIGTERM.
 */
#include "tests/bench/lib/moving_room.h"
#include "tests/bench/lib/stopwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, REQUEST_BYTES = 1024, FDS_MAX = 65536, REPLY_BYTES = 16384, PARTS = 4 };

static uint64_t waits_for[FDS_MAX]; /* by descriptor: the part's number plus one; 0: for nothing */
static char reply[REPLY_BYTES];
static size_t reply_len;
static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void render(uint64_t next)
{
    struct room_view *v;
    struct body_twin text;

    if (moving_room_view(&v, "moving", next) != 0 || !body_gzip(v->renditions[0].playlist, &text))
        die("room");
    int n = snprintf(reply, sizeof(reply),
                     "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
                     "Content-Type: application/vnd.apple.mpegurl\r\nContent-Length: %zu\r\n"
                     "Content-Encoding: gzip\r\nETag: %s\r\nVary: Accept-Encoding\r\n"
                     "Cache-Control: max-age=1\r\nAccess-Control-Allow-Origin: *\r\n"
                     "X-Content-Type-Options: nosniff\r\n\r\n",
                     text.len, v->renditions[0].playlist->gzip_etag);
    if ((size_t)n + text.len > sizeof(reply))
        die("reply");
    memcpy(reply + n, text.bytes, text.len);
    reply_len = (size_t)n + text.len;
    room_view_unref(&v);
}

static void answer(int fd)
{
    waits_for[fd] = 0;
    if (send(fd, reply, reply_len, MSG_NOSIGNAL) < 0)
        close(fd);
}

static uint64_t number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

static void hear(int fd, uint64_t next)
{
    char text[REQUEST_BYTES + 1];
    ssize_t n = recv(fd, text, REQUEST_BYTES, MSG_DONTWAIT);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            close(fd);
        return;
    }
    text[n] = '\0';
    uint64_t msn = number_after(text, "_HLS_msn=");
    uint64_t part = msn * PARTS + number_after(text, "_HLS_part=");
    if (msn == 0 || part < next)
        answer(fd);
    else
        waits_for[fd] = part + 1;
}

static void publish(uint64_t next)
{
    render(next);
    for (int fd = 0; fd < FDS_MAX; fd++)
        if (waits_for[fd] && waits_for[fd] <= next)
            answer(fd);
}

static void take(int epoll, int listener)
{
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= FDS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
            die("accept");
    }
}

static int listen_on(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event event[EVENTS], e = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    uint64_t next = 1000;

    if (argc != 2 || epoll < 0) {
        fputs("usage: bare_loop PORT\n", stderr);
        return 2;
    }
    signal(SIGTERM, end);
    e.data.fd = listen_on((uint16_t)atoi(argv[1]));
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, e.data.fd, &e) != 0)
        die("epoll");
    render(next);
    int64_t due_us = stopwatch_mono_us();
    while (!ended) {
        int64_t left_us = due_us - stopwatch_mono_us();
        if (left_us <= 0) {
            publish(++next);
            due_us += MOVING_ROOM_PART_MS * INT64_C(1000);
            continue;
        }
        int n = epoll_wait(epoll, event, EVENTS, (int)(left_us / 1000) + 1);
        for (int i = 0; i < n; i++)
            if (event[i].data.fd == e.data.fd)
                take(epoll, e.data.fd);
            else
                hear(event[i].data.fd, next);
    }
    return 0;
}
