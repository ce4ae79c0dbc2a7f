/* What each room used, by day: totals, made of what is known of rooms once a second. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its lines. Thread: control. Life: ledger_new/ledger_free. Fails: -ENOMEM; later without
 *         memory or place, what a room uses counts for LEDGER_OTHERS.
 *
 * Pure: times are given. Rooms' counters only grow, so a fold adds what they have grown by since
 * the last one. What a second brought belongs to the day in which it began. A line is kept here
 * until its day is over and the store has all of it.
 */
#ifndef RELAY_CONTROL_LEDGER_H
#define RELAY_CONTROL_LEDGER_H

#include "relay/store/ledger_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_LINES = 40000 };

/* A room now; counters are since it is there. */
struct ledger_facts {
    const char *room;
    bool live;
    uint64_t sessions, bytes_in, bytes_out, viewer_us;
    uint64_t viewers; /* at present */
};

struct ledger;

/* life: no line of another ledger, before or beside it, has one from there on. */
__attribute__((warn_unused_result)) int ledger_new(struct ledger **out, int64_t life);
void ledger_free(struct ledger **l);
/* A fold: begin, each room in order of its name, end. With `known` nothing is added: somebody else
 * has counted it. */
void ledger_fold_begin(struct ledger *l, bool known, int64_t now_us, int64_t wall_us);
void ledger_fold_room(struct ledger *l, const struct ledger_facts *f);
void ledger_fold_end(struct ledger *l);
/* Up to most rows that the store does not have like that, from where the last batch ended; fewer
 * than most: that was all. They are under way until one of the two below. */
size_t ledger_take(struct ledger *l, struct ledger_row *rows, size_t most);
void ledger_kept(struct ledger *l);
void ledger_lost(struct ledger *l); /* they will come again */
size_t ledger_lines(const struct ledger *l);
/* The day since 1970-01-01, UTC. */
int32_t ledger_day(int64_t wall_us);

#endif
