/* The web hooks' process: posts what the front writes down to whom the configuration names. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: Standard Webhooks 1.0. Owns: connections, and what waits for each hook. Thread: its
 * main one; libcurl looks names up in others. Life: hooks_run.
 * Fails:  without libcurl the process ends with a sentence; whatever receivers do it goes on.
 *
 * At least once, in order for each room, HOOK_AT_ONCE events of a hook at the same time, and one
 * while it does not answer. Private addresses are not refused: an organizer has written them down,
 * and no answer comes from there to anybody but as a number.
 */
#ifndef RELAY_HOOKS_HOOKS_H
#define RELAY_HOOKS_HOOKS_H

#include "config/config.h"

enum { HOOK_AT_ONCE = 4 };

struct hooks_options {
    const struct config *config;
    int control;     /* to the supervisor: LINK_STOP */
    int ring, seats; /* hook_ring.h, to read; hook_seats.h */
};

/* Returns the exit code. */
int hooks_run(const struct hooks_options *o);

#endif
