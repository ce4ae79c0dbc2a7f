/* Watching a counter that a living loop moves: has it stood still for too long? */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the watcher's. Life: a value, zero to begin with. Fails: never.
 *
 * Only time in which the watcher itself was awake counts: when it looks late, the machine was
 * suspended, the watcher stopped or starved, and the others may have been too.
 */
#ifndef RELAY_BASE_VIGIL_H
#define RELAY_BASE_VIGIL_H

#include <stdbool.h>
#include <stdint.h>

enum { VIGIL_LOOK_US = 500000, VIGIL_LATE_US = 1000000 };

struct vigil {
    uint64_t beats;
    int64_t looked_us, still_us; /* still_us: how long it is known to have stood still */
    bool owed;                   /* at the last look */
};

/* One look, every VIGIL_LOOK_US; returns still_us. owes: it has something to do, so that from now
 * on standing still counts. */
int64_t vigil_look(struct vigil *v, uint64_t beats, bool owes, int64_t now_us);

#endif
