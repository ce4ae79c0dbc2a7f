/* The further renditions of a room that are pushed beside its main feed, by their names. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its roles. Thread: control. Life: zeroed memory, roles_fini.
 * Fails:  a role that cannot go on is stopped, and what was wrong stays readable until another
 *         feed takes its name. The main feed is never disturbed by any of it.
 *
 * A role may come before the main feed and waits for it ROLES_PATIENCE_US; when the main feed goes,
 * the roles do: a new main feed is another clock, which they have to join anew.
 */
#ifndef RELAY_ROOM_ROLES_H
#define RELAY_ROOM_ROLES_H

#include "relay/base/text.h"
#include "relay/room/role.h"

#include <stdbool.h>
#include <stdint.h>

enum { ROLES_MAX = 4, ROLES_PATIENCE_US = 10000000 };

struct roles {
    struct roles_entry {
        char name[LINK_ROLE]; /* "" when it was never used */
        struct role *role;    /* NULL: it left */
        char why[LINK_TEXT];  /* ... for this reason; "": its publisher just left */
        int64_t since_us;
    } list[ROLES_MAX];
    struct link_feed_stats closed; /* of all that left */
};

void roles_fini(struct roles *roles, const struct role_room *room);
/* Is that the name of a further rendition? ("main", "backup" and "" are not.) */
bool roles_is_further(const char *role);
/* m: LINK_FEED_OPEN. NULL: it is in; else why not. */
const char *roles_open(struct roles *roles, const struct role_room *room,
                       const struct link_message *m, int64_t now_us, int64_t wall_us);
/* The role of that feed, or NULL. */
const struct role *roles_find(const struct roles *roles, uint64_t feed);
bool roles_any(const struct roles *roles);
/* A message of the feed of one of them; takes fd. LINK_FEED_CLOSED too. */
void roles_message(struct roles *roles, const struct role_room *room, const struct link_message *m,
                   int fd, int64_t now_us, int64_t wall_us);
/* A part or segment of the main feed was listed; main is its session. */
void roles_follow(struct roles *roles, const struct role_room *room, const struct session *main,
                  const struct link_message *m, int64_t now_us, int64_t wall_us);
/* All of them, or those of one worker that died (worker >= 0), which need not be told. */
void roles_stop(struct roles *roles, const struct role_room *room, int worker, const char *why,
                int64_t now_us);
/* Deadlines. */
void roles_tick(struct roles *roles, const struct role_room *room, int64_t now_us);
/* [{role, state, rendition, why}]: state is waiting, checking, joined or left. */
void roles_put(struct text *t, const struct roles *roles);
/* Counters of all that ever were. */
void roles_add_stats(const struct roles *roles, struct link_feed_stats *sum);

#endif
