/* /api/v1/events: how the rooms stand, and then what changes, as server-sent events. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: HTML, section "Server-sent events". Owns: what its listeners were told of each room.
 * Thread: control. Life: zeroed memory, events_fini. Fails: without memory listeners begin anew.
 *
 *   event: rooms   {"rooms": [RoomSummary ...]}  first, and after every reconnection
 *   event: room    RoomSummary                   its state, light, place on air or viewers changed
 *   event: gone    {"name": NAME}
 *   a comment when nothing was said for EVENTS_BEAT_US
 *
 * Whom it is for is an audience: the organizer's people, who hear of all rooms, and each agency's,
 * who hear of its own. One comparison finds what changed; each audience that has listeners gets a
 * text of its own.
 *
 * While nobody listens nothing is compared. Last-Event-ID needs no memory: who comes again gets
 * everything anew.
 */
#ifndef RELAY_CONTROL_EVENTS_H
#define RELAY_CONTROL_EVENTS_H

#include "relay/base/text.h"
#include "relay/control/source.h"
#include "relay/room/body.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_TYPE "text/event-stream"

/* News of viewers alone come so often at the most, of each room. */
enum { EVENTS_TICK_US = 500000, EVENTS_BEAT_US = 15000000, EVENTS_VIEWERS_US = 5000000 };

struct told;

/* Its id is of body.h: a place, and how often that was used. The first place is the organizer's. */
struct listener_group {
    bool used, listened; /* listened: as the server says it, before each tick */
    uint32_t id;
    char agency[ROOM_NAME_MAX + 1]; /* "": all rooms */
    int64_t said_us, opened_us;     /* the last listener's coming */
    struct text text;               /* what is to be told; after a tick */
};

struct events_asker {
    const struct config_agency *agency; /* NULL: the organizer's people */
    int64_t now_us;
};

struct events {
    struct told *told; /* by name */
    size_t count;
    bool known; /* told is what all who listen know */
    uint64_t id;
    int64_t due_us;
    struct listener_group audiences[BODY_AUDIENCES];
};

void events_fini(struct events *e);
/* What was told did not arrive, or not everywhere: the next tick tells all of it again. */
void events_forget(struct events *e);
/* What a new listener gets first, and the audience that it is of. -ENOSPC: BODY_AUDIENCES listen.
 */
__attribute__((warn_unused_result)) int events_open(struct events *e, struct text *t,
                                                    const struct source *src,
                                                    const struct events_asker *asker,
                                                    uint32_t *audience);
/* The audience in use after that one (NULL: the first), or NULL. */
struct listener_group *events_next(struct events *e, const struct listener_group *before);
/* At every tick: what there is to say by now is each audience's text; nothing, mostly. False: no
 * memory, and nobody knows anything. */
bool events_tick(struct events *e, const struct rooms *rooms, const struct config *c,
                 int64_t now_us);

#endif
