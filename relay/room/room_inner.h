/* What the files of room share; nobody else includes it. */
/* SPDX-License-Identifier: MIT */
/* Owns, thread, life: as room.h says. Fails: never. */
#ifndef RELAY_ROOM_ROOM_INNER_H
#define RELAY_ROOM_ROOM_INNER_H

#include "relay/room/hole.h"
#include "relay/room/room.h"
#include "relay/room/showcase.h"

enum { ROOM_MAGIC = 0x524f4f4d };

struct room {
    unsigned magic;
    char name[ROOM_NAME_MAX + 1], ctx[ROOM_NAME_MAX + 8];
    struct room_env *env;
    enum room_state state;
    int64_t state_us; /* since when */
    int64_t since_wall_us;
    bool classic;
    uint64_t sessions;
    struct session session;
    struct roles roles;
    struct presentation presentation;
    struct link_feed_stats closed; /* of all feeds that left */
    struct hole hole;
    struct showcase showcase;
    bool pending; /* to be shown */
};

#endif
