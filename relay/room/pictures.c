/* Choosing, asking, believing. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/pictures.h"

#include "relay/base/log.h"
#include "relay/room/room_picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CTX "pictures"

enum {
    SWEEP_US = 1000000,
    FAILURES_MAX = 3, /* in a row: a single one may be a loss on the way */
    /* What a helper that died is taken to have cost: it could not say. */
    DIED_MOST_US = 3000000,
};

struct pictures {
    struct rooms *rooms;
    struct picture_budget budget;
    bool under_way, off; /* off: nothing is shown, and nothing will be */
    struct picture_ask ask;
    int64_t begun_us, begun_wall_us, swept_us;
    uint32_t cpu_percent;     /* as of the turn under way */
    uint64_t numbers, cpu_us; /* cpu_us: what this helper has said last */
};

/* One front's; it has one control thread. */
static struct pictures_facts counts;

int pictures_new(struct pictures **out, struct rooms *rooms)
{
    struct pictures *p = calloc(1, sizeof(*p));

    *out = p;
    if (!p)
        return -ENOMEM;
    p->rooms = rooms;
    return 0;
}

void pictures_free(struct pictures **p)
{
    free(*p);
    *p = NULL;
}

static int64_t interval_us(const struct config *c)
{
    return (int64_t)c->pictures.interval_s * 1000000;
}

static struct room *room_of_turn(const struct pictures *p)
{
    return rooms_grasp(p->rooms, p->ask.room);
}

/* ---- asking */

static struct room *grasp(struct pictures *p, size_t i)
{
    return rooms_grasp(p->rooms, room_name(rooms_at(p->rooms, i)));
}

/* A room whose turn has to wait shows an old picture; one whose turns fail, or that sends no
 * picture any more, would show for hours what is not on air. */
static bool is_promising(const struct room *r)
{
    const struct picture_turn *t = room_turn(r);
    struct keyframe k;

    return !t->out && t->failures < FAILURES_MAX && room_keyframe(r, &k);
}

void pictures_tick(struct pictures *p, const struct config *c, int64_t now_us)
{
    if (now_us - p->swept_us < SWEEP_US)
        return;
    p->swept_us = now_us;
    if (!c->pictures.enabled && p->off)
        return;
    p->off = !c->pictures.enabled;
    for (size_t i = 0; i < rooms_count(p->rooms); i++) {
        struct room *r = grasp(p, i);
        struct picture_turn *t = room_take_turn(r);

        if (is_promising(r))
            t->fresh_us = now_us;
        if (!c->pictures.enabled || !room_is_public(r) || now_us - t->fresh_us >= PICTURE_KEEP_US)
            room_set_picture(r, NULL, 0);
    }
}

/* The one that has waited longest of those that are due and have a keyframe. */
static struct room *choose(struct pictures *p, int64_t now_us, struct keyframe *k)
{
    const struct room *first = NULL;

    for (size_t i = 0; i < rooms_count(p->rooms); i++) {
        const struct room *r = rooms_at(p->rooms, i);
        struct keyframe own;

        if (!picture_turn_is_due(room_turn(r), now_us) ||
            (first && !picture_turn_is_first(room_turn(r), room_turn(first))) ||
            !room_keyframe(r, &own))
            continue;
        first = r;
        *k = own;
    }
    return first ? rooms_grasp(p->rooms, room_name(first)) : NULL;
}

bool pictures_next(struct pictures *p, const struct config *c, int64_t now_us, int64_t wall_us,
                   struct picture_ask *ask, int fds[PICTURE_ASK_FDS])
{
    struct keyframe k;
    struct room *r;

    if (!c->pictures.enabled || p->under_way)
        return false;
    picture_budget_fill(&p->budget, c->pictures.cpu_percent, now_us);
    r = picture_budget_has(&p->budget) ? choose(p, now_us, &k) : NULL;
    if (!r)
        return false;
    picture_turn_begin(room_take_turn(r), interval_us(c), now_us);
    p->ask = (struct picture_ask){
        .number = ++p->numbers, .init_bytes = k.init->bytes, .offset = k.offset, .bytes = k.bytes};
    snprintf(p->ask.room, sizeof(p->ask.room), "%s", room_name(r));
    if (!picture_ask_is_sound(&p->ask)) { /* a keyframe as no camera makes it */
        counts.failed++;
        picture_turn_failed(room_take_turn(r), interval_us(c));
        return false;
    }
    p->under_way = true;
    p->cpu_percent = c->pictures.cpu_percent;
    p->begun_us = now_us;
    p->begun_wall_us = wall_us;
    *ask = p->ask;
    fds[PICTURE_ASK_INIT] = k.init->fd;
    fds[PICTURE_ASK_SEGMENT] = k.file->fd;
    return true;
}

/* ---- answers */

void pictures_skip(struct pictures *p)
{
    p->under_way = false;
    counts.skipped++;
}

/* r: whose picture it was for, after its turn was made, failed or died; NULL: it is gone. */
static void spend(struct pictures *p, struct room *r, uint64_t cpu_us)
{
    picture_budget_spend(&p->budget, cpu_us);
    if (r)
        picture_turn_charge(room_take_turn(r), cpu_us, p->cpu_percent);
    counts.cpu_us += cpu_us;
}

/* Nobody may be able to change it under sendfile, and it is as long as was said. */
static bool is_sealed(int fd, uint32_t bytes)
{
    const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    return seals >= 0 && (seals & needed) == needed &&
           (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) && fstat(fd, &st) == 0 &&
           (uint64_t)st.st_size == bytes;
}

/* Takes fd. */
static void show(struct pictures *p, struct room *r, uint32_t bytes, int fd)
{
    struct blob *jpeg;
    char etag[24];

    /* one at a time: no two pictures of a room have one moment */
    snprintf(etag, sizeof(etag), "\"pic%" PRIx64 "\"", (uint64_t)p->begun_wall_us);
    if (blob_new(&jpeg, fd, bytes, etag) != 0)
        return;
    room_set_picture(r, jpeg, p->begun_wall_us);
    blob_unref(&jpeg);
}

bool pictures_answer(struct pictures *p, const struct config *c, const struct picture_answer *a,
                     int fd)
{
    /* a step of more than a minute is no picture's */
    bool sane = p->under_way && a->number == p->ask.number && a->cpu_us >= p->cpu_us &&
                a->cpu_us - p->cpu_us < 60000000;
    struct room *r = sane ? room_of_turn(p) : NULL;
    bool made = sane && a->result == PICTURE_MADE;

    if (made && !is_sealed(fd, a->bytes))
        made = sane = false;
    if (sane) {
        p->under_way = false;
        made ? counts.made++ : counts.failed++;
    }
    if (r && made)
        picture_turn_made(room_take_turn(r));
    else if (r && sane)
        picture_turn_failed(room_take_turn(r), interval_us(c));
    if (sane) {
        spend(p, r, a->cpu_us - p->cpu_us);
        p->cpu_us = a->cpu_us;
    }
    if (r && made && c->pictures.enabled)
        show(p, r, a->bytes, fd);
    else if (fd >= 0)
        close(fd);
    return sane;
}

void pictures_helper_gone(struct pictures *p, int64_t now_us)
{
    int64_t took_us = now_us - p->begun_us;
    struct room *r;

    p->cpu_us = 0;
    if (!p->under_way)
        return;
    p->under_way = false;
    counts.died++;
    r = room_of_turn(p);
    bool out = r && picture_turn_died(room_take_turn(r), now_us);
    spend(p, r, (uint64_t)(took_us < DIED_MOST_US ? took_us : DIED_MOST_US));
    if (r)
        log_warn(CTX, "helper_lost room=%s what=\"no picture this time\"", p->ask.room);
    if (out)
        log_error(CTX,
                  "left_out room=%s minutes=%d what=\"the helper died %d times over its picture\"",
                  p->ask.room, PICTURE_OUT_US / 60000000, PICTURE_DEATHS);
}

void pictures_facts(const struct rooms *rooms, int64_t wall_us, struct pictures_facts *out)
{
    int64_t oldest_us = 0;

    *out = counts;
    for (size_t i = 0; i < rooms_count(rooms); i++) {
        const struct room *r = rooms_at(rooms, i);
        struct room_facts f;

        room_facts(r, &f);
        if (!f.picture)
            continue;
        out->shown++;
        out->bytes += f.picture->bytes;
        if (room_is_fed(r) && wall_us - f.picture_wall_us > oldest_us)
            oldest_us = wall_us - f.picture_wall_us;
    }
    out->oldest_s = (uint64_t)(oldest_us / 1000000);
}
