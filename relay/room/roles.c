/* The further renditions of a room that are pushed beside its main feed, by their names. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/roles.h"

#include "relay/base/log.h"
#include "relay/room/feed_fields.h"
#include "relay/room/on_air.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A role starts behind the first segment of the main feed that ends this long after it came: by
 * then its own pictures of that moment are there, also where the main feed is the slower one. */
enum { SETTLE_US = 1000000 };

void roles_fini(struct roles *roles, const struct role_room *room)
{
    for (size_t i = 0; i < ROLES_MAX; i++)
        role_free(&roles->list[i].role, room, roles->list[i].since_us);
}

bool roles_is_further(const char *role)
{
    return !on_air_is_side(role);
}

const struct role *roles_find(const struct roles *roles, uint64_t feed)
{
    for (size_t i = 0; feed != 0 && i < ROLES_MAX; i++)
        if (roles->list[i].role && roles->list[i].role->session.feed == feed)
            return roles->list[i].role;
    return NULL;
}

bool roles_any(const struct roles *roles)
{
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (roles->list[i].role)
            return true;
    return false;
}

/* The role leaves its place; why "" when nothing was wrong. */
static void leave(struct roles *roles, struct roles_entry *e, const struct role_room *room,
                  const char *why, int64_t now_us)
{
    log_info(room->ctx, "role_left role=%s was=%s feed=%" PRIu64 " why=\"%s\"", e->name,
             role_state_word(e->role), e->role->session.feed, why);
    snprintf(e->why, sizeof(e->why), "%s", why);
    e->since_us = now_us;
    feed_fields_add(&roles->closed, &e->role->session.stats);
    role_free(&e->role, room, now_us);
}

static void stop(struct roles *roles, struct roles_entry *e, const struct role_room *room,
                 const char *why, int64_t now_us)
{
    struct link_message m = {
        .type = LINK_FEED_STOP, .worker = e->role->session.worker, .feed = e->role->session.feed};
    snprintf(m.u.stop.text, sizeof(m.u.stop.text), "role %s: %s", e->name, why);
    room->out->send(room->out->ctx, m.worker, &m);
    log_warn(room->ctx, "role_stopped role=%s peer=%s why=\"%s\"", e->name, e->role->session.peer,
             why);
    leave(roles, e, room, why, now_us);
}

/* The place of that name, else one never used, else the one that was left longest ago, or NULL. */
static struct roles_entry *place_of(struct roles *roles, const char *name)
{
    struct roles_entry *best = NULL;
    for (size_t i = 0; i < ROLES_MAX; i++) {
        struct roles_entry *e = &roles->list[i];
        if (strcmp(e->name, name) == 0)
            return e;
        if (!e->role && (!best || (best->name[0] && e->since_us < best->since_us)))
            best = e;
    }
    return best;
}

const char *roles_open(struct roles *roles, const struct role_room *room,
                       const struct link_message *m, int64_t now_us, int64_t wall_us)
{
    char name[LINK_ROLE];
    session_copy_text(name, sizeof(name), m->u.open.role, sizeof(m->u.open.role));
    struct roles_entry *e = place_of(roles, name);
    if (!e)
        return "the room has as many further renditions as it may";
    if (e->role &&
        (e->role->state == ROLE_WAITING || now_us - e->role->session.heard_us < ROLE_SILENT_US))
        return "another publisher has this role in the room";
    if (e->role)
        stop(roles, e, room, "replaced: it sent nothing for 2 s and another publisher came",
             now_us);
    if (role_new(&e->role, m, now_us, wall_us) < 0)
        return "out of memory";
    memcpy(e->name, name, sizeof(name));
    e->why[0] = '\0';
    e->since_us = now_us;
    const struct session *s = &e->role->session;
    log_info(room->ctx, "role_opened role=%s feed=%" PRIu64 " worker=%" PRIu32 " peer=%s", name,
             s->feed, s->worker, s->peer);
    return NULL;
}

static struct roles_entry *entry_of(struct roles *roles, uint64_t feed)
{
    size_t i = 0;
    while (i < ROLES_MAX && (!roles->list[i].role || roles->list[i].role->session.feed != feed))
        i++;
    return i < ROLES_MAX ? &roles->list[i] : NULL;
}

/* Its publisher closed, or its worker could not go on with it and says why. */
static void close_feed(struct roles *roles, struct roles_entry *e, const struct role_room *room,
                       const struct link_message *m, int64_t now_us)
{
    char text[LINK_TEXT];
    session_copy_text(text, sizeof(text), m->u.closed.text, sizeof(m->u.closed.text));
    e->role->session.stats = m->u.closed.stats;
    leave(roles, e, room, m->u.closed.reason == LINK_CLOSE_ENDED ? "" : text, now_us);
}

void roles_message(struct roles *roles, const struct role_room *room, const struct link_message *m,
                   int fd, int64_t now_us, int64_t wall_us)
{
    struct roles_entry *e = entry_of(roles, m->feed);
    if (!e) {
        if (fd >= 0)
            close(fd);
        return;
    }
    if (m->type == LINK_FEED_CLOSED) {
        close_feed(roles, e, room, m, now_us);
        return;
    }
    const char *why = role_message(e->role, room, m, fd, now_us, wall_us);
    if (why)
        stop(roles, e, room, why, now_us);
}

static bool ends_video(const struct link_message *m)
{
    return m->type == LINK_SEGMENT && m->u.segment.track == 0 && !m->u.segment.gap;
}

void roles_follow(struct roles *roles, const struct role_room *room, const struct session *main,
                  const struct link_message *m, int64_t now_us, int64_t wall_us)
{
    const struct rendition *video = main->tracks[0].rendition;
    bool may_go = ends_video(m) && video && video->kind == CODEC_KIND_VIDEO;
    for (size_t i = 0; i < ROLES_MAX; i++) {
        struct roles_entry *e = &roles->list[i];
        const char *why = e->role ? role_follow(e->role, room, now_us, wall_us) : NULL;
        if (why)
            stop(roles, e, room, why, now_us);
        else if (e->role && e->role->state == ROLE_WAITING && may_go &&
                 now_us - e->since_us >= SETTLE_US)
            role_go(e->role, room, m, main->base_msn + m->u.segment.sequence, now_us);
    }
}

void roles_stop(struct roles *roles, const struct role_room *room, int worker, const char *why,
                int64_t now_us)
{
    for (size_t i = 0; i < ROLES_MAX; i++) {
        struct roles_entry *e = &roles->list[i];
        if (!e->role)
            continue;
        if (worker < 0)
            stop(roles, e, room, why, now_us);
        else if (e->role->session.worker == (uint32_t)worker)
            leave(roles, e, room, why, now_us);
    }
}

void roles_tick(struct roles *roles, const struct role_room *room, int64_t now_us)
{
    int64_t patience_us =
        ROLES_PATIENCE_US + (int64_t)room->config->hls.max_target_duration_s * 1000000;
    for (size_t i = 0; i < ROLES_MAX; i++) {
        struct roles_entry *e = &roles->list[i];
        if (e->role)
            role_tick(e->role, now_us);
        if (e->role && e->role->state == ROLE_WAITING && now_us - e->since_us >= patience_us)
            stop(roles, e, room, "no main feed with a picture came: start that first", now_us);
    }
}

static void put_entry(struct text *t, const struct roles_entry *e)
{
    const struct rendition *r = e->role ? e->role->session.tracks[0].rendition : NULL;
    text_puts(t, "{\"role\":");
    text_json(t, e->name);
    text_printf(t, ",\"state\":\"%s\",\"rendition\":\"%s\",\"why\":",
                e->role ? role_state_word(e->role) : "left", r && r->joined ? r->name : "");
    text_json(t, e->why);
    text_puts(t, "}");
}

void roles_put(struct text *t, const struct roles *roles)
{
    const char *comma = "";
    text_puts(t, "[");
    for (size_t i = 0; i < ROLES_MAX; i++) {
        if (!roles->list[i].name[0])
            continue;
        text_puts(t, comma);
        put_entry(t, &roles->list[i]);
        comma = ",";
    }
    text_puts(t, "]");
}

void roles_add_stats(const struct roles *roles, struct link_feed_stats *sum)
{
    feed_fields_add(sum, &roles->closed);
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (roles->list[i].role)
            feed_fields_add(sum, &roles->list[i].role->session.stats);
}
