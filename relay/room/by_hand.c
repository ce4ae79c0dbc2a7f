/* What an organizer does to a room by hand: feeds are sent away, main or backup is chosen. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/by_hand.h"

#include "relay/base/log.h"
#include "relay/room/room_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void room_stop_feed(const struct room *r, const struct session *s, const char *why)
{
    struct link_message m = {.type = LINK_FEED_STOP, .worker = s->worker, .feed = s->feed};
    snprintf(m.u.stop.text, sizeof(m.u.stop.text), "%s", why);
    r->env->out->send(r->env->out->ctx, m.worker, &m);
}

static const char *role_of(const struct session *s)
{
    return s->role[0] ? s->role : "main";
}

static size_t kick(const struct room *r, const struct session *s, const char *role, const char *who)
{
    if (!s->feed || (role && strcmp(role_of(s), role) != 0))
        return 0;
    log_warn(r->ctx, "kicked role=%s feed=%" PRIu64 " peer=%s by=%s", role_of(s), s->feed, s->peer,
             who);
    room_stop_feed(r, s, "an organizer ended it");
    return 1;
}

size_t room_kick(struct room *r, const char *role, const char *who)
{
    size_t n = kick(r, &r->session, role, who);
    if (!role)
        return n;
    n += kick(r, &r->pair.standby, role, who);
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (r->roles.list[i].role)
            n += kick(r, &r->roles.list[i].role->session, role, who);
    return n;
}

void room_choose(struct room *r, enum on_air_choice choice, const char *who)
{
    if (r->pair.on_air.choice == choice)
        return;
    log_warn(r->ctx, "chosen role=%s was=%s by=%s", on_air_choice_word(choice),
             on_air_choice_word(r->pair.on_air.choice), who);
    r->pair.on_air.choice = choice;
    showcase_touch(&r->showcase);
    room_show_soon(r);
}
