/* How a feed comes into a room: who may, and where it begins. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doors.h"
#include "relay/room/room.h"
#include "relay/room/room_inside.h"

#include <stdio.h>
#include <string.h>

/* Nothing is known of when a newcomer brings its first picture: a hole may begin before that, and
 * both go by one clock. */
static void go_by_clock(const struct room *r, struct link_go *go, int64_t now_us)
{
    if (presentation_has_media(&r->presentation) && !r->presentation.ended)
        go->at_us = hole_base_us(&r->presentation, now_us);
}

static void answer_go(struct room *r, struct link_go *go, bool at_once, int64_t now_us)
{
    struct link_message m = {
        .type = LINK_FEED_GO, .worker = r->session.worker, .feed = r->session.feed};
    go->start_90k = r->presentation.end_90k;
    go->target_duration_s = r->presentation.target_duration_s;
    go->part_ms = r->presentation.part_target_ms;
    go->part_ranges = r->presentation.part_ranges;
    if (hole_is_open(&r->hole))
        hole_go(&r->hole, &r->presentation, go, now_us);
    else if (!at_once)
        go_by_clock(r, go, now_us);
    memcpy(go->ts_counters, r->presentation.ts_counters, sizeof(go->ts_counters));
    m.u.go = *go;
    r->env->out->send(r->env->out->ctx, m.worker, &m);
}

static bool has_tracks(const struct session *s)
{
    for (size_t t = 0; t < LINK_TRACK_SLOTS; t++)
        if (s->tracks[t].rendition)
            return true;
    return false;
}

void room_await(struct room *r, int64_t now_us)
{
    const struct presentation *p = &r->presentation;
    int64_t patience_us = (int64_t)p->target_duration_s * 1000000;
    struct hole_room hole = room_hole(r);
    if (!r->session.feed || has_tracks(&r->session) ||
        hole_base_us(p, now_us) > now_us - patience_us)
        return;
    if (!r->session.based) /* else the open segment is waiting for it */
        hole_begin(&r->hole, &hole, now_us);
    else if (r->state == ROOM_STALE || r->state_us <= now_us - patience_us)
        room_evict(r, "it was to go on where the other feed ended, and did not", now_us);
}

void room_begin(struct room *r, const struct session *from, struct link_go *go, bool at_once,
                int64_t now_us)
{
    char why[320];
    enum room_state was = r->state;
    if (was == ROOM_ENDED || !presentation_has_media(&r->presentation))
        r->since_wall_us = from->opened_wall_us;
    if (was == ROOM_ENDED) {
        attendance_begin(&r->attendance);
        doors_close(r);
    }
    r->session = *from;
    if (go->goes_on)
        presentation_go_on(&r->presentation);
    else if (!hole_is_open(&r->hole)) /* else when its first picture is there */
        presentation_open(&r->presentation);
    r->sessions++;
    r->sessions_again += r->session.again;
    r->session.again = true; /* and so it is when it comes back from a rest */
    const struct session *s = &r->session;
    snprintf(why, sizeof(why),
             "%s feed=%llu worker=%u peer=%s user=%s role=%s latency_ms=%u encrypted=%d classic=%d",
             was == ROOM_STALE || was == ROOM_LIVE ? "replaced"
             : was == ROOM_NEW                     ? "opened"
                                                   : "resumed",
             (unsigned long long)s->feed, s->worker, s->peer, s->user[0] ? s->user : "-",
             s->role[0] ? s->role : "-", s->latency_ms, s->encrypted, s->classic);
    room_set_state(r, ROOM_LIVE, now_us, why);
    answer_go(r, go, at_once, now_us);
    room_show_soon(r);
}

void room_open(struct room *r, const struct link_message *m, int64_t now_us, int64_t wall_us)
{
    struct session s;
    struct link_go go = {0};
    session_init(&s, m, now_us, wall_us);
    if (!pair_open(r, &s, now_us))
        room_begin(r, &s, &go, false, now_us);
}

bool room_role_is_new(const struct room *r, const char *role)
{
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (strcmp(r->roles.list[i].name, role) == 0)
            return false;
    return roles_is_further(role);
}

const char *room_refusal(const struct room *r, const char *role, int64_t now_us)
{
    if (!roles_is_further(role))
        return pair_refusal(r, role, now_us);
    bool apart =
        r->session.feed && r->pair.on_air.side == ON_AIR_BACKUP && !likeness_is(&r->pair.likeness);
    return apart ? "the room is on role=backup: further renditions wait for the main feed" : NULL;
}
