/* One further rendition of a room's picture, pushed beside the main feed (`role=1080p`). */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its session, what it holds back, and its rendition until it joins (then the presentation
 *         keeps that, as long as it has media). Thread: control. Life: role_new/role_free.
 * Fails:  as said. A role that cannot go on says why, once, by role_message.
 *
 * It is never ahead of the main feed: what comes early is held back until the main feed has begun
 * the same segment, and then compared with it, so that nothing is listed that does not match (RFC
 * 8216bis section 6.2.4) and no number, date or break of the room comes from here.
 *
 * Phases: waiting (its worker reads nothing until a segment of the main feed ends) -> checking (its
 * first segments are compared, unseen) -> joined (in the multivariant playlist).
 */
#ifndef RELAY_ROOM_ROLE_H
#define RELAY_ROOM_ROLE_H

#include "config/config.h"
#include "relay/room/rooms_out.h"
#include "relay/room/session.h"

#include <stddef.h>
#include <stdint.h>

enum {
    ROLE_HELD = 64,           /* messages it may be ahead of the main feed */
    ROLE_CHECKED = 3,         /* segments that are compared before viewers see the rendition */
    ROLE_LATE_MAX = 8,        /* segments in a row that came after their place was taken */
    ROLE_SILENT_US = 2000000, /* without a byte: its list goes on with gaps */
};

enum role_state { ROLE_WAITING, ROLE_CHECKING, ROLE_JOINED };

struct role_held;

/* Open only to its siblings in room/. */
struct role {
    struct session session;
    enum role_state state;
    uint32_t listed, late; /* segments; late ones since the last that was not */
    struct role_held *held[ROLE_HELD];
    size_t held_count;
};

/* The room as a role may see it. */
struct role_room {
    const char *name, *ctx;
    const struct config *config;
    struct presentation *presentation;
    const struct rooms_out *out;
    uint64_t *faults; /* messages that no worker should send */
    struct doctor_log *health_log;
};

/* m: LINK_FEED_OPEN. -ENOMEM. */
__attribute__((warn_unused_result)) int role_new(struct role **out, const struct link_message *m,
                                                 int64_t now_us, int64_t wall_us);
/* Its list ends here: gaps follow, or nothing when it had not joined. */
void role_free(struct role **role, const struct role_room *room, int64_t now_us);
/* Keeps m for later; takes fd. NULL, or why the feed must end. */
const char *role_hold(struct role *role, const struct link_message *m, int fd);
/* What it keeps, from the oldest on; *fd stays the role's. */
const struct link_message *role_held_at(const struct role *role, size_t i, int *fd);
/* A message of its feed; takes fd. NULL, or why the feed must end. */
const char *role_message(struct role *role, const struct role_room *room,
                         const struct link_message *m, int fd, int64_t now_us, int64_t wall_us);
/* The main feed came further: takes what was held back for it. NULL, or why the feed must end. */
const char *role_follow(struct role *role, const struct role_room *room, int64_t now_us,
                        int64_t wall_us);
/* A video segment of the main feed ended, as m says, whose number in the list is msn: a waiting
 * role starts with the next one. */
void role_go(struct role *role, const struct role_room *room, const struct link_message *m,
             uint64_t msn, int64_t now_us);
void role_tick(struct role *role, int64_t now_us);
const char *role_state_word(const struct role *role); /* "joined" */

#endif
