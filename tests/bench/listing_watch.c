/* Watches rooms come up and notes when each segment was listed. */
/* SPDX-License-Identifier: MIT */
/*
 * One thread and one keep-alive connection a room. It asks for index.m3u8 every --poll
 * milliseconds until it is there, then for the first rendition's playlist until its init segment
 * and first segment can be downloaded (that is "playable"), then for the playlist alone. Times are
 * CLOCK_MONOTONIC microseconds, taken when the reply was complete, so that they can be set beside
 * the --log of srt_push. stdout:
 *   playable ROOM MONO_US
 *   listed ROOM MEDIA_SEQUENCE MONO_US
 */
#include "tests/bench/lib/each_room.h"
#include "tests/bench/lib/http_conn.h"
#include "tests/bench/lib/media_playlist.h"
#include "tests/bench/lib/stopwatch.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH_US = 5000000, PATH_BYTES = 256 };

struct options {
    struct sockaddr_in to;
    const char *prefix;
    unsigned rooms, poll_ms;
    double seconds;
};

struct watch {
    const struct options *options;
    char room[64];
    struct http_conn conn;
    char rendition[URI_MAX];
    struct media_playlist playlist;
    int64_t end_us;
    uint64_t next; /* the media sequence number to be seen next; 0: none yet */
};

static int parse_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"rooms", 1, NULL, 'r'},   {"prefix", 1, NULL, 'x'}, {"poll", 1, NULL, 'p'},
        {"seconds", 1, NULL, 's'}, {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'r')
            o->rooms = (unsigned)atoi(optarg);
        else if (c == 'x')
            o->prefix = optarg;
        else if (c == 'p')
            o->poll_ms = (unsigned)atoi(optarg);
        else if (c == 's')
            o->seconds = atof(optarg);
        else
            return -EINVAL;
    }
    if (optind + 1 != argc || http_address(&o->to, argv[optind], NULL) < 0)
        return -EINVAL;
    return o->rooms >= 1 && o->rooms <= EACH_ROOM_MAX && o->poll_ms >= 1 && o->seconds > 0
               ? 0
               : -EINVAL;
}

static int fetch(struct watch *w, const char *uri)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "/live/%s/%s", w->room, uri);
    return http_conn_fetch(&w->conn, path, stopwatch_mono_us() + FETCH_US);
}

/* Everything that a player needs for its first picture is there. */
static bool is_playable(struct watch *w)
{
    const struct media_playlist *m = &w->playlist;

    return m->count > 0 && (m->map[0] == '\0' || fetch(w, m->map) == 200) &&
           fetch(w, m->uri[0]) == 200;
}

/* The playlist was just read: one line for each segment that was not there before. */
static void note_listed(struct watch *w, int64_t now_us)
{
    uint64_t end = w->playlist.sequence + w->playlist.count;

    if (w->next < w->playlist.sequence)
        w->next = w->playlist.sequence;
    for (; w->next < end; w->next++)
        printf("listed %s %" PRIu64 " %" PRId64 "\n", w->room, w->next, now_us);
}

static void step(struct watch *w)
{
    char uri[RENDITIONS_MAX][URI_MAX];
    size_t renditions;

    if (w->rendition[0] == '\0') {
        if (fetch(w, "index.m3u8") != 200 || multivariant_parse(uri, &renditions, w->conn.body) < 0)
            return;
        /* The variant's own playlist stands last: after the EXT-X-MEDIA lines. */
        memcpy(w->rendition, uri[renditions - 1], URI_MAX);
    }
    if (fetch(w, w->rendition) != 200 || media_playlist_parse(&w->playlist, w->conn.body) < 0)
        return;
    if (w->playlist.count > 0 && w->next == 0) {
        note_listed(w, stopwatch_mono_us());
        if (is_playable(w))
            printf("playable %s %" PRId64 "\n", w->room, stopwatch_mono_us());
        else
            fprintf(stderr, "%s: a listed segment cannot be downloaded\n", w->room);
        return;
    }
    note_listed(w, stopwatch_mono_us());
}

static void *watch_run(void *arg)
{
    struct watch *w = arg;
    int64_t at_us = stopwatch_mono_us();

    while (at_us < w->end_us) {
        int64_t now_us;

        step(w);
        at_us += w->options->poll_ms * INT64_C(1000);
        now_us = stopwatch_mono_us();
        at_us = at_us > now_us ? at_us : now_us;
        stopwatch_sleep_until(at_us);
    }
    http_conn_fini(&w->conn);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct watch watch[EACH_ROOM_MAX];
    struct options o = {.prefix = "bench", .rooms = 1, .poll_ms = 5, .seconds = 10};

    if (parse_options(&o, argc, argv) < 0) {
        fputs("usage: listing_watch [--rooms N] [--prefix TEXT] [--poll MS] [--seconds S] "
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
