/* Many viewers in one thread: back to back on one URL, or following a live room at its own pace. */
/* SPDX-License-Identifier: MIT */
/*
 * The same client in front of the relay and of nginx, so that "both ends" can be counted: once the
 * client saturates its core, transmit work is charged to it. Replies are read with recv into one
 * buffer and thrown away; status and length of every one are checked, so back to back wants a file
 * that does not change meanwhile. One line at the end:
 *   swarm replies=N bytes=N errors=N skipped=N opened=N seconds=S cpu_us=N p50_us=N p95_us=N
 *         p99_us=N
 * skipped: segments that left a live playlist before the viewer had them.
 */
#include "tests/bench/lib/histogram.h"
#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/live_viewer.h"
#include "tests/bench/lib/stopwatch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 20000, EVENTS = 256, TICK_MS = 10, FETCH_US = 5000000, JOIN_US = 2000000 };

struct swarm {
    struct sockaddr_in to;
    const char *path;
    unsigned connections;
    double seconds;
    uint64_t range_bytes; /* 0: whole files */
    bool live;

    int epoll;
    int64_t end_us;
    uint64_t file_bytes, asked; /* back to back: size of the file, requests so far */
    uint64_t replies, bytes, errors, opened, skipped;
    struct histogram latency;
};

static int parse_options(struct swarm *s, int argc, char **argv)
{
    static const struct option known[] = {
        {"connections", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'}, {"range", 1, NULL, 'r'},
        {"live", 0, NULL, 'l'},        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == 'c')
            s->connections = (unsigned)atoi(optarg);
        else if (o == 's')
            s->seconds = atof(optarg);
        else if (o == 'r')
            s->range_bytes = strtoull(optarg, NULL, 10);
        else if (o == 'l')
            s->live = true;
        else
            return -EINVAL;
    }
    if (optind + 1 != argc || http_address(&s->to, argv[optind], &s->path) < 0 ||
        s->path[0] != '/' || s->connections < 1 || s->connections > MAX_CONNECTIONS ||
        s->seconds <= 0)
        return -EINVAL;
    return s->live && (s->range_bytes || s->path[strlen(s->path) - 1] != '/') ? -EINVAL : 0;
}

static int watch(struct swarm *s, int fd, void *who)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = who};

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* The file's size, from one whole reply; the ranges asked for lie within it. */
static int learn_size(struct swarm *s)
{
    struct http_conn c;
    int r;

    http_conn_init(&c, &s->to);
    r = http_conn_fetch(&c, s->path, stopwatch_mono_us() + FETCH_US);
    s->file_bytes = c.length;
    http_conn_fini(&c);
    if (r == 200 && s->file_bytes >= s->range_bytes)
        return 0;
    fprintf(stderr, "swarm: %s: status %d, %" PRIu64 " bytes\n", s->path, r, s->file_bytes);
    return -EIO;
}

static int ask(struct swarm *s, struct http_conn *c)
{
    char range[48];
    uint64_t from;

    if (s->range_bytes == 0)
        return http_conn_get(c, s->path, NULL, false);
    from = s->asked++ % (s->file_bytes / s->range_bytes) * s->range_bytes;
    snprintf(range, sizeof(range), "%" PRIu64 "-%" PRIu64, from, from + s->range_bytes - 1);
    return http_conn_get(c, s->path, range, false);
}

/* A connection that failed is opened again at once; a server that refuses ends the run by errors.
 */
static void ask_or_redial(struct swarm *s, struct http_conn *c)
{
    int before = c->fd, r = ask(s, c);

    if (r == 0 && before < 0)
        r = watch(s, c->fd, c);
    s->errors += r < 0;
}

static void connection_read(struct swarm *s, struct http_conn *c)
{
    int r = http_conn_read(c);

    if (r == 0)
        return;
    if (r < 0 || c->status != (s->range_bytes ? 206 : 200) ||
        c->length != (s->range_bytes ? s->range_bytes : s->file_bytes)) {
        s->errors++;
    } else {
        s->replies++;
        s->bytes += c->length;
        histogram_add(&s->latency, stopwatch_mono_us() - c->sent_us);
    }
    ask_or_redial(s, c);
}

static int run_back_to_back(struct swarm *s)
{
    struct http_conn *conn = calloc(s->connections, sizeof(*conn));
    struct epoll_event event[EVENTS];

    if (!conn || learn_size(s) < 0) {
        free(conn);
        return -EIO;
    }
    s->end_us = stopwatch_mono_us() + (int64_t)(s->seconds * 1e6);
    for (unsigned i = 0; i < s->connections; i++) {
        http_conn_init(&conn[i], &s->to);
        ask_or_redial(s, &conn[i]);
    }
    while (stopwatch_mono_us() < s->end_us && s->errors < s->connections) {
        int n = epoll_wait(s->epoll, event, EVENTS, 100);

        for (int i = 0; i < n; i++)
            connection_read(s, event[i].data.ptr);
    }
    for (unsigned i = 0; i < s->connections; i++) {
        s->opened += conn[i].opened;
        http_conn_fini(&conn[i]);
    }
    free(conn);
    return 0;
}

/* A viewer's socket changes when it reconnects; epoll forgets a closed one by itself. */
static void viewer_step(struct swarm *s, struct live_viewer *v, bool readable)
{
    int before = live_viewer_fd(v);
    int64_t took_us = 0, now_us = stopwatch_mono_us();

    if (readable)
        took_us = live_viewer_read(v, now_us);
    else
        live_viewer_tick(v, now_us);
    if (took_us > 0) {
        s->replies++;
        histogram_add(&s->latency, took_us);
    }
    if (live_viewer_fd(v) >= 0 && before < 0) {
        s->opened++;
        s->errors += watch(s, live_viewer_fd(v), v) < 0;
    }
}

static void viewers_poll(struct swarm *s, struct live_viewer **viewer)
{
    struct epoll_event event[EVENTS];
    int64_t tick_us = 0;

    while (stopwatch_mono_us() < s->end_us) {
        int n = epoll_wait(s->epoll, event, EVENTS, TICK_MS);

        for (int i = 0; i < n; i++)
            viewer_step(s, event[i].data.ptr, true);
        if (stopwatch_mono_us() < tick_us)
            continue;
        tick_us = stopwatch_mono_us() + TICK_MS * 1000;
        for (unsigned i = 0; i < s->connections; i++)
            viewer_step(s, viewer[i], false);
    }
}

static int run_live(struct swarm *s)
{
    struct live_viewer **viewer = calloc(s->connections, sizeof(struct live_viewer *));
    struct live_viewer_counts counts = {0};
    int64_t now_us = stopwatch_mono_us();
    int r = viewer ? 0 : -ENOMEM;

    s->end_us = now_us + (int64_t)(s->seconds * 1e6);
    for (unsigned i = 0; r == 0 && i < s->connections; i++)
        r = live_viewer_new(&viewer[i], &s->to, s->path,
                            now_us + (int64_t)JOIN_US * i / s->connections, &counts);
    if (r == 0)
        viewers_poll(s, viewer);
    for (unsigned i = 0; viewer && i < s->connections; i++)
        live_viewer_free(&viewer[i]);
    free(viewer);
    s->bytes = counts.bytes;
    s->errors += counts.errors;
    s->skipped = counts.skipped;
    return r;
}

int main(int argc, char **argv)
{
    static struct swarm s = {.connections = 100, .seconds = 5};
    int64_t begin_us;
    int r;

    if (parse_options(&s, argc, argv) < 0) {
        fputs("usage: swarm [--connections N] [--seconds S] [--range BYTES] HOST:PORT/PATH\n"
              "       swarm --live [--connections N] [--seconds S] HOST:PORT/live/ROOM/\n",
              stderr);
        return 2;
    }
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    begin_us = stopwatch_mono_us();
    r = s.epoll < 0 ? -errno : s.live ? run_live(&s) : run_back_to_back(&s);
    if (r < 0) {
        fprintf(stderr, "swarm: %s\n", strerror(-r));
        return 1;
    }
    printf("swarm replies=%" PRIu64 " bytes=%" PRIu64 " errors=%" PRIu64 " skipped=%" PRIu64
           " opened=%" PRIu64 " seconds=%.3f cpu_us=%" PRId64 " p50_us=%" PRId64 " p95_us=%" PRId64
           " p99_us=%" PRId64 "\n",
           s.replies, s.bytes, s.errors, s.skipped, s.opened,
           (double)(stopwatch_mono_us() - begin_us) / 1e6, stopwatch_cpu_us(),
           histogram_quantile(&s.latency, 0.5), histogram_quantile(&s.latency, 0.95),
           histogram_quantile(&s.latency, 0.99));
    close(s.epoll);
    return s.errors ? 1 : 0;
}
