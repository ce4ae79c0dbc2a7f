/* The inside of a room, for the files of room and pair.c, and for handover.c, which gives it to
 * another process. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: see room.h. Thread: control. Life: room_new/room_free. Fails: never, it is memory.
 * A member that is added here and must outlive an upgrade is handed over in handover.c.
 */
#ifndef RELAY_ROOM_ROOM_INSIDE_H
#define RELAY_ROOM_ROOM_INSIDE_H

#include "relay/room/attendance.h"
#include "relay/room/history.h"
#include "relay/room/hole.h"
#include "relay/room/pair.h"
#include "relay/room/picture_turn.h"
#include "relay/room/room.h"
#include "relay/room/showcase.h"

#include <stdbool.h>
#include <stdint.h>

enum { ROOM_MAGIC = 0x524f4f4d };

struct room {
    unsigned magic;
    char name[ROOM_NAME_MAX + 1], ctx[ROOM_NAME_MAX + 8];
    struct room_env *env;
    enum room_state state;
    int64_t state_us; /* since when */
    int64_t since_wall_us;
    bool classic;
    uint64_t sessions, sessions_again;
    struct session session; /* on air */
    struct pair pair;       /* who else could be */
    struct roles roles;
    struct presentation presentation;
    struct link_feed_stats closed; /* of all feeds that left */
    struct hole hole;
    struct showcase showcase;
    struct picture_turn turn; /* of its picture; not handed over, as pictures are not */
    bool pending;             /* to be shown */
    struct doctor_log health_log;
    struct history history;
    struct attendance attendance;
    int64_t afterlife_us;    /* of a list that has ended, as long as it was then */
    int64_t green_us;        /* since when its light is green; 0: it is not */
    int64_t say_pressure_us; /* when it may be said again that it gave segments up */
};

/* Logs and asserts the step. */
void room_set_state(struct room *r, enum room_state to, int64_t now_us, const char *why);
/* What the feed on air has open ends where its parts do; what a hole has open stays. */
void room_finish_media(struct room *r, int64_t now_us);
/* Forgets the feed on air; its counts stay. goes_on: another one ends what it has open. */
void room_drop_session(struct room *r, bool goes_on, int64_t now_us);
/* Puts s on air and tells it where; go: how it goes on, or where a rested feed begins. at_once: it
 * has a picture. */
void room_begin(struct room *r, const struct session *s, struct link_go *go, bool at_once,
                int64_t now_us);
/* Who is on air should have brought something by now: without it there is a hole. */
void room_await(struct room *r, int64_t now_us);
struct hole_room room_hole(struct room *r);
/* m: LINK_FEED_STATS of the feed on air, or s at rest. */
void room_second(struct room *r, struct session *s, const struct link_message *m, int64_t now_us);
/* The feed on air is sent away; who rests may follow, behind a break. */
void room_evict(struct room *r, const char *why, int64_t now_us);
/* The feed on air is given up, and nobody follows. */
void room_abandon(struct room *r, const char *why, int64_t now_us);

#endif
