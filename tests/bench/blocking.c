/* Many viewers that wait for the same next part of one playlist: how soon does each get it? */
/* SPDX-License-Identifier: MIT */
/*
 * Round by round: the playlist is read, every viewer asks for a part that is not there yet
 * (_HLS_msn, _HLS_part), and all are parked before it comes; a round in which one was answered
 * before the last had asked is thrown away. A viewer's time is the kernel's stamp on the first
 * bytes of its answer (SO_TIMESTAMPNS): one program that reads a thousand sockets one after another
 * is not what is measured, and so it sleeps while they are answered. It counts from the publication
 * where the playlist says when that was (web_bench does), else from the first answer of the round
 * to arrive anywhere. stdout: blocking viewers=N rounds=N thrown_away=N answers=N errors=N
 * since=published|first p50_us=N p99_us=N max_us=N
 */
#include "tests/bench/lib/histogram.h"
#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/moving_room.h"
#include "tests/bench/lib/stopwatch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MAX_VIEWERS = 20000, EVENTS = 256, FETCH_US = 5000000, ROUND_US = 12000000 };

struct viewer {
    struct http_conn conn;
    bool waits;
};

struct blocking {
    struct sockaddr_in to;
    const char *path;
    unsigned viewers, rounds, ahead;

    int epoll;
    struct viewer *viewer;
    struct http_conn scout;
    unsigned waiting;
    int64_t *arrived_us; /* by viewer, this round; wall clock */
    uint64_t thrown_away, answers, errors;
    int64_t max_us;
    bool published;
    struct histogram delay;
};

static int parse_options(struct blocking *b, int argc, char **argv)
{
    static const struct option known[] = {
        {"viewers", 1, NULL, 'v'}, {"rounds", 1, NULL, 'r'}, {"ahead", 1, NULL, 'a'}, {0}};
    int o;

    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == 'v')
            b->viewers = (unsigned)atoi(optarg);
        else if (o == 'r')
            b->rounds = (unsigned)atoi(optarg);
        else if (o == 'a')
            b->ahead = (unsigned)atoi(optarg);
        else
            return -EINVAL;
    }
    if (optind + 1 != argc || http_address(&b->to, argv[optind], &b->path) < 0 || b->path[0] != '/')
        return -EINVAL;
    return b->viewers >= 1 && b->viewers <= MAX_VIEWERS && b->rounds >= 1 ? 0 : -EINVAL;
}

/* The last whole segment's number, and how many parts stand behind it. */
static int read_end(const char *text, uint64_t *msn, unsigned *parts)
{
    const char *line = strstr(text, "#EXT-X-MEDIA-SEQUENCE:");

    if (!line || !strstr(text, "CAN-BLOCK-RELOAD=YES"))
        return -EPROTO;
    *msn = strtoull(line + 22, NULL, 10) - 1;
    *parts = 0;
    for (line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "#EXT-X-PART:", 12) == 0) {
            ++*parts;
        } else if (*line && *line != '#' && *line != '\n') {
            ++*msn;
            *parts = 0;
        }
    }
    return 0;
}

static int ask(struct blocking *b, struct viewer *v, const char *path, bool keep)
{
    int before = v->conn.fd, r = http_conn_get(&v->conn, path, NULL, keep);

    if (r == 0 && before < 0) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = v};

        r = epoll_ctl(b->epoll, EPOLL_CTL_ADD, v->conn.fd, &e) < 0 ? -errno : 0;
    }
    v->waits = r == 0;
    b->waiting += r == 0;
    b->errors += r < 0;
    return r;
}

static void hear(struct blocking *b, struct viewer *v)
{
    int r = http_conn_read(&v->conn);

    if (r == 0)
        return;
    b->waiting -= v->waits;
    v->waits = false;
    b->arrived_us[v - b->viewer] = v->conn.arrived_wall_us;
    if (r < 0 || v->conn.status != 200) {
        b->errors++;
        b->arrived_us[v - b->viewer] = 0;
    }
}

static void hear_all(struct blocking *b, int wait_ms)
{
    struct epoll_event event[EVENTS];
    int n = epoll_wait(b->epoll, event, EVENTS, wait_ms);

    for (int i = 0; i < n; i++)
        hear(b, event[i].data.ptr);
}

/* From the publication to each viewer; the playlist that viewer 0 kept may say when that was. */
static void note_delays(struct blocking *b)
{
    const char *body = http_conn_text(&b->viewer[0].conn);
    const char *stamp = body ? strstr(body, MOVING_ROOM_STAMP) : NULL;
    int64_t from_us = INT64_MAX;

    b->published = stamp != NULL;
    if (stamp)
        from_us = strtoll(stamp + sizeof(MOVING_ROOM_STAMP) - 1, NULL, 10);
    for (unsigned i = 0; i < b->viewers && !stamp; i++)
        if (b->arrived_us[i] && b->arrived_us[i] < from_us)
            from_us = b->arrived_us[i];
    for (unsigned i = 0; i < b->viewers; i++) {
        int64_t delay_us = b->arrived_us[i] - from_us;

        if (!b->arrived_us[i])
            continue;
        b->answers++;
        histogram_add(&b->delay, delay_us);
        b->max_us = delay_us > b->max_us ? delay_us : b->max_us;
    }
}

/* Until one viewer has its answer, and as long again as all of them may take. */
static void sleep_through(struct blocking *b)
{
    struct pollfd one = {.fd = b->viewer[b->viewers / 2].conn.fd, .events = POLLIN};

    poll(&one, 1, ROUND_US / 1000);
    stopwatch_sleep_until(stopwatch_mono_us() + 50000 + b->viewers * INT64_C(40));
}

/* 0: measured; 1: to be thrown away. */
static int run_round(struct blocking *b)
{
    char path[256];
    uint64_t msn;
    unsigned parts;
    int64_t end_us = stopwatch_mono_us() + ROUND_US;
    const char *text;
    int r;

    /* A word that means nothing to the relay makes it another address to a cache. */
    snprintf(path, sizeof(path), "%s?now=%" PRId64, b->path, end_us);
    r = http_conn_fetch(&b->scout, path, stopwatch_mono_us() + FETCH_US);
    text = r == 200 ? http_conn_text(&b->scout) : NULL;
    if (!text || read_end(text, &msn, &parts) < 0) {
        fprintf(stderr, "blocking: %s: status %d; no playlist that can be waited for\n", b->path,
                r);
        return -EPROTO;
    }
    snprintf(path, sizeof(path), "%s?_HLS_msn=%" PRIu64 "&_HLS_part=%u", b->path, msn + 1,
             parts + b->ahead);
    for (unsigned i = 0; i < b->viewers; i++)
        ask(b, &b->viewer[i], path, i == 0);
    hear_all(b, 0);
    r = b->waiting < b->viewers;
    if (r == 0)
        sleep_through(b);
    while (b->waiting > 0 && stopwatch_mono_us() < end_us)
        hear_all(b, 100);
    if (b->waiting > 0)
        return -ETIMEDOUT;
    if (r == 0)
        note_delays(b);
    return r;
}

static int run(struct blocking *b)
{
    int r = 0;

    b->epoll = epoll_create1(EPOLL_CLOEXEC);
    b->viewer = calloc(b->viewers, sizeof(*b->viewer));
    b->arrived_us = calloc(b->viewers, sizeof(*b->arrived_us));
    if (b->epoll < 0 || !b->viewer || !b->arrived_us)
        return -ENOMEM;
    http_conn_init(&b->scout, &b->to);
    b->scout.gzip = true;
    for (unsigned i = 0; i < b->viewers; i++) {
        http_conn_init(&b->viewer[i].conn, &b->to);
        b->viewer[i].conn.stamped = true;
        b->viewer[i].conn.gzip = true; /* as every player does; a cache has nothing to unpack */
    }
    /* The first round connects everybody, which takes longer than a part: it is not counted. */
    for (unsigned done = 0; r >= 0 && done <= b->rounds; done += r == 0 || done == 0) {
        if (b->thrown_away > b->rounds + 5)
            return -ETIMEDOUT;
        r = run_round(b);
        if (done == 0) {
            b->delay = (struct histogram){0};
            b->answers = b->errors = 0;
            b->max_us = 0;
        } else {
            b->thrown_away += r == 1;
        }
    }
    for (unsigned i = 0; i < b->viewers; i++)
        http_conn_fini(&b->viewer[i].conn);
    http_conn_fini(&b->scout);
    return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
    static struct blocking b = {.viewers = 1000, .rounds = 20};
    int r;

    if (parse_options(&b, argc, argv) < 0) {
        fputs("usage: blocking [--viewers N] [--rounds N] [--ahead PARTS] "
              "HOST:PORT/live/ROOM/RENDITION.m3u8\n",
              stderr);
        return 2;
    }
    if (b.ahead == 0) /* time to ask: half a second per 4,000 at least */
        b.ahead = 1 + b.viewers / 4000;
    r = run(&b);
    if (r < 0) {
        fprintf(stderr, "blocking: %s\n", strerror(-r));
        return 1;
    }
    printf("blocking viewers=%u rounds=%u thrown_away=%" PRIu64 " answers=%" PRIu64
           " errors=%" PRIu64 " since=%s p50_us=%" PRId64 " p99_us=%" PRId64 " max_us=%" PRId64
           "\n",
           b.viewers, b.rounds, b.thrown_away, b.answers, b.errors,
           b.published ? "published" : "first", histogram_quantile(&b.delay, 0.5),
           histogram_quantile(&b.delay, 0.99), b.max_us);
    free(b.viewer);
    free(b.arrived_us);
    return b.errors ? 1 : 0;
}
