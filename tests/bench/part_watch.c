/* Watches rooms come up and notes when each part of their video was there. */
/* SPDX-License-Identifier: MIT */
/*
 * One thread and one keep-alive connection a room, as a low-latency player's: the playlist once it
 * is there, then blocking reloads, each for the part behind the last one. Times are CLOCK_MONOTONIC
 * microseconds, taken when the answer was complete, so that they can be set beside the --log of
 * srt_push. stdout:
 *   part ROOM MSN INDEX TOTAL_US MONO_US
 * TOTAL_US: how long all parts up to this one are together, since the room's first; MONO_US: 0 for
 * those that were there already when the playlist was first read.
 */
#include "tests/bench/lib/each_room.h"
#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/part_playlist.h"
#include "tests/bench/lib/stopwatch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH_US = 8000000, POLL_US = 20000, PATH_BYTES = 256 };

struct options {
    struct sockaddr_in to;
    const char *prefix, *rendition;
    unsigned rooms;
    double seconds;
};

struct watch {
    const struct options *options;
    char room[64];
    struct http_conn conn;
    struct part_playlist playlist;
    int64_t end_us, total_us;
    struct part_position next; /* the part to be seen next */
    bool joined;
};

static int parse_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {{"rooms", 1, NULL, 'r'},
                                          {"prefix", 1, NULL, 'x'},
                                          {"rendition", 1, NULL, 'n'},
                                          {"seconds", 1, NULL, 's'},
                                          {0}};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'r')
            o->rooms = (unsigned)atoi(optarg);
        else if (c == 'x')
            o->prefix = optarg;
        else if (c == 'n')
            o->rendition = optarg;
        else if (c == 's')
            o->seconds = atof(optarg);
        else
            return -EINVAL;
    }
    if (optind + 1 != argc || http_address(&o->to, argv[optind], NULL) < 0)
        return -EINVAL;
    return o->rooms >= 1 && o->rooms <= EACH_ROOM_MAX && o->seconds > 0 ? 0 : -EINVAL;
}

static void note_parts(struct watch *w, int64_t now_us)
{
    for (size_t i = 0; i < w->playlist.parts; i++) {
        const struct part *p = &w->playlist.part[i];

        if (part_position_compare(&p->at, &w->next) < 0)
            continue;
        w->total_us += p->duration_us;
        w->next = (struct part_position){p->at.msn, p->at.parts + 1};
        printf("part %s %" PRIu64 " %u %" PRId64 " %" PRId64 "\n", w->room, p->at.msn, p->at.parts,
               w->total_us, now_us);
    }
}

/* False: not there (any more); asked again in a moment. */
static bool step(struct watch *w)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof(path), "/live/%s/%s", w->room, w->options->rendition);

    if (w->joined)
        snprintf(path + n, sizeof(path) - (size_t)n, "?_HLS_msn=%" PRIu64 "&_HLS_part=%u",
                 w->next.msn, w->next.parts);
    if (http_conn_fetch(&w->conn, path, stopwatch_mono_us() + FETCH_US) != 200 ||
        part_playlist_parse(&w->playlist, w->conn.body) < 0)
        return false;
    note_parts(w, w->joined ? stopwatch_mono_us() : 0);
    w->joined = true;
    return true;
}

static void *watch_run(void *arg)
{
    struct watch *w = arg;

    while (stopwatch_mono_us() < w->end_us)
        if (!step(w))
            stopwatch_sleep_until(stopwatch_mono_us() + POLL_US);
    http_conn_fini(&w->conn);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct watch watch[EACH_ROOM_MAX];
    struct options o = {.prefix = "bench", .rendition = "video.m3u8", .rooms = 1, .seconds = 10};

    if (parse_options(&o, argc, argv) < 0) {
        fputs("usage: part_watch [--rooms N] [--prefix TEXT] [--rendition NAME.m3u8] [--seconds S] "
              "HOST:PORT\n",
              stderr);
        return 2;
    }
    for (unsigned i = 0; i < o.rooms; i++) {
        struct watch *w = &watch[i];

        w->options = &o;
        w->end_us = stopwatch_mono_us() + (int64_t)(o.seconds * 1e6);
        snprintf(w->room, sizeof(w->room), "%s%03u", o.prefix, i);
        http_conn_init(&w->conn, &o.to);
    }
    return each_room(watch, sizeof(*watch), o.rooms, watch_run) ? 0 : 1;
}
