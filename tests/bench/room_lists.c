/* How long the lists of many live rooms take to write: the API's and the wall's, of made-up
 * windows. */
/* SPDX-License-Identifier: MIT */
/*
 * usage: room_lists [ROOMS] [TIMES]
 * Each room has a main feed with video and sound and a window of seven segments; nothing is
 * published. stdout, one line a list: NAME rooms=N bytes=N gzip=N ms=MEAN worst_ms=MAX, where the
 * time is that of the text and of its compression, as the first viewer of each moment waits for.
 */
#include "relay/base/log.h"
#include "relay/control/schema.h"
#include "relay/room/body.h"
#include "relay/room/rooms.h"
#include "tests/bench/lib/stopwatch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SEGMENTS = 7, SEGMENT_90K = 180000, TRACKS = 2, NAMES = 2000 };

static struct body *wall;
static int64_t now_us = 1000000, wall_us = INT64_C(1792900800000000);

static void on_show(void *ctx, const struct room_view *v)
{
    (void)ctx, (void)v;
}

static void on_hide(void *ctx, const char *room)
{
    (void)ctx, (void)room;
}

static void on_publish(void *ctx, const char *path, const struct body *b)
{
    (void)ctx, (void)path;
    body_unref(&wall);
    wall = body_ref(b);
}

static bool on_send(void *ctx, uint32_t worker, const struct link_message *m)
{
    (void)ctx, (void)worker, (void)m;
    return true;
}

static int file_of(uint32_t bytes)
{
    int fd = memfd_create("made-up", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, bytes)) {
        perror("room_lists");
        exit(1);
    }
    return fd;
}

static void open_feed(struct rooms *rooms, uint64_t feed)
{
    struct link_message open = {.type = LINK_FEED_OPEN, .feed = feed};
    struct link_message stats = {.type = LINK_FEED_STATS, .feed = feed};

    snprintf(open.u.open.room, sizeof(open.u.open.room), "room-%03d", (int)feed);
    snprintf(open.u.open.peer, sizeof(open.u.open.peer), "203.0.113.7:50000");
    rooms_message(rooms, &open, -1, now_us, wall_us);
    for (uint32_t k = 0; k < TRACKS; k++) {
        struct link_message track = {.type = LINK_TRACK, .feed = feed};
        struct track_params *p = &track.u.track.params;

        track.u.track.track = k;
        track.u.track.init_id = 1;
        track.u.track.init_bytes = 800;
        p->codec = k == 0 ? CODEC_H264 : CODEC_AAC;
        snprintf(p->rfc6381, sizeof(p->rfc6381), k == 0 ? "avc1.640028" : "mp4a.40.2");
        p->width = k == 0 ? 1920 : 0;
        p->height = k == 0 ? 1080 : 0;
        p->sample_rate = k == 0 ? 0 : 48000;
        p->channels = k == 0 ? 0 : 2;
        rooms_message(rooms, &track, file_of(800), now_us, wall_us);
    }
    stats.u.feed_stats.bitrate_bps = 4321000 + feed;
    rooms_message(rooms, &stats, -1, now_us, wall_us);
}

static void add_segments(struct rooms *rooms, uint64_t feed, uint64_t sequence)
{
    for (uint32_t k = 0; k < TRACKS; k++) {
        struct link_message m = {.type = LINK_SEGMENT, .feed = feed};

        m.u.segment.track = k;
        m.u.segment.init_id = 1;
        m.u.segment.sequence = sequence;
        m.u.segment.start_90k = m.u.segment.present_90k = 900000 + (int64_t)sequence * SEGMENT_90K;
        m.u.segment.duration_90k = SEGMENT_90K;
        m.u.segment.capture_wall_us = wall_us;
        m.u.segment.bytes = 1000;
        m.u.segment.samples = 60;
        m.u.segment.target_duration_s = 2;
        m.u.segment.independent = true;
        rooms_message(rooms, &m, file_of(1000), now_us, wall_us);
    }
}

static void fill(struct rooms *rooms, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        open_feed(rooms, i);
    for (unsigned s = 0; s < SEGMENTS; s++) {
        for (unsigned i = 1; i <= count; i++)
            add_segments(rooms, i, s);
        now_us += 2000000;
        wall_us += 2000000;
        rooms_show(rooms, now_us, wall_us);
        rooms_tick(rooms, now_us, wall_us);
    }
}

/* As control/api.c answers /api/v1/rooms. */
static struct body *api_list(const struct rooms *rooms)
{
    struct body *b = NULL;
    struct text t;

    text_init(&t);
    text_puts(&t, "{\"rooms\":[");
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        struct room_facts f;

        room_facts(rooms_at(rooms, i), &f);
        text_puts(&t, i > 0 ? ",\n" : "\n");
        schema_put(&t, &schema_summary, &f);
    }
    text_puts(&t, "\n]}\n");
    if (text_failed(&t) || body_new(&b, "application/json", t.data, t.len, true, 0, wall_us) != 0)
        exit(1);
    text_fini(&t);
    return b;
}

/* Every second the list is looked at, and written anew because something has changed. */
static struct body *wall_list(struct rooms *rooms)
{
    struct link_message m = {.type = LINK_FEED_STATS, .feed = 1};

    now_us += 1000000;
    wall_us += 1000000;
    m.u.feed_stats.bitrate_bps = 1000000 + (uint64_t)(now_us % 7) * 1000000;
    rooms_message(rooms, &m, -1, now_us, wall_us);
    rooms_tick(rooms, now_us, wall_us);
    return body_ref(wall);
}

static void measure(const char *name, struct rooms *rooms, unsigned times, bool api)
{
    int64_t sum_us = 0, worst_us = 0;
    size_t bytes = 0, gzip = 0;

    for (unsigned i = 0; i < times; i++) {
        int64_t began_us = stopwatch_mono_us(), took_us;
        struct body *b = api ? api_list(rooms) : wall_list(rooms);
        struct body_twin twin = {0};

        bytes = b->plain_len;
        gzip = body_gzip(b, &twin) ? twin.len : 0;
        took_us = stopwatch_mono_us() - began_us;
        sum_us += took_us;
        worst_us = took_us > worst_us ? took_us : worst_us;
        body_unref(&b);
    }
    printf("%s rooms=%zu bytes=%zu gzip=%zu ms=%.2f worst_ms=%.2f\n", name, rooms_count(rooms),
           bytes, gzip, (double)sum_us / times / 1000, (double)worst_us / 1000);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 760, times = argc > 2 ? atoi(argv[2]) : 50;
    const struct rooms_out out = {
        .show = on_show, .hide = on_hide, .publish = on_publish, .send = on_send, .workers = 1};
    struct config *config;
    struct rooms *rooms;

    if (count < 1 || count > NAMES || times < 1) {
        fputs("usage: room_lists [ROOMS] [TIMES]\n", stderr);
        return 2;
    }
    log_setup(LOG_LEVEL_ERROR);
    if (config_load(&config, NULL, NULL, 0, stderr) ||
        rooms_new(&rooms, config, &out, 1, now_us, wall_us))
        return 1;
    config->rooms.max = NAMES;
    fill(rooms, (unsigned)count);
    measure("api/v1/rooms", rooms, (unsigned)times, true);
    measure("live/rooms.json", rooms, (unsigned)times, false);
    rooms_free(&rooms);
    body_unref(&wall);
    config_free(&config);
    return 0;
}
