/* What others may know of a room. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/budget.h"
#include "relay/room/diagnosis.h"
#include "relay/room/doors.h"
#include "relay/room/feed_fields.h"
#include "relay/room/room_inside.h"

static const char *const state_words[ROOM_STATES] = {
    [ROOM_NEW] = "new",         [ROOM_LIVE] = "live",   [ROOM_STALE] = "stale",
    [ROOM_WAITING] = "waiting", [ROOM_ENDED] = "ended", [ROOM_GONE] = "gone",
};

const char *room_name(const struct room *r)
{
    return r->name;
}

enum room_state room_state(const struct room *r)
{
    return r->state;
}

const char *room_state_word(enum room_state s)
{
    return s < ROOM_STATES ? state_words[s] : "unknown";
}

enum link_room_state room_link_state(const struct room *r)
{
    bool fed = r->state == ROOM_LIVE || r->state == ROOM_STALE;
    return fed                        ? pair_is_closed(r) ? LINK_ROOM_LIVE : LINK_ROOM_STALE
           : r->state == ROOM_WAITING ? LINK_ROOM_WAITING
                                      : LINK_ROOM_FREE;
}

bool room_has_feed(const struct room *r, uint64_t feed, uint32_t *worker)
{
    const struct role *role = roles_find(&r->roles, feed);
    bool is_main = feed != 0 && r->session.feed == feed;
    if (is_main || role)
        *worker = is_main ? r->session.worker : role->session.worker;
    return is_main || role || pair_has_feed(&r->pair, feed, worker) ||
           hole_has_feed(&r->hole, feed, worker);
}

void room_facts(const struct room *r, struct room_facts *out)
{
    const struct config_room *listed = config_find_room(r->env->config, r->name);
    *out = (struct room_facts){
        .name = r->name,
        .title = listed && listed->title ? listed->title : r->name,
        .agency = config_agency_of(r->env->config, r->name),
        .state = r->state,
        .since_wall_us = r->since_wall_us,
        .playable = r->showcase.multivariant != NULL,
        .is_public = r->presentation.is_public,
        .classic = r->classic,
        .session = r->session.feed ? &r->session : NULL,
        .roles = &r->roles,
        .pair = &r->pair,
        .presentation = &r->presentation,
        .history = &r->history,
        .totals = r->session.stats, /* its gauges; the counts of all feeds are added up */
        .sessions = r->sessions,
        .sessions_again = r->sessions_again,
        .bytes = budget_used_bytes(&r->presentation),
        .viewers = r->attendance.viewers,
        .viewers_peak = r->attendance.peak,
        .bytes_out = r->attendance.bytes_out,
        .viewer_us = r->attendance.viewer_us,
        .picture = r->presentation.is_public ? r->showcase.picture : NULL,
        .picture_wall_us = r->presentation.is_public ? r->showcase.picture_wall_us : 0,
    };
    feed_fields_add(&out->totals, &r->closed);
    feed_fields_add(&out->totals, &r->pair.standby.stats);
    roles_add_stats(&r->roles, &out->totals);
}

void room_floor(const struct room *r, struct presentation_start *floor)
{
    const struct presentation *p = &r->presentation;
    uint64_t sequence = p->epochs.list[p->epochs.count - 1].sequence + 1;
    floor->msn = p->next_msn > floor->msn ? p->next_msn : floor->msn;
    floor->sequence = sequence > floor->sequence ? sequence : floor->sequence;
    floor->part = p->next_part > floor->part ? p->next_part : floor->part;
    floor->start_90k = p->end_90k > floor->start_90k ? p->end_90k : floor->start_90k;
}

void room_second(struct room *r, struct session *s, const struct link_message *m, int64_t now_us)
{
    struct diagnosis_room room = {r->name, r->ctx, r->env->config, &r->health_log};
    if (diagnosis_second(s, &room, m, now_us))
        showcase_touch(&r->showcase);
    if (s == &r->session)
        history_second(&r->history, s, r->attendance.viewers, now_us);
    doors_second(r, now_us);
}
