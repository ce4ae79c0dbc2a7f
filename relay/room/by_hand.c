/* What an organizer does to a room by hand: feeds are sent away, main or backup is chosen. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/by_hand.h"

#include "relay/base/log.h"
#include "relay/room/numbers.h"
#include "relay/room/room_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool room_stop_feed(const struct room *r, const struct session *s, const char *why)
{
    struct link_message m = {.type = LINK_FEED_STOP, .worker = s->worker, .feed = s->feed};
    snprintf(m.u.stop.text, sizeof(m.u.stop.text), "%s", why);
    return r->env->out->send(r->env->out->ctx, m.worker, &m);
}

static const char *role_of(const struct session *s)
{
    return s->role[0] ? s->role : "main";
}

static void kick(struct kick *k, const struct room *r, const struct session *s)
{
    if (!s->feed || (k->role && strcmp(role_of(s), k->role) != 0))
        return;
    bool told = room_stop_feed(r, s, "an organizer ended it");
    log_warn(r->ctx, "%s role=%s feed=%" PRIu64 " peer=%s by=%s", told ? "kicked" : "not_kicked",
             role_of(s), s->feed, s->peer, k->who);
    *(told ? &k->told : &k->missed) += 1;
}

void room_kick(struct room *r, struct kick *k)
{
    kick(k, r, &r->session);
    if (!k->role)
        return;
    kick(k, r, &r->pair.standby);
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (r->roles.list[i].role)
            kick(k, r, &r->roles.list[i].role->session);
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

void room_close(struct room *r, const char *why, int64_t now_us, int64_t wall_us)
{
    struct hole_room hole = room_hole(r);
    if (r->state == ROOM_GONE)
        return;
    if (r->session.feed)
        room_stop_feed(r, &r->session, why);
    for (size_t i = 0; i < ROLES_MAX; i++)
        if (r->roles.list[i].role)
            room_stop_feed(r, &r->roles.list[i].role->session, why);
    pair_dismiss(r, why);
    hole_end(&r->hole, &hole, now_us);
    room_set_state(r, ROOM_GONE, now_us, why);
    if (r->env->journal)
        numbers_note(r->env->journal, r->name, &r->presentation, true, wall_us);
    r->env->out->hide(r->env->out->ctx, r->name);
}
