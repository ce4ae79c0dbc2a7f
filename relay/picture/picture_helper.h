/* The picture helper: a process that decodes one keyframe at a time and does nothing else. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its end of the link. Thread: the process's only one.
 * Life:   from the fork until the front closes the link: picture_helper_run returns the exit code.
 * Fails:  what kills it, kills no feed, no viewer and no room: the supervisor starts another one,
 *         and the front leaves out the room that it died of.
 *
 * It opens nothing, has no socket but the link, and the lowest priority (nice 19). Not SCHED_IDLE:
 * on a machine that is full its pictures would never come, and a hang could not be told from that.
 * A picture that costs more than PICTURE_CPU_US ends the process (ITIMER_PROF).
 */
#ifndef RELAY_PICTURE_PICTURE_HELPER_H
#define RELAY_PICTURE_PICTURE_HELPER_H

#include "config/config.h"

enum { PICTURE_CPU_US = 3000000 };

int picture_helper_run(const struct config *c, int link);

#endif
