/* Feeds that may not come: what an agency's quotas say of a new one, and how it is sent away. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/refusal.h"

#include "relay/base/log.h"
#include "relay/room/pair.h"
#include "relay/room/role.h"
#include "relay/room/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MBPS = 1000000 };

static const char *role_of(const struct session *s)
{
    return s->role[0] ? s->role : "main";
}

static const struct session *further(const struct room_facts *f, size_t i)
{
    const struct role *role = f->roles->list[i].role;
    return role ? &role->session : NULL;
}

static bool has_feed(const struct room_facts *f)
{
    bool any = f->session || pair_standby(f->pair);
    for (size_t i = 0; i < ROLES_MAX; i++)
        any |= further(f, i) != NULL;
    return any;
}

static uint64_t rate_of(const struct session *s)
{
    return s ? s->stats.bitrate_bps : 0;
}

static void add(struct refusal_use *out, const struct room_facts *f)
{
    out->live_rooms += has_feed(f);
    out->bitrate_bps += rate_of(f->session) + rate_of(pair_standby(f->pair));
    for (size_t i = 0; i < ROLES_MAX; i++)
        out->bitrate_bps += rate_of(further(f, i));
}

void refusal_use(const struct rooms *r, const struct config_agency *agency, struct refusal_use *out)
{
    *out = (struct refusal_use){0};
    for (size_t i = 0; i < rooms_count(r); i++) {
        struct room_facts f;
        if (strncmp(room_name(rooms_at(r, i)), agency->prefix, strlen(agency->prefix)) != 0)
            continue;
        room_facts(rooms_at(r, i), &f);
        if (f.agency == agency)
            add(out, &f);
    }
}

/* Whoever comes would replace that one. */
static bool has_role(const struct room_facts *f, const char *role)
{
    const struct session *standby = pair_standby(f->pair);
    bool has = (f->session && strcmp(role_of(f->session), role) == 0) ||
               (standby && strcmp(role_of(standby), role) == 0);
    for (size_t i = 0; i < ROLES_MAX; i++)
        has |= further(f, i) && strcmp(role_of(further(f, i)), role) == 0;
    return has;
}

bool refusal_by_quota(const struct rooms *r, const struct config *c, const char *room,
                      const char *role, char why[static LINK_TEXT])
{
    const struct config_agency *a = config_agency_of(c, room);
    const struct room *there = rooms_find(r, room);
    struct room_facts f;
    struct refusal_use now;
    if (!a || (!a->max_live_rooms && !a->total_mbps))
        return false;
    if (there)
        room_facts(there, &f);
    if (there && has_role(&f, role[0] ? role : "main"))
        return false;
    refusal_use(r, a, &now);
    if (a->max_live_rooms && now.live_rooms >= a->max_live_rooms && !(there && has_feed(&f)))
        snprintf(why, LINK_TEXT,
                 "agency %s has %" PRIu32 " rooms live, its max_live_rooms: end a feed, or ask the "
                 "organizer for more",
                 a->name, now.live_rooms);
    else if (a->total_mbps && now.bitrate_bps >= (uint64_t)a->total_mbps * MBPS)
        snprintf(why, LINK_TEXT,
                 "agency %s takes %" PRIu64 " Mb/s, its total_mbps is %" PRIu32
                 ": end a feed, or ask the organizer for more",
                 a->name, now.bitrate_bps / MBPS, a->total_mbps);
    else
        return false;
    return true;
}

void refusal_tell(const struct rooms_out *out, const struct link_message *m, const char *room,
                  const char *why)
{
    struct link_message stop = {.type = LINK_FEED_STOP, .worker = m->worker, .feed = m->feed};
    char ctx[ROOM_NAME_MAX + 8], peer[LINK_PEER];
    snprintf(ctx, sizeof(ctx), "room/%.*s", ROOM_NAME_MAX, room);
    session_copy_text(peer, sizeof(peer), m->u.open.peer, sizeof(m->u.open.peer));
    log_warn(ctx, "refused feed=%" PRIu64 " worker=%" PRIu32 " peer=%s why=\"%s\"", m->feed,
             m->worker, peer, why);
    snprintf(stop.u.stop.text, sizeof(stop.u.stop.text), "%s", why);
    out->send(out->ctx, m->worker, &stop);
}
