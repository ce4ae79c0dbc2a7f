/* A part's way from a worker's message into the room's presentation: checked, numbered, listed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: one call. Fails: as said; the presentation stays legal.
 */
#ifndef RELAY_ROOM_PART_INTAKE_H
#define RELAY_ROOM_PART_INTAKE_H

#include "relay/room/intake.h"

#include <stdint.h>

/* m: LINK_PART; takes fd. 0: listed; -EALREADY: too late for its place, or the room lists no parts;
 * -EINVAL: not what a worker should send; -ERANGE: the feed cannot go on; -ENOMEM. */
__attribute__((warn_unused_result)) int part_intake(const struct intake *in,
                                                    const struct link_message *m, int fd,
                                                    int64_t now_us, int64_t wall_us);

#endif
