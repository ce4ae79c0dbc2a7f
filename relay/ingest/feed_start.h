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
    int64_t at_us;    /* start_90k is then (go.h); 0: whenever it starts */
    uint64_t raw_90k; /* when it joins another feed */
    bool joins;
    bool goes_on;
    int64_t from_90k[LINK_GO_TRACKS];
    uint64_t next_sequence;
    uint32_t target_duration_s, part_ms; /* part_ms 0: no parts */
    bool part_ranges;                    /* parts are byte ranges of their segments */
    uint32_t segment_ms;                 /* 0: as configured */
    bool restarted;
    uint8_t ts_counters[LINK_TS_PIDS];
};

void feed_start_init(struct feed_start *s, const struct link_go *go);
/* Nothing has started by now: where the room's timeline has come to. */
void feed_start_advance(struct feed_start *s, int64_t now_us);
/* Without news for so long the room's hole is filled. RFC 8216bis 6.2.1 wants news after 1.5 target
 * durations. But what SRT brings late is not lost: a black-out of four seconds is caught up with,
 * and a hole filled would only add to the delay. */
int64_t feed_start_stall_us(uint32_t target_duration_s);
/* What follows p, which has ended. */
void feed_start_again(struct feed_start *s, const struct packager *p);
/* A new program on the tracks of the old one: what is the same goes on, nothing is lost. */
__attribute__((warn_unused_result)) int feed_start_turn(struct packager *p,
                                                        const struct ts_layout *l);
/* A packager for that layout; cb->part is left out where the room has no low latency. */
__attribute__((warn_unused_result)) int
feed_start_packager(const struct feed_start *s, const struct config *c, const char *room,
                    const struct ts_layout *l, const struct packager_out *cb,
                    struct packager **out);
/* The same for tracks that come from no program. */
__attribute__((warn_unused_result)) int
feed_start_made_up(const struct feed_start *s, const struct config *c, const char *room,
                   const struct packager_track *tracks, size_t count, const struct packager_out *cb,
                   struct packager **out);
/* Why nothing of a feed that joins another one could be used so far, for who must mend it. */
const char *feed_start_fault(const struct packager *p);

#endif
