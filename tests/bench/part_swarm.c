/* Many low-latency viewers of one room from one process, each held against all the others. */
/* SPDX-License-Identifier: MIT */
/*
 * Viewer by viewer a keep-alive connection that follows a rendition: blocking reloads, every part,
 * now and then the other rendition. One line at the end; what the words mean stands at struct
 * part_viewer_counts, "addresses" is how many different parts all of them saw:
 *   part_swarm viewers=N seconds=S joins=N switches=N playlists=N parts=N addresses=N bytes=N
 *     hinted=N hints_gone=N errors=N older=N unsatisfied=N missed=N differing=N lifetime_wrong=N
 *     age_missing=N age_wrong=N expired=N aged=N reload_p50_us=N reload_p99_us=N reload_max_us=N
 *     part_p50_us=N part_p99_us=N cpu_us=N
 */
#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/part_viewer.h"
#include "tests/bench/lib/stopwatch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MAX_VIEWERS = 20000, EVENTS = 256, TICK_MS = 20, JOIN_US = 2000000 };

struct swarm {
    struct part_viewer_options options;
    struct part_viewer_counts counts;
    unsigned viewers;
    double seconds;
    int epoll;
    struct part_viewer **viewer;
};

static int parse_options(struct swarm *s, int argc, char **argv)
{
    static const struct option known[] = {{"viewers", 1, NULL, 'v'},
                                          {"seconds", 1, NULL, 's'},
                                          {"switch", 1, NULL, 'w'},
                                          {"hints", 0, NULL, 'h'},
                                          {0}};
    int o;

    while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (o == 'v')
            s->viewers = (unsigned)atoi(optarg);
        else if (o == 's')
            s->seconds = atof(optarg);
        else if (o == 'w')
            s->options.switch_parts = (unsigned)atoi(optarg);
        else if (o == 'h')
            s->options.hints = true;
        else
            return -EINVAL;
    }
    if (optind + 1 != argc || http_address(&s->options.to, argv[optind], &s->options.folder) < 0 ||
        s->options.folder[0] != '/' || s->options.folder[strlen(s->options.folder) - 1] != '/')
        return -EINVAL;
    return s->viewers >= 1 && s->viewers <= MAX_VIEWERS && s->seconds > 0 ? 0 : -EINVAL;
}

/* A viewer's socket changes when it reconnects; epoll forgets a closed one by itself. */
static void step(struct swarm *s, struct part_viewer *v, bool readable)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = v};
    int before = part_viewer_fd(v);

    if (readable)
        part_viewer_read(v, stopwatch_mono_us());
    else
        part_viewer_tick(v, stopwatch_mono_us());
    if (part_viewer_fd(v) >= 0 && before < 0)
        s->counts.errors += epoll_ctl(s->epoll, EPOLL_CTL_ADD, part_viewer_fd(v), &e) < 0;
}

static void run(struct swarm *s, int64_t end_us)
{
    struct epoll_event event[EVENTS];
    int64_t tick_us = 0;

    while (stopwatch_mono_us() < end_us) {
        int n = epoll_wait(s->epoll, event, EVENTS, TICK_MS);

        for (int i = 0; i < n; i++)
            step(s, event[i].data.ptr, true);
        if (stopwatch_mono_us() < tick_us)
            continue;
        tick_us = stopwatch_mono_us() + TICK_MS * 1000;
        for (unsigned i = 0; i < s->viewers; i++)
            step(s, s->viewer[i], false);
    }
}

static int prepare(struct swarm *s, int64_t now_us)
{
    int r = 0;

    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->viewer = calloc(s->viewers, sizeof(*s->viewer));
    if (s->epoll < 0 || !s->viewer)
        return -ENOMEM;
    for (unsigned i = 0; r == 0 && i < s->viewers; i++)
        r = part_viewer_new(&s->viewer[i], &s->options, i,
                            now_us + (int64_t)JOIN_US * i / s->viewers, &s->counts);
    return r;
}

static void report(const struct swarm *s, double seconds)
{
    const struct part_viewer_counts *c = &s->counts;
    const struct {
        const char *name;
        uint64_t value;
    } said[] = {
        {"joins", c->joins},
        {"switches", c->switches},
        {"playlists", c->playlists},
        {"parts", c->parts},
        {"addresses", c->bytes_of.used},
        {"bytes", c->bytes},
        {"hinted", c->hinted},
        {"hints_gone", c->hints_gone},
        {"errors", c->errors},
        {"older", c->older},
        {"unsatisfied", c->unsatisfied},
        {"missed", c->missed},
        {"differing", c->differing},
        {"lifetime_wrong", c->lifetime_wrong},
        {"age_missing", c->age_missing},
        {"age_wrong", c->age_wrong},
        {"expired", c->expired},
        {"aged", c->aged},
        {"reload_p50_us", (uint64_t)histogram_quantile(&c->reload, 0.5)},
        {"reload_p99_us", (uint64_t)histogram_quantile(&c->reload, 0.99)},
        {"reload_max_us", (uint64_t)c->worst_us},
        {"part_p50_us", (uint64_t)histogram_quantile(&c->part, 0.5)},
        {"part_p99_us", (uint64_t)histogram_quantile(&c->part, 0.99)},
        {"cpu_us", (uint64_t)stopwatch_cpu_us()},
    };

    printf("part_swarm viewers=%u seconds=%.3f", s->viewers, seconds);
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
        printf(" %s=%" PRIu64, said[i].name, said[i].value);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct swarm s = {.viewers = 100, .seconds = 5};
    int64_t begin_us;
    int r;

    if (parse_options(&s, argc, argv) < 0) {
        fputs("usage: part_swarm [--viewers N] [--seconds S] [--switch PARTS] [--hints] "
              "HOST:PORT/live/ROOM/\n",
              stderr);
        return 2;
    }
    begin_us = stopwatch_mono_us();
    r = prepare(&s, begin_us);
    if (r == 0) {
        run(&s, begin_us + (int64_t)(s.seconds * 1e6));
        report(&s, (double)(stopwatch_mono_us() - begin_us) / 1e6);
    } else {
        fprintf(stderr, "part_swarm: %s\n", strerror(-r));
    }
    for (unsigned i = 0; s.viewer && i < s.viewers; i++)
        part_viewer_free(&s.viewer[i]);
    free(s.viewer);
    first_seen_fini(&s.counts.bytes_of);
    first_seen_fini(&s.counts.moment_of);
    close(s.epoll);
    return r < 0 ? 1 : 0;
}
