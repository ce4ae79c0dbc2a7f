/* A made-up feed: it shows a film in a room that has no publisher, until that has one again. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/filler.h"

#include "relay/base/log.h"
#include "relay/ingest/feed_message.h"
#include "relay/ingest/feed_start.h"
#include "relay/package/film.h"
#include "relay/package/hold.h"
#include "relay/package/packager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PICTURE_MS = 500, /* held pictures follow each other so fast, or as fast as parts do */
    PICTURE_MOST_MS = 1000,
    BURST = 4096,    /* units in one tick: a made-up feed that is behind has it in stretches */
    LEAST_90K = 900, /* a rest of the film that is not worth a picture */
    INIT_BYTES_MAX = 65536,
    SLATE_SEGMENT_MS = 1000,
};

struct filler {
    struct feed_out out;
    const struct config *config;
    uint64_t id;
    uint32_t worker;
    char room[LINK_NAME], log_name[LINK_NAME + 8];
    struct link_go go;
    struct feed_start start;
    struct hold *hold;
    uint8_t *made;       /* a film of ours ... */
    const uint8_t *clip; /* ... or one that is mapped */
    size_t clip_len;
    struct film film;
    struct film_cursor cursor;
    struct packager *packager; /* NULL: not all pieces are there */
    int64_t wall_us;           /* when the unit that is being packaged was, so to say, captured */
    char fault[LINK_TEXT];
};

static void set_fault(struct filler *f, const char *text)
{
    if (!f->fault[0])
        snprintf(f->fault, sizeof(f->fault), "%s", text);
}

static void send_to_front(struct filler *f, struct link_message *m, uint32_t type, int fd)
{
    m->type = type;
    m->worker = f->worker;
    m->feed = f->id;
    f->out.send(f->out.ctx, m, fd);
}

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                     const char *language, uint32_t bytes, int fd)
{
    struct filler *f = ctx;
    struct link_message m = {0};

    feed_message_track(&m, track, init_id, p, language, bytes);
    m.u.track.start_90k = f->start.start_90k;
    send_to_front(f, &m, LINK_TRACK, fd);
}

static void on_part(void *ctx, const struct packager_part *part, int fd)
{
    struct link_message m = {0};

    feed_message_part(&m, part);
    send_to_front(ctx, &m, LINK_PART, fd);
}

static void on_segment(void *ctx, const struct packager_segment *segment, int fd)
{
    struct link_message m = {0};

    feed_message_segment(&m, segment);
    send_to_front(ctx, &m, LINK_SEGMENT, fd);
}

int filler_new(struct filler **out, const struct link_message *m, const struct config *c,
               uint32_t worker, const struct feed_out *cb)
{
    struct filler *f = calloc(1, sizeof(*f));

    *out = f;
    if (!f)
        return -ENOMEM;
    f->out = *cb;
    f->config = c;
    f->id = m->feed;
    f->worker = worker;
    f->go = m->u.fill.what.go;
    snprintf(f->room, sizeof(f->room), "%.*s", LINK_NAME - 1, m->u.fill.room);
    snprintf(f->log_name, sizeof(f->log_name), "room/%s", f->room);
    feed_start_init(&f->start, &f->go);
    return 0;
}

void filler_free(struct filler **f)
{
    if (!*f)
        return;
    packager_free(&(*f)->packager);
    hold_free(&(*f)->hold);
    free((*f)->made);
    if ((*f)->clip)
        munmap((void *)(uintptr_t)(*f)->clip, (*f)->clip_len);
    free(*f);
    *f = NULL;
}

uint64_t filler_id(const struct filler *f)
{
    return f->id;
}

const char *filler_fault(const struct filler *f)
{
    return f->fault[0] ? f->fault : NULL;
}

/* The file, whose size nobody can change while it is read: segments and clips are sealed. */
static const uint8_t *map(int fd, uint32_t bytes, size_t *len)
{
    struct stat st;
    const uint8_t *at;

    if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)bytes || bytes == 0)
        return NULL;
    at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0); /* a shared one forbids sealing */
    *len = bytes;
    return at == MAP_FAILED ? NULL : at;
}

/* Holds what the piece says. */
static int add_to_hold(struct filler *f, const struct link_message *m, int fd)
{
    bool init = m->u.fill.what.piece == LINK_FILL_INIT;
    size_t len;
    const uint8_t *at;
    char language[LINK_LANGUAGE];
    int rc = f->hold ? 0 : hold_new(&f->hold);

    if (rc || (init && m->u.fill.what.bytes > INIT_BYTES_MAX))
        return rc ? rc : -EINVAL;
    at = map(fd, m->u.fill.what.bytes, &len);
    if (!at)
        return -EINVAL;
    snprintf(language, sizeof(language), "%.*s", LINK_LANGUAGE - 1, m->u.fill.language);
    rc = init ? hold_add_init(f->hold, at, len, language) : hold_add_idr(f->hold, at, len);
    munmap((void *)(uintptr_t)at, len);
    return rc;
}

/* A part is a picture or two: rule 73 has parts nearly as long as PART-TARGET. */
static int64_t interval_90k(const struct link_go *go)
{
    uint32_t ms = go->part_ms ? go->part_ms : PICTURE_MS;

    return (int64_t)(ms > PICTURE_MOST_MS ? ms / 2 : ms) * 90;
}

static int open_film(struct filler *f)
{
    size_t len;
    int rc;

    if (f->clip) { /* every keyframe may begin a segment: a loop need not be a multiple of them */
        f->start.segment_ms = SLATE_SEGMENT_MS;
        return film_open(&f->film, f->clip, f->clip_len);
    }
    if (!f->hold)
        return -EINVAL;
    rc = hold_finish(f->hold, interval_90k(&f->go), &f->made, &len);
    if (!rc && hold_left_out(f->hold))
        log_warn(f->log_name,
                 "hold_without_sound tracks=%u what=\"their silence cannot be made: "
                 "gaps are listed\"",
                 hold_left_out(f->hold));
    hold_free(&f->hold);
    return rc ? rc : film_open(&f->film, f->made, len);
}

static int begin(struct filler *f)
{
    struct packager_out cb = {.ctx = f, .track = on_track, .part = on_part, .segment = on_segment};
    struct packager_track tracks[FILM_TRACKS] = {0};
    int rc = open_film(f);

    for (uint32_t i = 0; i < f->film.head.tracks && !rc; i++) {
        const struct film_track *t = &f->film.head.track[i];

        tracks[i].codec = (enum codec_id)t->codec;
        tracks[i].audio_config = (uint8_t)t->audio_config;
        memcpy(tracks[i].language, t->language, sizeof(tracks[i].language));
    }
    return rc ? rc
              : feed_start_made_up(&f->start, f->config, f->room, tracks, f->film.head.tracks, &cb,
                                   &f->packager);
}

/* frame->next_90k is where the track's next one will be. */
static void package(struct filler *f, const struct film_frame *frame)
{
    struct nal nals[CODEC_NALS_MAX];
    uint64_t mask = 0x1ffffffff, base = (uint64_t)f->start.start_90k;
    struct packager_unit u = {.track = frame->track,
                              .raw_pts = (base + (uint64_t)frame->pts_90k) & mask,
                              .raw_dts = (base + (uint64_t)frame->dts_90k) & mask,
                              .has_next = true,
                              .raw_next = (base + (uint64_t)frame->next_90k) & mask,
                              .wall_us = f->wall_us,
                              .data = frame->data,
                              .len = frame->len};

    if (codec_kind((enum codec_id)f->film.head.track[frame->track].codec) == CODEC_KIND_VIDEO) {
        u.nals = nals;
        u.nal_count = film_nals(frame, nals, CODEC_NALS_MAX);
    }
    if (packager_take(f->packager, &u))
        set_fault(f, "the relay has no memory or descriptors left for a filler");
}

/* How long the film runs by now. */
static int64_t shown_90k(const struct filler *f, int64_t now_us)
{
    return (now_us - f->go.at_us) * 9 / 100;
}

static void show_until(struct filler *f, int64_t until_90k, int64_t now_us, int64_t wall_us)
{
    struct film_frame frame;

    for (int i = 0; i < BURST && !f->fault[0] && film_next(&f->film, &f->cursor, until_90k, &frame);
         i++) {
        f->wall_us = wall_us - (shown_90k(f, now_us) - frame.dts_90k) * 100 / 9;
        package(f, &frame);
    }
}

void filler_tick(struct filler *f, int64_t now_us, int64_t wall_us)
{
    if (f->packager)
        show_until(f, shown_90k(f, now_us), now_us, wall_us);
}

/* Every track goes as far as the end: the last picture is cut off or stays until then. */
static void show_last(struct filler *f, int64_t end_90k, int64_t now_us, int64_t wall_us)
{
    show_until(f, end_90k, now_us, wall_us);
    for (uint32_t i = 0; i < f->film.head.tracks && !f->fault[0]; i++) {
        bool sound = codec_kind((enum codec_id)f->film.head.track[i].codec) == CODEC_KIND_AUDIO;
        struct film_frame frame;

        if (end_90k - film_due_90k(&f->film, &f->cursor, i) < LEAST_90K)
            continue;
        film_take(&f->film, &f->cursor, i, &frame);
        frame.next_90k = sound ? frame.next_90k : end_90k;
        package(f, &frame);
    }
}

bool filler_take(struct filler *f, const struct link_message *m, int fd, int64_t now_us,
                 int64_t wall_us)
{
    int64_t end_90k = m->u.fill.what.end_90k - f->start.start_90k;
    int rc = 0;

    switch ((enum link_fill_piece)m->u.fill.what.piece) {
    case LINK_FILL_END:
        if (f->packager && end_90k > 0 && end_90k - shown_90k(f, now_us) < 90000)
            show_last(f, end_90k, now_us, wall_us);
        filler_end(f, "the room has a feed again");
        return false;
    case LINK_FILL_SLATE:
        f->clip = f->clip ? f->clip : map(fd, m->u.fill.what.bytes, &f->clip_len);
        rc = f->clip ? 0 : -EINVAL;
        break;
    case LINK_FILL_INIT:
    case LINK_FILL_IDR:
        rc = add_to_hold(f, m, fd);
        break;
    default:
        rc = -EINVAL;
    }
    if (!rc && m->u.fill.what.last && !f->packager)
        rc = begin(f);
    if (rc)
        set_fault(f, rc == -ENOMEM ? "the relay has no memory left for a filler"
                                   : "what it is to be made from cannot be used");
    return true;
}

void filler_end(struct filler *f, const char *text)
{
    struct link_message m = {0};

    if (f->packager && packager_end(f->packager))
        log_warn(f->log_name, "filler_cut_short why=\"no memory or descriptors\"");
    m.u.closed.reason = LINK_CLOSE_ENDED;
    m.u.closed.end_90k = f->packager ? packager_end_90k(f->packager) : f->start.start_90k;
    snprintf(m.u.closed.text, sizeof(m.u.closed.text), "%s", text);
    send_to_front(f, &m, LINK_FEED_CLOSED, -1);
}
