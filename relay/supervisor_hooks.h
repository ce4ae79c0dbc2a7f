/* The supervisor's side of the web hooks: their memory, and the process that sends. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the memory's descriptors, which outlive every process but this one. Thread: its only one.
 * Life:   supervisor_run. Fails: without memory at the start there is no start; later the process
 *         is tried again.
 */
#ifndef RELAY_SUPERVISOR_HOOKS_H
#define RELAY_SUPERVISOR_HOOKS_H

#include "relay/child.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct inheritance;
struct supervisor;

struct supervisor_hooks {
    struct child child;
    int ring, seats;  /* hooks/hook_ring.h, hook_seats.h; -1: none */
    int control;      /* to the process; -1: it does not run */
    int64_t leave_us; /* it was told to end: then it is killed; 0: it was not */
};

__attribute__((warn_unused_result)) int supervisor_hooks_open(struct supervisor *s);
void supervisor_hooks_adopt(struct supervisor *s, const struct inheritance *from);
void supervisor_hooks_list(const struct supervisor *s, struct inheritance *all);
/* In a new child that is not it. */
void supervisor_hooks_forget(struct supervisor *s, bool front);
void supervisor_hooks_spawn(struct supervisor *s, int64_t now_us);
/* When the front has gone in a stop, and when the configuration says something else of it: it ends
 * when what is ready has been sent. */
void supervisor_hooks_leave(struct supervisor *s, int64_t now_us);
/* Does the process have to begin anew for it? */
bool supervisor_hooks_differ(const struct config *a, const struct config *b);
void supervisor_hooks_gone(struct supervisor *s, int status);
void supervisor_hooks_watch(struct supervisor *s, int64_t stuck_us, int64_t now_us);

#endif
