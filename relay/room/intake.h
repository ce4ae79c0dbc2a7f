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
/* The feed is over: what its tracks have open ends where their parts do. */
void intake_finish(const struct intake *in, int64_t now_us);

/* Slides the lists and sheds what is over the budget, after something was listed. */
void intake_keep_within_limits(const struct intake *in, int64_t now_us);

/* For part_intake.c: the MSN of a feed's sequence number; the first one asked for fixes the
 * session's base. 0 or -ERANGE. */
__attribute__((warn_unused_result)) int intake_msn(const struct intake *in, uint64_t sequence,
                                                   uint64_t *out);
/* r's open segment ends where its parts do, because another one begins or the feed is over. */
void intake_cut_short(const struct intake *in, struct rendition *r, int64_t now_us);

#endif
