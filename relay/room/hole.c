/* The hole in a room while no feed is live, and what fills it: gaps, or a worker's filler. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/hole.h"

#include "relay/base/log.h"
#include "relay/room/gap_fill.h"
#include "relay/room/part_intake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CLOSING_US = 300000, /* how long a filler may take to end */
    PATIENCE_US =
        1000000,     /* beyond 1.5 target durations: then a filler that sends nothing is off */
    FILLERS_MAX = 8, /* asked for in one hole: who kills as many workers gets no more */
};

static const uint64_t filler_bit = UINT64_C(1) << 63; /* no worker's own feed has it */

static int64_t target_us(const struct hole_room *room)
{
    return (int64_t)room->in.presentation->target_duration_s * 1000000;
}

static int64_t clock_90k(const struct hole *h, int64_t now_us)
{
    return h->base_90k + (now_us - h->base_us) * 9 / 100;
}

/* When the room's clock is at that point. */
static int64_t instant_us(const struct hole *h, int64_t at_90k)
{
    return h->base_us + ticks_to_us(at_90k - h->base_90k);
}

static struct intake intake_of(struct hole *h, const struct hole_room *room)
{
    struct intake in = room->in;
    in.session = &h->filler;
    return in;
}

/* Time that passed since something was listed is made up for, a target duration at the most: so
 * the first of the filler is due when the list should grow (rule 27). What passed before that is a
 * step of PROGRAM-DATE-TIME behind the break. */
int64_t hole_base_us(const struct presentation *p, int64_t now_us)
{
    int64_t listed_us = now_us - (int64_t)p->target_duration_s * 1000000;
    for (size_t i = 0; i < p->count; i++) {
        const struct window_segment *s = window_newest(&p->renditions[i]->window);
        listed_us = s && s->listed_us > listed_us ? s->listed_us : listed_us;
    }
    return listed_us < now_us ? listed_us : now_us;
}

static void set_clock(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    h->base_90k = room->in.presentation->end_90k;
    h->base_us = hole_base_us(room->in.presentation, now_us);
}

/* Those that are due, up to a point of the timeline. */
static void list_gaps(struct hole *h, const struct hole_room *room, int64_t until_90k,
                      int64_t now_us)
{
    struct presentation *p = room->in.presentation;
    int64_t behind_us = now_us - instant_us(h, p->end_90k), most_us = 2 * target_us(room);
    if (behind_us > most_us) /* the process was stopped: nobody wants all of that at once */
        h->base_us += behind_us - most_us;
    int64_t due_90k = clock_90k(h, now_us);
    due_90k = due_90k < until_90k ? due_90k : until_90k;
    int rc = gap_fill_list(p, &h->gap_90k, due_90k, now_us);
    if (rc < 0)
        log_error(room->in.ctx, "no_memory what=\"gaps in a hole\"");
    else if (rc > 0)
        intake_keep_within_limits(&room->in, now_us);
}

static void begin_gaps(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    h->phase = HOLE_GAP;
    h->gap_90k = 0;
    list_gaps(h, room, INT64_MAX, now_us);
}

static void message_init(struct link_message *m, const struct hole *h, const struct hole_room *room)
{
    *m = (struct link_message){
        .type = LINK_FILL, .worker = h->filler.worker, .feed = h->filler.feed};
    snprintf(m->u.fill.room, sizeof(m->u.fill.room), "%s", room->in.room);
}

/* The filler starts where the list ends, and by the clock that is a moment ago. */
static void set_go(const struct hole *h, const struct hole_room *room, struct link_go *go)
{
    const struct presentation *p = room->in.presentation;
    go->start_90k = p->end_90k;
    go->at_us = instant_us(h, p->end_90k);
    go->target_duration_s = p->target_duration_s;
    go->part_ms = p->part_target_ms;
    go->part_ranges = p->part_ranges;
    memcpy(go->ts_counters, p->ts_counters, sizeof(go->ts_counters));
}

static bool send_slate(const struct hole_room *room, struct link_message *m)
{
    const char *file = config_slate(room->in.config, room->in.room);
    int fd = file[0] && room->out->slate
                 ? room->out->slate(room->out->ctx, file, &m->u.fill.what.bytes)
                 : -1;
    m->u.fill.what.piece = LINK_FILL_SLATE;
    m->u.fill.what.last = true;
    return fd >= 0 && room->out->pass(room->out->ctx, m->worker, m, fd);
}

/* Asks the workers in turn until one can be reached. */
static bool ask(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    enum rooms_fill fill = config_fill(room->in.config, room->in.room);
    const struct link_message nobody = {.worker = 0};
    bool asked = false;
    if (fill == ROOM_FILL_GAP || !room->out->pass || h->asked >= FILLERS_MAX)
        return false;
    if (fill == ROOM_FILL_HOLD && h->source.count == 0 &&
        !hole_source_take(&h->source, room->in.presentation))
        return false;
    session_init(&h->filler, &nobody, now_us, now_us + h->wall_offset_us);
    h->filler.feed = filler_bit | ++*room->fillers;
    for (uint32_t i = 0; i < room->out->workers && !asked; i++) {
        struct link_message m;
        h->filler.worker = (uint32_t)((*room->fillers + i) % room->out->workers);
        message_init(&m, h, room);
        set_go(h, room, &m.u.fill.what.go);
        asked = fill == ROOM_FILL_HOLD ? hole_source_send(&h->source, room->out, &m)
                                       : send_slate(room, &m);
    }
    if (!asked)
        session_fini(&h->filler);
    return asked;
}

static void fill(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    static const char *const words[] = {
        [ROOM_FILL_GAP] = "gap", [ROOM_FILL_SLATE] = "slate", [ROOM_FILL_HOLD] = "hold"};
    enum rooms_fill wanted = config_fill(room->in.config, room->in.room);
    int64_t behind_us = now_us - instant_us(h, room->in.presentation->end_90k);
    if (behind_us > target_us(room))
        h->base_us += behind_us - target_us(room);
    if (ask(h, room, now_us)) {
        h->asked++;
        h->heard_us = now_us;
        h->phase = HOLE_FILLED;
        presentation_open(room->in.presentation);
        log_info(room->in.ctx, "hole_filled by=%s feed=%" PRIu64 " worker=%" PRIu32, words[wanted],
                 h->filler.feed, h->filler.worker);
        return;
    }
    if (wanted == ROOM_FILL_GAP)
        log_info(room->in.ctx, "hole_filled by=gap");
    else
        log_warn(room->in.ctx, "hole_filled by=gap wanted=%s why=\"%s\"", words[wanted],
                 h->asked ? "its fillers fail" : "no worker or nothing to fill with");
    begin_gaps(h, room, now_us);
}

void hole_begin(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    const struct presentation *p = room->in.presentation;
    if (h->phase != HOLE_NONE || p->ended || p->target_duration_s == 0 ||
        !presentation_has_media(p))
        return;
    set_clock(h, room, now_us);
    fill(h, room, now_us);
}

static void send_end(const struct hole *h, const struct hole_room *room, int64_t end_90k)
{
    struct link_message m;
    message_init(&m, h, room);
    m.u.fill.what.piece = LINK_FILL_END;
    m.u.fill.what.end_90k = end_90k;
    room->out->send(room->out->ctx, m.worker, &m);
}

/* The filler is over, or nobody's: what it has open ends where its parts do. */
static void drop_filler(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    struct intake in = intake_of(h, room);
    intake_finish(&in, now_us);
    session_fini(&h->filler);
}

/* The phase is over and what fed it is gone; held messages stay. */
static void leave(struct hole *h)
{
    hole_source_drop(&h->source);
    h->phase = HOLE_NONE;
    h->asked = 0;
}

void hole_end(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    struct presentation *p = room->in.presentation;
    if (h->phase == HOLE_FILLED)
        send_end(h, room, 0);
    if (h->phase == HOLE_FILLED || h->phase == HOLE_CLOSING)
        drop_filler(h, room, now_us);
    else if (h->phase == HOLE_GAP && gap_fill_end(p, &h->gap_90k, p->end_90k, now_us) < 0)
        log_error(room->in.ctx, "no_memory what=\"the end of a hole\"");
    leave(h);
}

/* The next feed may have the lists. */
static void hand_over(struct hole *h, const struct hole_room *room, int64_t now_us)
{
    drop_filler(h, room, now_us);
    presentation_open(room->in.presentation);
    leave(h);
}

void hole_fini(struct hole *h)
{
    session_fini(&h->filler);
    hole_source_drop(&h->source);
    for (; h->held_next < h->held_count; h->held_next++)
        if (h->held[h->held_next].fd >= 0)
            close(h->held[h->held_next].fd);
    free(h->held);
    h->held = NULL;
    h->phase = HOLE_NONE;
}

bool hole_is_open(const struct hole *h)
{
    return h->phase != HOLE_NONE;
}

void hole_go(const struct hole *h, const struct presentation *p, struct link_go *go, int64_t now_us)
{
    int64_t at_90k = clock_90k(h, now_us);
    go->start_90k = at_90k > p->end_90k ? at_90k : p->end_90k;
    go->at_us = instant_us(h, go->start_90k);
}

bool hole_has_feed(const struct hole *h, uint64_t feed, uint32_t *worker)
{
    bool has = h->filler.feed != 0 && h->filler.feed == feed;
    if (has)
        *worker = h->filler.worker;
    return has;
}

static int take_media(struct hole *h, const struct hole_room *room, const struct link_message *m,
                      int fd, int64_t now_us)
{
    struct intake in = intake_of(h, room);
    int64_t wall_us = now_us + h->wall_offset_us;
    if (m->type == LINK_TRACK)
        return session_track(&h->filler, in.presentation, m, fd);
    return m->type == LINK_PART ? part_intake(&in, m, fd, now_us, wall_us)
                                : intake_segment(&in, m, fd, now_us, wall_us);
}

/* What its worker said of its end, or does when it breaks the contract; the hole is still there. */
static void lose_filler(struct hole *h, const struct hole_room *room, const char *why,
                        int64_t now_us)
{
    log_warn(room->in.ctx, "filler_lost feed=%" PRIu64 " why=\"%s\"", h->filler.feed, why);
    drop_filler(h, room, now_us);
    fill(h, room, now_us);
}

bool hole_message(struct hole *h, const struct hole_room *room, const struct link_message *m,
                  int fd, int64_t now_us)
{
    char text[LINK_TEXT];
    if (m->type == LINK_TRACK || m->type == LINK_PART || m->type == LINK_SEGMENT) {
        int err = take_media(h, room, m, fd, now_us);
        h->heard_us = now_us;
        *room->faults += err == -EINVAL || err == -ERANGE;
        if (err == -ERANGE && h->phase == HOLE_FILLED) {
            send_end(h, room, 0);
            lose_filler(h, room, "its segments do not follow each other", now_us);
        }
        return true;
    }
    if (m->type != LINK_FEED_CLOSED)
        return false;
    session_copy_text(text, sizeof(text), m->u.closed.text, sizeof(m->u.closed.text));
    if (h->phase == HOLE_CLOSING) {
        hand_over(h, room, now_us);
        return true;
    }
    h->asked = FILLERS_MAX; /* what cannot be made by one worker cannot be made by another */
    lose_filler(h, room, text, now_us);
    return true;
}

static bool keep(struct hole *h, const struct link_message *m, int fd)
{
    if (!h->held)
        h->held = calloc(HOLE_HELD, sizeof(*h->held));
    if (!h->held || h->held_count == HOLE_HELD)
        return false;
    h->held[h->held_count++] = (struct hole_held){*m, fd};
    return true;
}

/* Live begins at that point of the timeline. */
static bool close_hole(struct hole *h, const struct hole_room *room, const struct link_message *m,
                       int fd, int64_t now_us)
{
    struct presentation *p = room->in.presentation;
    int64_t most_90k = clock_90k(h, now_us) + 90000, live_90k = m->u.track.start_90k;
    live_90k = live_90k < most_90k ? live_90k : most_90k;
    log_info(room->in.ctx, "hole_closed feed=%" PRIu64 " seconds=%.1f", m->feed,
             (double)(now_us - h->base_us) / 1e6);
    if (h->phase == HOLE_GAP) {
        list_gaps(h, room, live_90k, now_us);
        if (gap_fill_end(p, &h->gap_90k, live_90k, now_us) < 0)
            log_error(room->in.ctx, "no_memory what=\"the end of a hole\"");
        presentation_open(p);
        leave(h);
        return false;
    }
    send_end(h, room, live_90k);
    h->phase = HOLE_CLOSING;
    h->closing_us = now_us;
    if (keep(h, m, fd))
        return true;
    hand_over(h, room, now_us);
    return false;
}

bool hole_hold(struct hole *h, const struct hole_room *room, const struct link_message *m, int fd,
               int64_t now_us)
{
    if (h->phase == HOLE_NONE || m->type == LINK_FEED_STATS)
        return false;
    if (h->phase != HOLE_CLOSING)
        return m->type == LINK_TRACK && close_hole(h, room, m, fd, now_us);
    if (m->type != LINK_FEED_CLOSED && keep(h, m, fd))
        return true;
    hand_over(h, room, now_us);
    return false;
}

bool hole_next_held(struct hole *h, struct link_message *m, int *fd)
{
    if (h->phase == HOLE_CLOSING || h->held_next == h->held_count)
        return false;
    *m = h->held[h->held_next].m;
    *fd = h->held[h->held_next].fd;
    if (++h->held_next == h->held_count) {
        h->held_next = h->held_count = 0;
        free(h->held);
        h->held = NULL;
    }
    return true;
}

void hole_worker_lost(struct hole *h, const struct hole_room *room, uint32_t worker, int64_t now_us)
{
    if (h->filler.feed == 0 || h->filler.worker != worker)
        return;
    if (h->phase == HOLE_CLOSING)
        hand_over(h, room, now_us);
    else
        lose_filler(h, room, "its worker died", now_us);
}

bool hole_tick(struct hole *h, const struct hole_room *room, int64_t now_us, int64_t wall_us)
{
    const struct presentation *p = room->in.presentation;
    uint64_t next_part = p->next_part, next_msn = p->next_msn;
    h->wall_offset_us = wall_us - now_us;
    switch (h->phase) {
    case HOLE_NONE:
        return false;
    case HOLE_GAP:
        list_gaps(h, room, INT64_MAX, now_us);
        return p->next_part != next_part || p->next_msn != next_msn;
    case HOLE_FILLED:
        if (now_us - h->heard_us < target_us(room) * 3 / 2 + PATIENCE_US)
            return false;
        send_end(h, room, 0);
        lose_filler(h, room, "it sends nothing", now_us);
        return true;
    case HOLE_CLOSING:
        if (now_us - h->closing_us < CLOSING_US)
            return false;
        hand_over(h, room, now_us);
        return true;
    }
    return false;
}
