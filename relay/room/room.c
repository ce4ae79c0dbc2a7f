/* One room: the URL that viewers watch, whatever feeds come and go. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/room.h"

#include "relay/base/log.h"
#include "relay/room/beside.h"
#include "relay/room/budget.h"
#include "relay/room/by_hand.h"
#include "relay/room/doors.h"
#include "relay/room/ending.h"
#include "relay/room/feed_fields.h"
#include "relay/room/numbers.h"
#include "relay/room/part_intake.h"
#include "relay/room/room_inside.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROOM_STALE_US = 2000000,  /* without a byte */
    ROOM_CLOCK_SKEW_S = 3600, /* a feed's end further off than that is not believed */
};

/* Which states may follow each. */
static const unsigned steps[ROOM_STATES] = {
    [ROOM_NEW] = 1u << ROOM_LIVE | 1u << ROOM_GONE,
    [ROOM_LIVE] = 1u << ROOM_LIVE | 1u << ROOM_STALE | 1u << ROOM_WAITING | 1u << ROOM_ENDED |
                  1u << ROOM_GONE,
    [ROOM_STALE] = 1u << ROOM_LIVE | 1u << ROOM_WAITING | 1u << ROOM_ENDED | 1u << ROOM_GONE,
    [ROOM_WAITING] = 1u << ROOM_LIVE | 1u << ROOM_ENDED | 1u << ROOM_GONE,
    [ROOM_ENDED] = 1u << ROOM_LIVE | 1u << ROOM_GONE,
};

void room_set_state(struct room *r, enum room_state to, int64_t now_us, const char *why)
{
    assert(steps[r->state] & 1u << to);
    log_info(r->ctx, "%s was=%s %s", room_state_word(to), room_state_word(r->state), why);
    r->state = to;
    r->state_us = now_us;
    showcase_touch(&r->showcase);
}

int room_new(struct room **out, const char *name, struct room_env *env,
             const struct presentation_start *start, int64_t now_us, int64_t wall_us)
{
    struct room *r = calloc(1, sizeof(*r));
    *out = r;
    if (!r)
        return -ENOMEM;
    r->magic = ROOM_MAGIC;
    snprintf(r->name, sizeof(r->name), "%s", name);
    snprintf(r->ctx, sizeof(r->ctx), "room/%s", r->name);
    r->env = env;
    r->state_us = now_us;
    r->since_wall_us = wall_us;
    presentation_init(&r->presentation, start);
    doors_begin(r);
    if (start->target_duration_s > 0) { /* rules 13 and 76: constant, whatever the file says now */
        log_info(r->ctx, "numbers_go_on msn=%llu target_duration=%u part_target_ms=%u",
                 (unsigned long long)start->msn, start->target_duration_s, start->part_target_ms);
        return 0;
    }
    if (config_low_latency(env->config, name))
        r->presentation.part_target_ms = config_part_ms(env->config, name);
    r->presentation.part_ranges = env->config->hls.part_uris == PART_URIS_RANGE;
    return 0;
}

static struct intake intake_of(struct room *r)
{
    return (struct intake){.room = r->name,
                           .ctx = r->ctx,
                           .config = r->env->config,
                           .session = &r->session,
                           .presentation = &r->presentation};
}

struct hole_room room_hole(struct room *r)
{
    return (struct hole_room){.in = intake_of(r),
                              .out = r->env->out,
                              .fillers = &r->env->fillers,
                              .faults = &r->env->faults};
}

/* What a role sees of the room. */
static struct role_room role_room_of(struct room *r)
{
    return (struct role_room){.name = r->name,
                              .ctx = r->ctx,
                              .config = r->env->config,
                              .health_log = &r->health_log,
                              .presentation = &r->presentation,
                              .out = r->env->out,
                              .faults = &r->env->faults};
}

void room_free(struct room **r)
{
    if (!*r)
        return;
    assert((*r)->magic == ROOM_MAGIC);
    struct role_room room = role_room_of(*r);
    roles_fini(&(*r)->roles, &room);
    session_fini(&(*r)->session);
    pair_fini(&(*r)->pair);
    hole_fini(&(*r)->hole);
    presentation_fini(&(*r)->presentation);
    showcase_fini(&(*r)->showcase);
    history_fini(&(*r)->history);
    (*r)->magic = 0;
    free(*r);
    *r = NULL;
}

/* Before viewers see them: a process that is killed here has told nobody. */
static void note_numbers(const struct room *r, int64_t wall_us)
{
    if (r->env->journal)
        numbers_note(r->env->journal, r->name, &r->presentation, r->state == ROOM_GONE, wall_us);
}

/* More messages may be waiting; what they change is shown together. */
void room_show_soon(struct room *r)
{
    r->pending = r->env->pending = true;
}

static void show(struct room *r, int64_t now_us, int64_t wall_us)
{
    r->pending = false;
    struct room_facts facts;
    if (!r->presentation.settled && presentation_is_ready(&r->presentation, now_us)) {
        r->presentation.settled = true;
        showcase_touch(&r->showcase);
    }
    room_facts(r, &facts);
    note_numbers(r, wall_us);
    int err = showcase_show(&r->showcase, r->env->out, &facts, &r->presentation, now_us, wall_us);
    if (err < 0)
        log_error(r->ctx, "not_shown error=\"%s\" the last view stays", strerror(-err));
}

void room_show(struct room *r, int64_t now_us, int64_t wall_us)
{
    if (r->pending && r->state != ROOM_GONE)
        show(r, now_us, wall_us);
}

static void stop_roles(struct room *r, int64_t now_us)
{
    struct role_room room = role_room_of(r);
    roles_stop(&r->roles, &room, -1, "the main feed left, and this one follows it", now_us);
}

void room_finish_media(struct room *r, int64_t now_us)
{
    struct intake in = intake_of(r);
    struct link_message kept;
    int fd;
    if (hole_is_open(&r->hole)) /* what is open is the filler's */
        return;
    while (stitch_give_back(&r->pair.stitch, &r->session, &kept, &fd)) {
        int err = intake_segment(&in, &kept, fd, now_us, now_us + r->hole.wall_offset_us);
        r->env->faults += err == -EINVAL || err == -ERANGE;
    }
    intake_finish(&in, now_us);
}

void room_drop_session(struct room *r, bool goes_on, int64_t now_us)
{
    stop_roles(r, now_us);
    if (!goes_on)
        room_finish_media(r, now_us);
    feed_fields_add(&r->closed, &r->session.stats);
    session_fini(&r->session);
}

const char *room_open_role(struct room *r, const struct link_message *m, int64_t now_us,
                           int64_t wall_us)
{
    struct role_room room = role_room_of(r);
    return roles_open(&r->roles, &room, m, now_us, wall_us);
}

/* What follows a feed: an ended list stays ended, a playlist waits, and a room that never played
 * anything is not kept - except to remember that its publisher needs SRT's own pacing. */
static enum room_state state_after(const struct room *r)
{
    if (r->presentation.ended)
        return ROOM_ENDED;
    bool stays = presentation_has_media(&r->presentation) || r->classic || r->pair.standby.feed;
    return stays ? ROOM_WAITING : ROOM_GONE;
}

static void leave(struct room *r, const char *why, int64_t now_us)
{
    struct hole_room hole = room_hole(r);
    room_drop_session(r, false, now_us);
    if (r->presentation.first_us > 0)
        r->presentation.settled = true; /* no more tracks will come */
    room_set_state(r, state_after(r), now_us, why);
    if (r->state == ROOM_GONE) {
        r->env->out->hide(r->env->out->ctx, r->name);
        return;
    }
    if (r->state == ROOM_WAITING)
        hole_begin(&r->hole, &hole, now_us);
    room_show_soon(r);
}

void room_abandon(struct room *r, const char *why, int64_t now_us)
{
    leave(r, why, now_us);
}

/* m: LINK_FEED_CLOSED, or NULL when its worker died. */
static void close_session(struct room *r, const struct link_message *m, int64_t now_us)
{
    char text[LINK_TEXT] = "its worker died", why[LINK_TEXT + 160];
    uint32_t reason = m ? m->u.closed.reason : LINK_CLOSE_LOST;
    if (m) {
        session_copy_text(text, sizeof(text), m->u.closed.text, sizeof(m->u.closed.text));
        r->session.stats = m->u.closed.stats;
        int64_t end_90k = m->u.closed.end_90k, *end = &r->presentation.end_90k;
        if (end_90k > *end && end_90k - *end < (int64_t)ROOM_CLOCK_SKEW_S * 90000)
            *end = end_90k;
    }
    if (reason == LINK_CLOSE_WEDGED)
        r->classic = true;
    snprintf(why, sizeof(why), "reason=%s feed=%llu peer=%s text=\"%s\"", ending_word(reason),
             (unsigned long long)r->session.feed, r->session.peer, text);
    r->pair.rests = false;
    if (!r->pair.leaving)
        snprintf(r->pair.why, sizeof(r->pair.why), "the other one left: %.120s", text);
    if (!pair_succeed(r, now_us))
        leave(r, why, now_us);
}

void room_worker_lost(struct room *r, uint32_t worker, int64_t now_us)
{
    struct hole_room hole = room_hole(r);
    struct role_room room = role_room_of(r);
    pair_worker_lost(r, worker);
    roles_stop(&r->roles, &room, (int)worker, "its worker died", now_us);
    if (r->session.feed && r->session.worker == worker)
        close_session(r, NULL, now_us);
    hole_worker_lost(&r->hole, &hole, worker, now_us);
    room_show_soon(r);
}

/* Of a worker that breaks the contract in a way that could break the playlist, for instance. */
void room_evict(struct room *r, const char *why, int64_t now_us)
{
    char text[LINK_TEXT + 32];
    room_stop_feed(r, &r->session, why); /* what it still sends is nobody's from now on */
    r->pair.tied = false;
    snprintf(text, sizeof(text), "reason=fault text=\"%s\"", why);
    if (!pair_succeed(r, now_us))
        leave(r, text, now_us);
}

static void heard(struct room *r, int64_t now_us)
{
    if (r->state == ROOM_STALE && r->session.heard_us == now_us)
        room_set_state(r, ROOM_LIVE, now_us, "its feed sends again");
}

static void take_track(struct room *r, const struct link_message *m, int fd)
{
    int err = session_track(&r->session, &r->presentation, m, fd);
    if (err == 0)
        return;
    r->env->faults++;
    log_error(r->ctx, "track_refused track=%u error=\"%s\"", m->u.track.track, strerror(-err));
}

static void take_media(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                       int64_t wall_us)
{
    struct intake in = intake_of(r);
    int err = m->type == LINK_PART ? part_intake(&in, m, fd, now_us, wall_us)
                                   : intake_segment(&in, m, fd, now_us, wall_us);
    if (err == -EINVAL || err == -ERANGE)
        r->env->faults++;
    if (err == -ERANGE) {
        room_evict(r, "its segments do not follow each other", now_us);
        return;
    }
    r->session.heard_us = now_us;
    heard(r, now_us);
    if (err == 0) {
        struct role_room room = role_room_of(r);
        roles_follow(&r->roles, &room, &r->session, m, now_us, wall_us);
        beside_slide(&r->presentation);
        showcase_touch(&r->showcase);
    }
    room_show_soon(r); /* what was refused may have ended an open segment */
}

/* What another feed began is ended here, what another one will end is kept back. */
static void take_whole(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                       int64_t wall_us)
{
    struct link_message other;
    int kept;
    while (r->session.feed == m->feed && pair_release(r, m, &other, &kept))
        take_media(r, &other, kept, now_us, wall_us);
    if (r->session.feed != m->feed) { /* it was evicted for that */
        if (fd >= 0)
            close(fd);
        return;
    }
    const struct link_message *taken = pair_media(r, m, &other, &fd);
    if (taken)
        take_media(r, taken, fd, now_us, wall_us);
    if (r->session.feed == m->feed)
        pair_follow(r, m, now_us);
}

/* What is new is shown with the next segment or part, or at the next tick. */
static void take_beside(struct room *r, const struct link_message *m)
{
    if (beside_take(&r->presentation, m, r->ctx))
        showcase_touch(&r->showcase);
}

/* A role changes lists and what stands in the multivariant playlist, never the room's state. */
static void take_role(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                      int64_t wall_us)
{
    struct role_room room = role_room_of(r);
    if (m->type == LINK_FEED_CLOSED && m->u.closed.reason == LINK_CLOSE_WEDGED)
        r->classic = true;
    roles_message(&r->roles, &room, m, fd, now_us, wall_us);
    if (m->type == LINK_FEED_STATS)
        return;
    showcase_touch(&r->showcase);
    room_show_soon(r);
}

/* m: of the feed on air. */
static void take_main(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                      int64_t wall_us)
{
    switch (m->type) {
    case LINK_FEED_CLOSED:
        close_session(r, m, now_us);
        break;
    case LINK_TRACK:
        take_track(r, m, fd);
        break;
    case LINK_PART:
    case LINK_SEGMENT:
        take_whole(r, m, fd, now_us, wall_us);
        break;
    case LINK_FEED_SIGNS:
    case LINK_FEED_MARK:
    case LINK_FEED_RESTED:
        pair_follow(r, m, now_us);
        break;
    case LINK_EVENT:
    case LINK_CAPTIONS:
        take_beside(r, m);
        break;
    case LINK_PROGRAM:
        session_copy_text(r->session.left_out, sizeof(r->session.left_out), m->u.program.text,
                          sizeof(m->u.program.text));
        showcase_touch(&r->showcase);
        break;
    case LINK_FEED_STATS:
        pair_follow(r, m, now_us);
        heard(r, now_us);
        break;
    default:
        assert(!"a message that is not about a feed");
    }
}

/* What waited for the end of a filler. */
static void take_held(struct room *r, int64_t now_us, int64_t wall_us)
{
    struct link_message held;
    int fd;
    while (hole_next_held(&r->hole, &held, &fd)) {
        if (held.feed == r->session.feed)
            take_main(r, &held, fd, now_us, wall_us);
        else if (fd >= 0)
            close(fd);
    }
}

void room_message(struct room *r, const struct link_message *m, int fd, int64_t now_us,
                  int64_t wall_us)
{
    assert(r->magic == ROOM_MAGIC);
    struct hole_room hole = room_hole(r);
    uint32_t worker;
    if (hole_has_feed(&r->hole, m->feed, &worker)) {
        if (hole_message(&r->hole, &hole, m, fd, now_us))
            showcase_touch(&r->showcase);
        take_held(r, now_us, wall_us);
        room_show_soon(r);
        return;
    }
    if (m->feed != r->session.feed && pair_has_feed(&r->pair, m->feed, &worker)) {
        pair_message(r, m, fd, now_us);
        showcase_touch(&r->showcase);
        return;
    }
    if (m->feed != r->session.feed) {
        take_role(r, m, fd, now_us, wall_us);
        return;
    }
    bool kept = hole_hold(&r->hole, &hole, m, fd, now_us);
    take_held(r, now_us, wall_us);
    if (!kept)
        take_main(r, m, fd, now_us, wall_us);
}

void room_settle(struct room *r, int64_t now_us, int64_t wall_us)
{
    struct hole_room hole = room_hole(r);
    if (!hole_is_open(&r->hole))
        return;
    hole_end(&r->hole, &hole, now_us);
    if (r->session.feed) /* whose first picture was to end the hole */
        presentation_open(&r->presentation);
    take_held(r, now_us, wall_us);
    room_show_soon(r);
}

/* Rule 33: what has ended stays for as long as its list lasts, and a target duration more; that of
 * a list which gave segments up since is not shorter. After an upgrade it is what is there. */
static int64_t afterlife_us(struct room *r)
{
    const struct presentation *p = &r->presentation;
    int64_t us = ticks_to_us(presentation_longest_90k(p)) + p->target_duration_s * INT64_C(1000000);
    r->afterlife_us = us > r->afterlife_us ? us : r->afterlife_us;
    return r->afterlife_us;
}

static void end(struct room *r, int64_t now_us)
{
    struct hole_room hole = room_hole(r);
    hole_end(&r->hole, &hole, now_us);
    if (!presentation_has_media(&r->presentation)) {
        room_set_state(r, ROOM_GONE, now_us, "nobody came back");
        return;
    }
    r->presentation.ended = true; /* rule 29 */
    r->afterlife_us = 0;
    (void)afterlife_us(r);
    room_set_state(r, ROOM_ENDED, now_us, "nobody came back");
}

static void pass_deadlines(struct room *r, int64_t now_us)
{
    int64_t age_us = now_us - r->state_us;
    struct role_room room = role_room_of(r);
    roles_tick(&r->roles, &room, now_us);
    if (r->state == ROOM_NEW && !roles_any(&r->roles))
        room_set_state(r, ROOM_GONE, now_us, "no main feed came");
    else if (r->state == ROOM_LIVE && now_us - r->session.heard_us >= ROOM_STALE_US)
        room_set_state(r, ROOM_STALE, now_us, "its feed sends nothing");
    else if (r->state == ROOM_WAITING &&
             age_us >= (int64_t)config_resume_s(r->env->config, r->name) * 1000000)
        end(r, now_us);
    else if (r->state == ROOM_ENDED && age_us >= afterlife_us(r))
        room_set_state(r, ROOM_GONE, now_us, "its list's time is over");
}

void room_tick(struct room *r, int64_t now_us, int64_t wall_us)
{
    if (r->state == ROOM_GONE)
        return;
    pair_tick(r, now_us);
    pass_deadlines(r, now_us);
    struct hole_room hole = room_hole(r);
    if (r->state == ROOM_WAITING) /* after an upgrade its hole begins anew */
        hole_begin(&r->hole, &hole, now_us);
    room_await(r, now_us);
    if (hole_tick(&r->hole, &hole, now_us, wall_us))
        showcase_touch(&r->showcase);
    take_held(r, now_us, wall_us);
    if (r->state == ROOM_GONE) {
        pair_dismiss(r, "the room is over: nothing came for rooms.resume_s");
        note_numbers(r, wall_us);
        r->env->out->hide(r->env->out->ctx, r->name);
        return;
    }
    /* While segments come, what is over leaves with the next one. */
    if (r->state != ROOM_LIVE && budget_expire(&r->presentation, now_us))
        showcase_touch(&r->showcase);
    show(r, now_us, wall_us);
}
