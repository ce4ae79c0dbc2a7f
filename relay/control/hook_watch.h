/* Notices what web hooks are told of: feeds and rooms that come, go, or are unwell. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its mappings of the hooks' memory; the descriptors stay the caller's. Thread: control.
 * Life:   hook_watch_new / hook_watch_free. Fails: -errno; later never: nobody is waited for.
 *
 * Four times a second what is compared with what was told, both kept in memory that outlives this
 * process: so the next front, after a crash or an upgrade, goes on with it and tells nothing twice.
 * A feed that came and went in between was none. After a crash, what is missing may only not be
 * announced yet: for HOOK_GRACE_US nothing is said to have ended.
 */
#ifndef RELAY_CONTROL_HOOK_WATCH_H
#define RELAY_CONTROL_HOOK_WATCH_H

#include "config/config.h"
#include "relay/hooks/hook_seats.h"
#include "relay/link/message.h"
#include "relay/room/rooms.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HOOK_LOOK_US = 250000,
    HOOK_GRACE_US = 10000000,
    HOOK_SETTLE_US = 1000000, /* a room is silent when nothing came for so long */
    HOOK_PING_US = 1000000,   /* between two tests */
};

struct hook_watch;

/* fds: hook_ring.h, hook_seats.h. */
__attribute__((warn_unused_result)) int hook_watch_new(struct hook_watch **out, int ring,
                                                       int seats);
void hook_watch_free(struct hook_watch **w);
/* A message from or to a worker: LINK_FEED_CLOSED and LINK_FEED_STOP say why a feed ends. */
void hook_watch_hear(struct hook_watch *w, const struct link_message *m);
/* At every tick of the control thread, and once before the first. */
void hook_watch_tick(struct hook_watch *w, const struct rooms *rooms, const struct config *c,
                     int64_t now_us, int64_t wall_us);
/* The relay stops: what has ended is told at once. */
void hook_watch_last(struct hook_watch *w, const struct rooms *rooms, const struct config *c,
                     int64_t now_us, int64_t wall_us);
/* A ping for all hooks, asked for by hand: its id. -EAGAIN: one was just sent. */
__attribute__((warn_unused_result)) int hook_watch_ping(struct hook_watch *w, int64_t now_us,
                                                        int64_t wall_us, char id[static 37]);
/* How far hook `number` (from 1) is: false: nothing is known of it. */
bool hook_watch_look(const struct hook_watch *w, uint32_t number, struct hook_facts *out);

#endif
