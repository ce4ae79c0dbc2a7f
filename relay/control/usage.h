/* The front's ledger: it is filled once a second, and what has changed goes to the store. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the ledger. Thread: control. Life: usage_init/usage_fini; zeroed memory is an off one.
 * Fails:  never: what the store does not take is sent again, and nobody waits for it.
 *
 * A front that dies takes with it what it counted since the batch before: USAGE_SEND_US at most
 * while the store is well. What it had sent stays, under its own life.
 */
#ifndef RELAY_CONTROL_USAGE_H
#define RELAY_CONTROL_USAGE_H

#include "relay/base/parcel.h"
#include "relay/control/ledger.h"
#include "relay/room/rooms.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    USAGE_FOLD_US = 1000000,
    USAGE_SEND_US = 5000000,
    USAGE_PATIENCE_US = 10000000, /* with a batch, at first: twice as long each time ... */
    USAGE_PATIENCE_MOST = 32, /* ... up to so many times: what was sent may wait in the socket */
    USAGE_LAST_BATCHES = 64,  /* that a front sends whose rooms another one has */
};

struct usage {
    struct ledger *ledger; /* NULL: nothing is counted */
    int store;             /* -1: there is none */
    uint32_t days;         /* that are kept; 0: nothing is counted */
    int64_t fold_us, send_us;
    uint64_t batch_id, under_way; /* 0: no batch is */
    int64_t due_us;
    unsigned patience;
    bool was_full, in_trouble;
    int32_t told_day; /* for which the store knows what is too old */
};

void usage_init(struct usage *u);
void usage_fini(struct usage *u);
void usage_set_store(struct usage *u, int end);
/* state.usage_days: at the start and with each configuration. */
void usage_set_days(struct usage *u, uint32_t days);
/* Another front has counted what these rooms have used so far. */
void usage_take_over(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us);
/* Another front counts from now on: the last fold, and all of it to the store. If that one fails,
 * this one simply goes on. */
void usage_hand_over(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us);
void usage_tick(struct usage *u, const struct rooms *r, int64_t now_us, int64_t wall_us);
/* p: STORE_LEDGER_TAKEN. */
void usage_taken(struct usage *u, const struct parcel *p, int64_t now_us);

#endif
