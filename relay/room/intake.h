/* A segment's way from a worker's message into the room's presentation: checked, numbered, listed.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: one call. Fails: as said; the presentation stays legal.
 */
#ifndef RELAY_ROOM_INTAKE_H
#define RELAY_ROOM_INTAKE_H

#include "config/config.h"
#include "relay/room/session.h"

#include <stdint.h>

struct intake {
    const char *room, *ctx; /* name, and what its log lines begin with */
    const struct config *config;
    struct session *session;
    struct presentation *presentation;
};

/* m: LINK_SEGMENT; takes fd. 0: listed, and the windows have slid; -EALREADY: too late for its
 * place; -EINVAL: not what a worker should send; -ERANGE: the feed cannot go on; -ENOMEM. */
__attribute__((warn_unused_result)) int intake_segment(const struct intake *in,
                                                       const struct link_message *m, int fd,
                                                       int64_t now_us, int64_t wall_us);

#endif
