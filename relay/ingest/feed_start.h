/* Where on the room's timeline a feed starts, and where it goes on after its program changed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the worker's loop. Life: feed_start_init, caller's memory.
 * Fails: feed_start_packager: -errno.
 */
#ifndef RELAY_INGEST_FEED_START_H
#define RELAY_INGEST_FEED_START_H

#include "config/config.h"
#include "relay/ingest/ts_filter.h"
#include "relay/link/go.h"
#include "relay/package/packager.h"

#include <stdbool.h>
#include <stdint.h>

struct feed_start {
    int64_t start_90k;
    uint64_t raw_90k; /* when it joins another feed */
    bool joins;
    bool goes_on;
    int64_t from_90k[LINK_GO_TRACKS];
    uint64_t next_sequence;
    uint32_t target_duration_s, part_ms; /* part_ms 0: no parts */
    bool restarted;
    uint8_t ts_counters[LINK_TS_PIDS];
};

void feed_start_init(struct feed_start *s, const struct link_go *go);
/* What follows p, which has ended. */
void feed_start_again(struct feed_start *s, const struct packager *p);
/* A packager for that layout; cb->part is left out where the room has no low latency. */
__attribute__((warn_unused_result)) int
feed_start_packager(const struct feed_start *s, const struct config *c, const char *room,
                    const struct ts_layout *l, const struct packager_out *cb,
                    struct packager **out);
/* Why nothing of a feed that joins another one could be used so far, for who must mend it. */
const char *feed_start_fault(const struct packager *p);

#endif
