/* The HTTP front alone, with made-up rooms, for wrk and its like to measure. */
/* SPDX-License-Identifier: MIT */
/*
 * usage: web_bench [PORT [THREADS [CERTIFICATE KEY]]]     (0.0.0.0:8099, 1 thread)
 * With a certificate and its key (files, PEM) there is HTTPS as well, one port above.
 * Serves until SIGTERM or SIGINT: /live/bench/index.m3u8 and video.m3u8 (1 kB each; who asks for
 * the latter is counted as a viewer), /live/bench/video/N.m4s with N bytes for N = 65536, 524288,
 * 5242880, and /park, which is held for 60 s. Then prints what it served and what that cost.
 * /live/moving/video.m3u8 gets a part every half second, and can be waited for.
 */
#include "relay/base/clock.h"
#include "relay/base/seals.h"
#include "relay/certificate.h"
#include "relay/room/audience.h"
#include "relay/room/view.h"
#include "relay/web/server.h"
#include "tests/bench/lib/moving_room.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS_MAX = 64, PLAYLIST_BYTES = 1024 };

static const uint32_t sizes[] = {65536, 524288, 5242880};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void park(void *ctx, struct request *r)
{
    (void)ctx;
    request_hold(r, clock_mono_us() + 60000000);
}

static int listen_on(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

static struct blob *make_blob(uint32_t bytes, const char *etag)
{
    struct blob *b = NULL;
    char *data = malloc(bytes);
    int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (!data || fd < 0)
        die("segment");
    memset(data, 'v', bytes);
    if (write(fd, data, bytes) != (ssize_t)bytes || fcntl(fd, F_ADD_SEALS, SEALS) ||
        blob_new(&b, fd, bytes, etag) != 0)
        die("segment");
    free(data);
    return b;
}

static struct room_view *make_view(uint32_t threads)
{
    struct room_view *v;
    char text[PLAYLIST_BYTES];
    size_t n = sizeof sizes / sizeof *sizes;
    memset(text, '#', sizeof text);
    if (room_view_new(&v, "bench", 1) != 0 || view_rendition_reserve(&v->renditions[0], n) != 0 ||
        audience_new(&v->audience, threads) != 0 ||
        body_new(&v->multivariant, "application/vnd.apple.mpegurl", text, sizeof text, false, 1,
                 clock_wall_us()) != 0)
        die("room");
    struct view_rendition *r = &v->renditions[0];
    r->playlist = body_ref(v->multivariant);
    snprintf(r->name, sizeof r->name, "video");
    r->media_type = "video/mp4";
    for (size_t i = 0; i < n; i++) {
        char etag[24];
        snprintf(etag, sizeof etag, "\"%u\"", sizes[i]);
        r->files[i].max_age_s = 60;
        r->files[i].bytes = sizes[i];
        snprintf(r->files[i].name, sizeof r->files[i].name, "%u.m4s", sizes[i]);
        r->files[i].blob = make_blob(sizes[i], etag);
    }
    r->file_count = n;
    view_rendition_sort(r);
    return v;
}

static void report(const struct server *s)
{
    struct server_stats st;
    struct rusage u;
    server_stats(s, &st);
    getrusage(RUSAGE_SELF, &u);
    double cpu_s = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                   (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    printf("requests=%llu bytes=%llu connections=%llu cpu_s=%.3f\n",
           (unsigned long long)st.requests, (unsigned long long)st.bytes_out,
           (unsigned long long)st.connections, cpu_s);
}

/* Until one of the signals comes. */
static void move(struct server *s, const sigset_t *end)
{
    const struct timespec part = {.tv_nsec = MOVING_ROOM_PART_MS * 1000000L};
    for (uint64_t next = 1000; sigtimedwait(end, NULL, &part) < 0; next++) {
        struct room_view *v;
        if (moving_room_view(&v, "moving", next) != 0)
            die("room");
        server_show(s, v);
        server_ring(s, false);
        room_view_unref(&v);
    }
}

/* HTTPS one port above. */
static void secure(struct server *s, char *const *files, uint16_t port, int threads)
{
    struct tls_tickets tickets = {0};
    struct tls_context *t;
    char why[400] = "tickets";
    int fds[THREADS_MAX];
    bool in_key;
    if (certificate_inspect(NULL, files[0], files[1], &in_key, why, sizeof why) != 0 ||
        tls_tickets_turn(&tickets, clock_wall_us()) != 0)
        die(why);
    certificate_commit();
    for (int i = 0; i < threads; i++)
        fds[i] = listen_on((uint16_t)(port + 1));
    if (certificate_context(&t, certificate_fd(), &tickets) != 0 || server_secure(s, fds, t) != 0)
        die("TLS");
    tls_context_unref(&t);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = {{"/park", park, NULL, 1u << HTTP_GET}};
    struct config c = {.http = {.max_connections = 200000,
                                .max_connections_per_address = 200000,
                                .max_head_bytes = 8192,
                                .head_timeout_ms = 600000,
                                .idle_timeout_ms = 600000,
                                .send_timeout_ms = 60000,
                                .min_rate_bytes = 1024,
                                .max_age_ms = 0},
                       .https = {.max_handshakes = 200000, .max_handshakes_per_address = 200000}};
    uint16_t port = (uint16_t)(argc > 1 ? atoi(argv[1]) : 8099);
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int fds[THREADS_MAX];
    struct server *s;
    sigset_t end;
    if (threads < 1 || threads > THREADS_MAX)
        return 2;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    for (int i = 0; i < threads; i++)
        fds[i] = listen_on(port);
    signal(SIGPIPE, SIG_IGN); /* as the front does */
    if (server_new(&s, &c, fds, (size_t)threads, routes, 1) != 0)
        return 1;
    if (argc > 4)
        secure(s, argv + 3, port, threads);
    if (server_start(s) != 0)
        return 1;
    struct room_view *v = make_view((uint32_t)threads);
    server_show(s, v);
    room_view_unref(&v);
    move(s, &end);
    report(s);
    server_stop(s, clock_mono_us() + 100000);
    server_free(&s);
    return 0;
}
