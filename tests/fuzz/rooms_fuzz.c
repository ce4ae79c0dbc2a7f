/* Fuzzes what the front believes of a worker: any messages, in any order, and nothing breaks. */
/* SPDX-License-Identifier: MIT */
/* The worker may have been taken over by what it parses. So each message is first made to be nearly
 * right, and then some of its bytes are replaced. */
#include "config/config.h"
#include "relay/base/log.h"
#include "relay/link/message_check.h"
#include "relay/room/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORKERS = 2, FILE_BYTES = 4096, ROOM_BYTES = 65536, ROOMS = 3 };

struct script {
    const uint8_t *at, *end;
};

struct front {
    struct rooms *rooms;
    uint64_t shown, sent;
};

static void check(int ok)
{
    if (!ok)
        abort();
}

static uint32_t take(struct script *s, size_t n)
{
    uint32_t value = 0;

    for (; n > 0 && s->at < s->end; n--)
        value = value << 8 | *s->at++;
    return value;
}

/* What viewers would be given: every file lies inside its bytes, and lists are text. */
static void on_show(void *ctx, const struct room_view *v)
{
    struct front *f = ctx;

    f->shown++;
    check(memchr(v->room, '\0', sizeof(v->room)) != NULL);
    for (size_t i = 0; i < v->rendition_count; i++) {
        const struct view_rendition *r = &v->renditions[i];

        check(r->name[0] && memchr(r->name, '\0', sizeof(r->name)) != NULL);
        for (size_t k = 0; k < r->file_count; k++)
            check(r->files[k].blob != NULL && r->files[k].bytes > 0);
    }
}

static void on_hide(void *ctx, const char *room)
{
    (void)ctx, (void)room;
}

static void on_publish(void *ctx, const char *path, const struct body *b)
{
    (void)ctx, (void)path, (void)b;
}

static void on_send(void *ctx, uint32_t worker, const struct link_message *m)
{
    struct front *f = ctx;

    check(worker < WORKERS || worker == ROOMS_OUT_ALL);
    check(m->type >= LINK_FEED_GO && m->type <= LINK_STOP);
    f->sent++;
}

static struct config *config(void)
{
    static struct config *c;

    if (!c) {
        check(config_load(&c, NULL, NULL, 0, stderr) == 0);
        log_setup(LOG_LEVEL_ERROR + 1);
        c->limits.room_bytes = ROOM_BYTES;
        c->rooms.max = 2;
        c->rooms.resume_s = 5;
    }
    return c;
}

static void fill_media(struct link_message *m, struct script *s, uint64_t n)
{
    uint32_t track = take(s, 1) % (LINK_TRACK_SLOTS + 1);

    if (m->type == LINK_TRACK) {
        m->u.track.track = track;
        m->u.track.init_id = 1;
        m->u.track.init_bytes = 600;
        m->u.track.params.codec = track ? CODEC_AAC : CODEC_H264;
        snprintf(m->u.track.params.rfc6381, 20, "%s", track ? "mp4a.40.2" : "avc1.640028");
        m->u.track.params.width = 1920;
        m->u.track.params.height = 1080;
        m->u.track.params.channels = 2;
        m->u.track.params.sample_rate = 48000;
    } else if (m->type == LINK_PART) {
        uint32_t part = take(s, 1) % 4;

        m->u.part = (struct link_part){.track = track, .init_id = 1, .sequence = n, .part = part};
        m->u.part.offset = part * 1000;
        m->u.part.bytes = 1000;
        m->u.part.samples = 10;
        m->u.part.start_90k = 900000 + (int64_t)n * 180000 + part * 45000;
        m->u.part.present_90k = m->u.part.start_90k;
        m->u.part.duration_90k = 45000;
        m->u.part.independent = true;
    } else {
        m->u.segment.track = track;
        m->u.segment.init_id = 1;
        m->u.segment.sequence = n;
        m->u.segment.start_90k = 900000 + (int64_t)n * 180000;
        m->u.segment.present_90k = m->u.segment.start_90k;
        m->u.segment.parts = take(s, 1) % 5;
        m->u.segment.duration_90k = 45000 * (int64_t)(m->u.segment.parts ? m->u.segment.parts : 4);
        m->u.segment.bytes = 1000 * (m->u.segment.parts ? m->u.segment.parts : 4);
        m->u.segment.samples = m->u.segment.bytes / 100;
        m->u.segment.target_duration_s = 2;
        m->u.segment.independent = true;
    }
}

/* A second that had packets, with some figures that may be anything. */
static void fill_vitals(struct link_message *m, struct script *s)
{
    uint32_t figures[sizeof(m->u.vitals) / sizeof(uint32_t)] = {0};

    for (uint32_t n = take(s, 1) % 8; n > 0 && s->at < s->end; n--)
        figures[take(s, 1) % (sizeof(figures) / sizeof(figures[0]))] = take(s, 4);
    memcpy(&m->u.vitals, figures, sizeof(figures));
    m->u.vitals.watched_s |= 16;
    m->u.feed_stats.packets = take(s, 1);
    m->u.feed_stats.rtt_us = take(s, 3);
}

/* Replaces bytes of the message: how many says the script, and where. */
static void spoil(struct link_message *m, struct script *s)
{
    uint8_t *bytes = (uint8_t *)m;

    for (uint32_t n = take(s, 1) % 8 < 6 ? 0 : take(s, 1) % 8; n > 0 && s->at < s->end; n--)
        bytes[offsetof(struct link_message, feed) + take(s, 2) % (sizeof(*m) - 8)] =
            (uint8_t)take(s, 1);
}

static int file(uint32_t kind)
{
    int ends[2], fd;

    if (kind == 0)
        return -1;
    if (kind == 1 && pipe(ends) == 0) { /* no file at all */
        close(ends[1]);
        return ends[0];
    }
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    check(fd >= 0 && ftruncate(fd, kind == 2 ? 10 : FILE_BYTES) == 0);
    return fd;
}

static void tell(struct front *f, struct script *s, int64_t *now_us)
{
    struct link_message m = {0};
    uint32_t head = take(s, 1), kind;
    int fd = -1;

    memset(&m, 0, sizeof(m));
    m.type = 1 + head % (LINK_WORKER_STATS + 1);
    m.worker = head >> 7;
    m.feed = 1 + (head >> 4 & 3);
    if (m.type == LINK_FEED_OPEN) {
        static const char *const roles[] = {"720p", "backup", "main", "main"};

        snprintf(m.u.open.room, sizeof(m.u.open.room), "room%u", take(s, 1) % ROOMS);
        snprintf(m.u.open.role, sizeof(m.u.open.role), "%s", roles[take(s, 1) % 4]);
    } else if (m.type == LINK_TRACK || m.type == LINK_PART || m.type == LINK_SEGMENT) {
        fill_media(&m, s, take(s, 1));
        kind = take(s, 1) % 16;
        kind = kind < 3 ? kind : m.type == LINK_PART && m.u.part.part > 0 ? 0 : 3;
        fd = file(kind);
    } else if (m.type == LINK_FEED_STATS) {
        fill_vitals(&m, s);
    } else if (m.type == LINK_EVENT) {
        m.u.event.kind = take(s, 1) % 6;
        m.u.event.id = take(s, 1);
        m.u.event.at_90k = 900000 + (int64_t)take(s, 2) * 900;
        m.u.event.len = take(s, 2);
    }
    spoil(&m, s);
    if (!message_is_sound(&m)) { /* the link gives no such message */
        if (fd >= 0)
            close(fd);
        return;
    }
    rooms_message(f->rooms, &m, fd, *now_us, *now_us);
    if (head & 8)
        rooms_show(f->rooms, *now_us, *now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct front f;
    struct rooms_out out = {
        .ctx = &f, .show = on_show, .hide = on_hide, .publish = on_publish, .send = on_send};
    struct script s = {data, data + size};
    int64_t now_us = INT64_C(1792900800000000);

    memset(&f, 0, sizeof(f));
    check(rooms_new(&f.rooms, config(), &out, WORKERS, now_us, now_us) == 0);
    while (s.at < s.end) {
        uint32_t op = take(&s, 1);

        if (op < 200) {
            tell(&f, &s, &now_us);
        } else if (op < 240) {
            now_us += (int64_t)(op - 199) * 100000;
            rooms_tick(f.rooms, now_us, now_us);
        } else if (op < 248) {
            rooms_worker_lost(f.rooms, op % WORKERS, now_us);
        } else {
            rooms_worker_ready(f.rooms, op % WORKERS);
        }
    }
    rooms_show(f.rooms, now_us, now_us);
    check(rooms_count(f.rooms) <= 2);
    rooms_free(&f.rooms);
    return 0;
}
