/* A transport stream file that can be sent for ever. Section numbers: ISO/IEC 13818-1:2019. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/ts_clip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_TIME INT64_MIN

enum { TS_PIDS = 8192, TS_NULL_PID = 0x1fff, MAX_PACKETS = 8 << 20 };

/* What sending a packet needs to know; the offsets are 0 where the field is absent. */
struct mark {
    int64_t due_us;
    uint8_t pcr_at, pts_at, dts_at;
    uint8_t counter_step; /* how far the PID's continuity counter gets in one loop, modulo 16 */
    bool ends_frame, ends_gop;
};

struct ts_clip {
    const uint8_t *bytes;
    size_t packets;
    struct mark *marks;
    int64_t loop_90k;
    uint32_t gops;
};

/* One packet taken apart. */
struct packet {
    int pid;
    bool has_payload, random_access;
    int64_t pcr_27m;          /* NO_TIME when absent */
    int stream_id;            /* of the PES that starts here, else -1 */
    int64_t pts_90k, dts_90k; /* dts = pts when only that is there */
    uint8_t pcr_at, pts_at, dts_at;
};

/* 2.4.3.7: 33 bits in five bytes with marker bits. */
static int64_t timestamp_read(const uint8_t *p)
{
    return (int64_t)(p[0] >> 1 & 7) << 30 | (int64_t)p[1] << 22 | (int64_t)(p[2] >> 1) << 15 |
           (int64_t)p[3] << 7 | p[4] >> 1;
}

static void timestamp_add(uint8_t *p, int64_t add_90k)
{
    uint64_t t = (uint64_t)(timestamp_read(p) + add_90k);

    p[0] = (uint8_t)((p[0] & 0xf1) | (t >> 30 & 7) << 1);
    p[1] = (uint8_t)(t >> 22);
    p[2] = (uint8_t)((t >> 15 & 0x7f) << 1 | 1);
    p[3] = (uint8_t)(t >> 7);
    p[4] = (uint8_t)((t & 0x7f) << 1 | 1);
}

/* 2.4.3.5: the base in 90 kHz is all that moves; the loop is a whole number of its ticks. */
static void pcr_add(uint8_t *p, int64_t add_90k)
{
    uint64_t base = (uint64_t)p[0] << 25 | (uint64_t)p[1] << 17 | (uint64_t)p[2] << 9 |
                    (uint64_t)p[3] << 1 | p[4] >> 7;

    base += (uint64_t)add_90k;
    p[0] = (uint8_t)(base >> 25);
    p[1] = (uint8_t)(base >> 17);
    p[2] = (uint8_t)(base >> 9);
    p[3] = (uint8_t)(base >> 1);
    p[4] = (uint8_t)((p[4] & 0x7f) | (base & 1) << 7);
}

static int64_t pcr_read(const uint8_t *p)
{
    int64_t base = (int64_t)p[0] << 25 | (int64_t)p[1] << 17 | (int64_t)p[2] << 9 |
                   (int64_t)p[3] << 1 | p[4] >> 7;

    return base * 300 + ((p[4] & 1) << 8 | p[5]);
}

static void parse_pes_head(const uint8_t *b, size_t at, struct packet *k)
{
    if (at + 9 > TS_PACKET_BYTES || b[at] != 0 || b[at + 1] != 0 || b[at + 2] != 1)
        return;
    k->stream_id = b[at + 3];
    if ((b[at + 7] & 0x80) && at + 14 <= TS_PACKET_BYTES) {
        k->pts_at = (uint8_t)(at + 9);
        k->pts_90k = k->dts_90k = timestamp_read(b + k->pts_at);
    }
    if ((b[at + 7] & 0xc0) == 0xc0 && at + 19 <= TS_PACKET_BYTES) {
        k->dts_at = (uint8_t)(at + 14);
        k->dts_90k = timestamp_read(b + k->dts_at);
    }
}

/* 2.4.3.2 to 2.4.3.6. */
static void parse_packet(const uint8_t *b, struct packet *k)
{
    size_t payload = 4;

    *k = (struct packet){.pid = (b[1] & 0x1f) << 8 | b[2],
                         .pcr_27m = NO_TIME,
                         .stream_id = -1,
                         .pts_90k = NO_TIME,
                         .dts_90k = NO_TIME};
    k->has_payload = b[3] & 0x10;
    if (b[3] & 0x20) {
        payload = 5u + b[4];
        k->random_access = b[4] > 0 && (b[5] & 0x40);
        if (b[4] >= 7 && (b[5] & 0x10)) {
            k->pcr_at = 6;
            k->pcr_27m = pcr_read(b + 6);
        }
    }
    if ((b[1] & 0x40) && k->has_payload)
        parse_pes_head(b, payload, k);
}

static const uint8_t *packet_at(const struct ts_clip *c, size_t i)
{
    return c->bytes + i * TS_PACKET_BYTES;
}

static int complain(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    return -EINVAL;
}

/* What the walk over the video stream knows so far. */
struct walk {
    int64_t first_90k, last_90k;
    size_t frames, last_packet;
};

static void walk_video(struct ts_clip *c, struct walk *w, const struct packet *k, size_t i)
{
    if (k->dts_90k != NO_TIME) {
        w->first_90k = w->frames == 0 ? k->dts_90k : w->first_90k;
        w->last_90k = k->dts_90k;
        c->marks[w->last_packet].ends_frame = w->frames > 0;
        c->marks[w->last_packet].ends_gop = k->random_access && w->frames > 0;
        c->gops += k->random_access;
        w->frames++;
    }
    w->last_packet = i;
}

static void mark_counters(struct ts_clip *c, const uint32_t counted[TS_PIDS])
{
    for (size_t i = 0; i < c->packets; i++) {
        const uint8_t *b = packet_at(c, i);
        int pid = (b[1] & 0x1f) << 8 | b[2];

        c->marks[i].counter_step = pid == TS_NULL_PID ? 0 : counted[pid] & 15;
    }
}

/* Fields, continuity steps, ends of GOPs and the loop's length. */
static int mark_fields(struct ts_clip *c, const char *path)
{
    uint32_t counted[TS_PIDS] = {0};
    struct walk w = {0};
    int video_pid = -1;

    for (size_t i = 0; i < c->packets; i++) {
        struct packet k;

        if (packet_at(c, i)[0] != 0x47)
            return complain(path, "not a transport stream of 188-byte packets");
        parse_packet(packet_at(c, i), &k);
        c->marks[i] = (struct mark){.pcr_at = k.pcr_at, .pts_at = k.pts_at, .dts_at = k.dts_at};
        counted[k.pid] += k.has_payload;
        if (video_pid < 0 && (k.stream_id & ~0x0f) == 0xe0 && k.random_access)
            video_pid = k.pid;
        if (k.pid == video_pid)
            walk_video(c, &w, &k, i);
    }
    if (w.frames < 2 || w.last_90k <= w.first_90k)
        return complain(path, "no video that starts with a random access point and goes on");
    c->marks[w.last_packet].ends_frame = c->marks[w.last_packet].ends_gop = true;
    c->loop_90k = (w.last_90k - w.first_90k) * (int64_t)w.frames / (int64_t)(w.frames - 1);
    mark_counters(c, counted);
    return 0;
}

/* Due times spread evenly over packets from..to-1, which lie between two known moments. */
static void spread(struct ts_clip *c, size_t from, size_t to, int64_t begin_us, int64_t end_us)
{
    for (size_t i = from; i < to; i++)
        c->marks[i].due_us =
            begin_us + (end_us - begin_us) * (int64_t)(i - from) / (int64_t)(to - from);
}

static int mark_by_pcr(struct ts_clip *c, const char *path)
{
    int64_t first = NO_TIME, before_us = 0;
    size_t since = 0;

    for (size_t i = 0; i < c->packets; i++) {
        struct packet k;
        int64_t at_us;

        parse_packet(packet_at(c, i), &k);
        if (k.pcr_27m == NO_TIME)
            continue;
        first = first == NO_TIME ? k.pcr_27m : first;
        at_us = (k.pcr_27m - first) / 27;
        if (at_us < before_us || at_us >= ts_clip_loop_us(c))
            return complain(path, "its PCR goes back or past the last frame");
        spread(c, since, i, before_us, at_us);
        since = i;
        before_us = at_us;
    }
    if (first == NO_TIME)
        return complain(path, "no PCR");
    spread(c, since, c->packets, before_us, ts_clip_loop_us(c));
    return 0;
}

/* Every packet leaves with the access unit it belongs to, at the highest DTS seen so far. */
static void mark_by_frame(struct ts_clip *c)
{
    int64_t first = NO_TIME, now_us = 0;

    for (size_t i = 0; i < c->packets; i++) {
        struct packet k;

        parse_packet(packet_at(c, i), &k);
        if (k.dts_90k != NO_TIME) {
            int64_t at_us;

            first = first == NO_TIME ? k.dts_90k : first;
            at_us = (k.dts_90k - first) * 100 / 9;
            now_us = at_us > now_us ? at_us : now_us;
        }
        c->marks[i].due_us = now_us;
    }
}

static int map_file(struct ts_clip *c, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0) {
        r = -errno;
        goto out;
    }
    c->packets = (size_t)st.st_size / TS_PACKET_BYTES;
    if (c->packets == 0 || c->packets > MAX_PACKETS) {
        r = complain(path, "empty or too long");
        goto out;
    }
    c->bytes =
        mmap(NULL, c->packets * TS_PACKET_BYTES, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (c->bytes == MAP_FAILED) {
        c->bytes = NULL;
        r = -errno;
    }
out:
    close(fd);
    return r;
}

int ts_clip_open(struct ts_clip **out, const char *path, enum ts_pace pace)
{
    struct ts_clip *c = calloc(1, sizeof(*c));
    int r = -ENOMEM;

    if (!c)
        return r;
    r = map_file(c, path);
    if (r < 0)
        goto out;
    c->marks = calloc(c->packets, sizeof(*c->marks));
    r = c->marks ? mark_fields(c, path) : -ENOMEM;
    if (r == 0 && pace == TS_PACE_PCR)
        r = mark_by_pcr(c, path);
    else if (r == 0)
        mark_by_frame(c);
out:
    if (r < 0)
        ts_clip_free(&c);
    *out = c;
    return r;
}

void ts_clip_free(struct ts_clip **c)
{
    if (!*c)
        return;
    if ((*c)->bytes)
        munmap((void *)(uintptr_t)(*c)->bytes, (*c)->packets * TS_PACKET_BYTES);
    free((*c)->marks);
    free(*c);
    *c = NULL;
}

size_t ts_clip_packets(const struct ts_clip *c)
{
    return c->packets;
}

int64_t ts_clip_loop_us(const struct ts_clip *c)
{
    return c->loop_90k * 100 / 9;
}

uint32_t ts_clip_gops(const struct ts_clip *c)
{
    return c->gops;
}

int64_t ts_clip_due_us(const struct ts_clip *c, size_t index, uint32_t loop)
{
    return c->marks[index].due_us + c->loop_90k * loop * 100 / 9;
}

bool ts_clip_ends_frame(const struct ts_clip *c, size_t index)
{
    return c->marks[index].ends_frame;
}

bool ts_clip_ends_gop(const struct ts_clip *c, size_t index)
{
    return c->marks[index].ends_gop;
}

void ts_clip_write(const struct ts_clip *c, size_t index, uint32_t loop, uint8_t *out)
{
    const struct mark *m = &c->marks[index];
    int64_t add_90k = c->loop_90k * loop;

    memcpy(out, packet_at(c, index), TS_PACKET_BYTES);
    if (loop == 0)
        return;
    out[3] = (uint8_t)((out[3] & 0xf0) | ((out[3] + m->counter_step * loop) & 0x0f));
    if (m->pcr_at)
        pcr_add(out + m->pcr_at, add_90k);
    if (m->pts_at)
        timestamp_add(out + m->pts_at, add_90k);
    if (m->dts_at)
        timestamp_add(out + m->dts_at, add_90k);
}
