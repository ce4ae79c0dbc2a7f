/* What the front knows of a worker: is it up, how often it came back, what it counted. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: a value, zero to begin with. Fails: never.
 */
#ifndef RELAY_ROOM_WORKER_ENTRY_H
#define RELAY_ROOM_WORKER_ENTRY_H

#include "relay/link/message.h"

#include <stdbool.h>
#include <stdint.h>

struct worker_entry {
    bool up, ever;
    uint64_t restarts;
    struct link_worker_stats before; /* counts of its former lives */
    struct link_worker_stats now;    /* of this one */
};

void worker_entry_ready(struct worker_entry *w);
void worker_entry_lost(struct worker_entry *w);
void worker_entry_stats(struct worker_entry *w, const struct link_worker_stats *s);
/* Adds every field of s, gauges too. */
void worker_stats_add(struct link_worker_stats *sum, const struct link_worker_stats *s);
/* Counts over all its lives; gauges are of now. */
void worker_entry_sum(const struct worker_entry *w, struct link_worker_stats *out);

#endif
