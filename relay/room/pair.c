/* Main and backup of one room: who is asked to leave, who follows, and where it begins. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/pair.h"

#include "relay/base/log.h"
#include "relay/base/text.h"
#include "relay/room/feed_fields.h"
#include "relay/room/room_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint64_t clock_mask = (UINT64_C(1) << 33) - 1; /* ISO/IEC 13818-1: 33 bit */

void pair_fini(struct pair *p)
{
    session_fini(&p->standby);
    session_fini(&p->next);
    stitch_fini(&p->stitch);
}

static void tell(const struct room *r, const struct session *s, uint32_t type, const char *text)
{
    struct link_message m = {.type = type, .worker = s->worker, .feed = s->feed};
    if (type == LINK_FEED_STOP)
        snprintf(m.u.stop.text, sizeof(m.u.stop.text), "%s", text);
    else if (type == LINK_FEED_REST)
        m.u.rest.goes_on = r->pair.goes_on && s == &r->session;
    r->env->out->send(r->env->out->ctx, m.worker, &m);
}

static bool is_silent(const struct pair *p, const struct session *s, int64_t now_us)
{
    return now_us - s->heard_us >= PAIR_SILENT_US ||
           p->on_air.feeds[on_air_side_of(s->role)].silent;
}

/* The feed that has that role in the room, or NULL. */
static const struct session *holder(const struct room *r, enum on_air_side side)
{
    if (r->session.feed && on_air_side_of(r->session.role) == side)
        return &r->session;
    return r->pair.standby.feed && on_air_side_of(r->pair.standby.role) == side ? &r->pair.standby
                                                                                : NULL;
}

const char *pair_refusal(const struct room *r, const char *role, int64_t now_us)
{
    const struct session *s = holder(r, on_air_side_of(role));
    if (r->pair.next.feed)
        return "another publisher is taking the room over just now";
    if (!s || (s == &r->session && r->state == ROOM_STALE))
        return NULL;
    if (r->pair.taken_over && now_us - r->pair.taken_over_us < PAIR_TAKEOVER_US)
        return "conflict: it was taken over less than 2 s ago";
    if (config_refuses_takeover(r->env->config, r->name) && !is_silent(&r->pair, s, now_us))
        return "another publisher is live in the room";
    return NULL;
}

bool pair_is_closed(const struct room *r)
{
    const struct session *s = holder(r, ON_AIR_MAIN);
    bool silent = s && ((s == &r->session && r->state == ROOM_STALE) ||
                        r->pair.on_air.feeds[ON_AIR_MAIN].silent);
    return s && !silent && (r->pair.taken_over || config_refuses_takeover(r->env->config, r->name));
}

bool pair_has_feed(const struct pair *p, uint64_t feed, uint32_t *worker)
{
    const struct session *s = p->standby.feed == feed ? &p->standby : &p->next;
    bool has = feed != 0 && s->feed == feed;
    if (has)
        *worker = s->worker;
    return has;
}

/* Could the standby go on, unit by unit, where the feed on air ends? One that comes there much
 * later would leave the lists standing still until then. */
static bool may_go_on(const struct room *r)
{
    const struct session *s = &r->pair.standby;
    int64_t most_us = (int64_t)r->presentation.target_duration_s * 500000;
    return likeness_is(&r->pair.likeness) &&
           likeness_lag_us(&r->pair.likeness, on_air_side_of(s->role)) < most_us && r->pair.tied &&
           r->presentation.begun && r->session.based && s->feed;
}

static void leave(struct room *r, bool rests, int64_t now_us)
{
    r->pair.leaving = true;
    r->pair.rests = rests;
    r->pair.goes_on = rests && may_go_on(r);
    r->pair.leaving_us = now_us;
}

static void note_takeover(struct room *r, const struct session *old, const struct session *s,
                          int64_t now_us)
{
    r->pair.taken_over = true;
    r->pair.taken_over_us = now_us;
    r->pair.takeovers++;
    log_warn(r->ctx,
             "taken_over role=%s feed=%" PRIu64 " peer=%s user=%s by_feed=%" PRIu64
             " by_peer=%s by_user=%s",
             on_air_word(on_air_side_of(s->role)), old->feed, old->peer,
             old->user[0] ? old->user : "-", s->feed, s->peer, s->user[0] ? s->user : "-");
}

static void stop_replaced(struct room *r, const struct session *old, const struct session *s,
                          int64_t now_us)
{
    char text[LINK_TEXT];
    note_takeover(r, old, s, now_us);
    snprintf(text, sizeof(text), "replaced by another publisher: peer=%s user=%.48s", s->peer,
             s->user[0] ? s->user : "-");
    tell(r, old, LINK_FEED_STOP, text);
}

/* Its marks will be compared with the other feed's, which must make some too. */
static void rest(struct room *r, const struct session *s)
{
    r->pair.standby = *s;
    tell(r, s, LINK_FEED_REST, "");
    tell(r, &r->session, LINK_FEED_COMPARE, "");
    log_info(r->ctx, "rests role=%s feed=%" PRIu64 " worker=%" PRIu32 " peer=%s",
             on_air_word(on_air_side_of(s->role)), s->feed, s->worker, s->peer);
}

bool pair_open(struct room *r, const struct session *s, int64_t now_us)
{
    enum on_air_side side = on_air_side_of(s->role);
    const struct session *old = holder(r, side);
    struct pair *p = &r->pair;
    if (old)
        stop_replaced(r, old, s, now_us);
    if (old == &r->session) {
        p->next = *s;
        leave(r, false, now_us);
        return true;
    }
    if (old) {
        feed_fields_add(&r->closed, &p->standby.stats);
        session_fini(&p->standby);
    }
    on_air_came(&p->on_air, side, now_us);
    likeness_forget(&p->likeness, side);
    if (r->session.feed) {
        rest(r, s);
        return true;
    }
    stitch_fini(&p->stitch);
    p->on_air.side = side;
    if (p->standby.feed)
        tell(r, s, LINK_FEED_COMPARE, "");
    return false;
}

static void place_after(struct room *r, struct link_go *go)
{
    const struct presentation *p = &r->presentation;
    go->goes_on = true;
    go->start_90k = p->end_90k;
    go->raw_90k = ((uint64_t)p->end_90k - r->pair.clock_90k) & clock_mask;
    stitch_begin(&r->pair.stitch, p, &r->session, go->from_90k);
}

const struct link_message *pair_media(struct room *r, const struct link_message *m,
                                      struct link_message *room, int *fd)
{
    struct pair *p = &r->pair;
    uint32_t most_bytes = r->env->config->limits.segment_bytes;
    bool taken = stitch_take(&p->stitch, &r->session, m, most_bytes, room, fd);
    if (!taken)
        *room = *m;
    if (p->leaving && p->goes_on && m->type == LINK_PART)
        room->u.part.last = false; /* its segment's next part is the other feed's */
    if (p->leaving && p->goes_on && m->type == LINK_SEGMENT &&
        stitch_keep(&p->stitch, &r->presentation, &r->session, room, *fd)) {
        if (m->u.segment.track == LINK_TRACK_TS) /* the other feed's half follows it */
            memcpy(r->presentation.ts_counters, m->u.segment.ts_counters, LINK_TS_PIDS);
        *fd = -1;
        return NULL;
    }
    return room;
}

bool pair_release(struct room *r, const struct link_message *m, struct link_message *out, int *fd)
{
    return stitch_release(&r->pair.stitch, &r->session, m, out, fd);
}

/* Who the session is, without its tracks. */
static struct session stripped(const struct session *s)
{
    struct session out = *s;
    memset(out.tracks, 0, sizeof(out.tracks));
    out.based = false;
    return out;
}

bool pair_succeed(struct room *r, int64_t now_us)
{
    struct pair *p = &r->pair;
    struct session old = stripped(&r->session), s = p->next;
    enum on_air_side was = on_air_side_of(old.role);
    struct link_go go = {0};
    bool takeover = s.feed != 0, rests = p->rests && p->leaving;
    p->leaving = p->rests = false;
    p->next = (struct session){0};
    if (!takeover && on_air_could(&p->on_air, on_air_side_of(p->standby.role)))
        s = p->standby;
    bool stays = !s.feed && rests; /* who was to follow has left, or fallen silent */
    if (stays)
        s = old;
    else if (!rests && old.feed)
        on_air_left(&p->on_air, was);
    if (!s.feed)
        return false;
    bool alike = !takeover && !stays && may_go_on(r) && stitch_is_even(&p->stitch, &r->session);
    if (!alike)
        room_finish_media(r, now_us);
    if (!alike) /* else what was kept back is at hand */
        stitch_fini(&p->stitch);
    if (alike)
        place_after(r, &go);
    go.resume_wall_us = r->presentation.end_wall_us;
    if (!takeover && !stays)
        p->standby = (struct session){0};
    if (rests && !stays)
        p->standby = old;
    if (rests)
        memset(&r->session.stats, 0, sizeof(r->session.stats)); /* they go along with it */
    room_drop_session(r, alike, now_us);
    p->on_air.side = on_air_side_of(s.role);
    p->on_air.feeds[p->on_air.side].ready = false; /* what it kept is used up */
    if (takeover) {
        on_air_came(&p->on_air, p->on_air.side, now_us);
        likeness_forget(&p->likeness, p->on_air.side);
    } else {
        p->switches += !stays;
    }
    p->tied = alike;
    s.heard_us = now_us;
    s.based = alike;
    s.base_msn = p->stitch.base_msn;
    log_info(r->ctx, "on_air role=%s was=%s breaks=%d why=\"%s\"", on_air_word(p->on_air.side),
             on_air_word(was), !alike, takeover ? "the newest publisher has the room" : p->why);
    room_begin(r, &s, &go, !takeover && !stays, now_us);
    if (p->standby.feed)
        tell(r, &r->session, LINK_FEED_COMPARE, "");
    return true;
}

static void close_waiting(struct room *r, struct session *s, const struct link_message *m)
{
    struct pair *p = &r->pair;
    char text[LINK_TEXT];
    session_copy_text(text, sizeof(text), m->u.closed.text, sizeof(m->u.closed.text));
    log_info(r->ctx, "left role=%s feed=%" PRIu64 " peer=%s on_air=0 text=\"%s\"",
             on_air_word(on_air_side_of(s->role)), s->feed, s->peer, text);
    feed_fields_add(&r->closed, &m->u.closed.stats);
    if (s == &p->standby) {
        on_air_left(&p->on_air, on_air_side_of(s->role));
        likeness_forget(&p->likeness, on_air_side_of(s->role));
    }
    session_fini(s);
}

static void choose(struct room *r, bool at_keyframe, int64_t now_us)
{
    struct pair *p = &r->pair;
    const char *why;
    int64_t hold_us = (int64_t)r->env->config->rooms.main_hold_s * 1000000;
    if (!p->standby.feed || p->leaving ||
        on_air_choose(&p->on_air, hold_us, now_us, &why) == p->on_air.side)
        return;
    if (!r->session.feed) { /* neither was of use, and this one is again */
        snprintf(p->why, sizeof(p->why), "%s", why);
        pair_succeed(r, now_us);
        return;
    }
    if (!at_keyframe && !on_air_is_urgent(&p->on_air) && !likeness_is(&p->likeness))
        return; /* nobody is in need: at its next keyframe nothing is shown twice or left out */
    snprintf(p->why, sizeof(p->why), "%s", why);
    leave(r, true, now_us);
    tell(r, &r->session, LINK_FEED_REST, "");
}

static void take_signs(struct room *r, const struct session *s, const struct link_message *m,
                       int64_t now_us)
{
    enum on_air_side side = on_air_side_of(s->role);
    bool was = r->pair.on_air.feeds[side].silent;
    on_air_signs(&r->pair.on_air, side, &m->u.signs, now_us);
    if (was != m->u.signs.silent)
        log_info(r->ctx, "%s role=%s feed=%" PRIu64, m->u.signs.silent ? "silent" : "heard_again",
                 on_air_word(side), s->feed);
    choose(r, m->u.signs.keyframe, now_us);
}

void pair_message(struct room *r, const struct link_message *m, int fd, int64_t now_us)
{
    struct pair *p = &r->pair;
    struct session *s = p->standby.feed == m->feed ? &p->standby : &p->next;
    if (fd >= 0) /* of a feed that was not waited for */
        close(fd);
    if (m->type == LINK_FEED_CLOSED) {
        close_waiting(r, s, m);
        return;
    }
    if (m->type == LINK_FEED_STATS) {
        room_second(r, s, m, now_us);
        on_air_second(&p->on_air, on_air_side_of(s->role), &m->u.feed_stats, now_us);
    } else if (m->type == LINK_FEED_SIGNS) {
        take_signs(r, s, m, now_us);
    } else if (m->type == LINK_FEED_MARK) {
        likeness_take(&p->likeness, on_air_side_of(s->role), &m->u.mark, now_us);
    } else if (m->type == LINK_PROGRAM) {
        session_copy_text(s->left_out, sizeof(s->left_out), m->u.program.text,
                          sizeof(m->u.program.text));
    }
}

void pair_follow(struct room *r, const struct link_message *m, int64_t now_us)
{
    struct pair *p = &r->pair;
    enum on_air_side side = on_air_side_of(r->session.role);
    if (m->type == LINK_SEGMENT && m->u.segment.track < LINK_TRACKS_MAX) {
        p->clock_90k = m->u.segment.clock_90k;
        p->tied = true;
    } else if (m->type == LINK_FEED_STATS) {
        room_second(r, &r->session, m, now_us);
        on_air_second(&p->on_air, side, &m->u.feed_stats, now_us);
        choose(r, false, now_us);
    } else if (m->type == LINK_FEED_SIGNS) {
        take_signs(r, &r->session, m, now_us);
    } else if (m->type == LINK_FEED_MARK) {
        likeness_take(&p->likeness, side, &m->u.mark, now_us);
    } else if (m->type == LINK_FEED_RESTED && p->leaving && p->rests) {
        pair_succeed(r, now_us);
    }
}

void pair_dismiss(struct room *r, const char *why)
{
    const struct session *const waiting[] = {&r->pair.standby, &r->pair.next};
    for (size_t i = 0; i < 2; i++)
        if (waiting[i]->feed)
            tell(r, waiting[i], LINK_FEED_STOP, why);
    feed_fields_add(&r->closed, &r->pair.standby.stats);
    pair_fini(&r->pair);
}

void pair_worker_lost(struct room *r, uint32_t worker)
{
    struct session *const waiting[] = {&r->pair.standby, &r->pair.next};
    for (size_t i = 0; i < 2; i++) {
        struct link_message m = {.type = LINK_FEED_CLOSED};
        if (!waiting[i]->feed || waiting[i]->worker != worker)
            continue;
        m.u.closed.stats = waiting[i]->stats;
        snprintf(m.u.closed.text, sizeof(m.u.closed.text), "its worker died");
        close_waiting(r, waiting[i], &m);
    }
}

void pair_tick(struct room *r, int64_t now_us)
{
    struct pair *p = &r->pair;
    if (p->taken_over && now_us - p->taken_over_us >= PAIR_TAKEOVER_US)
        p->taken_over = false;
    if (p->leaving && now_us - p->leaving_us >= PAIR_PATIENCE_US) {
        log_warn(r->ctx, "not_waited_for feed=%" PRIu64 " worker=%" PRIu32, r->session.feed,
                 r->session.worker);
        if (!pair_succeed(r, now_us))
            room_abandon(r, "it was told to leave, and who was to follow has left", now_us);
    }
    choose(r, false, now_us);
}

const struct session *pair_standby(const struct pair *p)
{
    return p->standby.feed ? &p->standby : NULL;
}

void pair_put(struct text *t, const struct pair *p, const struct session *on_air)
{
    const struct session *s = pair_standby(p);
    text_puts(t, "{\"role\":");
    text_json(t, on_air ? on_air_word(p->on_air.side) : "");
    text_puts(t, ",\"why\":");
    text_json(t, p->why);
    text_printf(t, ",\"chosen\":\"%s\"", on_air_choice_word(p->on_air.choice));
    text_printf(t, ",\"alike\":%s,\"takeovers\":%" PRIu64 ",\"switches\":%" PRIu64 ",\"standby\":",
                likeness_is(&p->likeness) ? "true" : "false", p->takeovers, p->switches);
    if (!s) {
        text_puts(t, "null}");
        return;
    }
    const struct on_air_feed *f = &p->on_air.feeds[on_air_side_of(s->role)];
    text_printf(t, "{\"role\":\"%s\",\"silent\":%s,\"ready\":%s,\"damaged\":%s}}",
                on_air_word(on_air_side_of(s->role)), f->silent ? "true" : "false",
                f->ready ? "true" : "false", f->damaged ? "true" : "false");
}
