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
 * While nobody listens nothing is compared. Last-Event-ID needs no memory: who comes again gets
 * everything anew.
 */
#ifndef RELAY_CONTROL_EVENTS_H
#define RELAY_CONTROL_EVENTS_H

#include "relay/base/text.h"
#include "relay/control/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_TYPE "text/event-stream"

/* News of viewers alone come so often at the most, of each room. */
enum { EVENTS_TICK_US = 500000, EVENTS_BEAT_US = 15000000, EVENTS_VIEWERS_US = 5000000 };

struct told;

struct events {
    struct told *told; /* by name */
    size_t count;
    bool known; /* told is what all who listen know */
    uint64_t id;
    int64_t due_us, said_us, opened_us; /* the last listener's coming */
};

void events_fini(struct events *e);
/* What was told did not arrive, or not everywhere: the next tick tells all of it again. */
void events_forget(struct events *e);
/* What a new listener gets first. */
void events_open(struct events *e, struct text *t, const struct rooms *rooms, int64_t now_us);
/* At every tick: what there is to say by now is added to t; nothing, mostly. False: no memory, and
 * nobody knows anything. */
bool events_tick(struct events *e, struct text *t, const struct rooms *rooms, bool listened,
                 int64_t now_us);

#endif
