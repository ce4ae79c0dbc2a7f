/* The store's side of the ledger: takes batches and questions from the front, and answers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what was taken and is not worked off. Thread: the store's only one.
 * Life:   bookkeeper_new/bookkeeper_free. Fails: as said to who asked; a trouble is logged once.
 *
 * Writes go first: what is here is worked off, one piece a turn, behind them.
 */
#ifndef RELAY_STORE_BOOKKEEPER_H
#define RELAY_STORE_BOOKKEEPER_H

#include "relay/base/parcel.h"
#include "relay/store/database.h"

#include <stdbool.h>
#include <stdint.h>

struct bookkeeper;

/* NULL: no memory. */
struct bookkeeper *bookkeeper_new(void);
void bookkeeper_free(struct bookkeeper **b);
/* Is it the ledger's? Then it was copied, or refused because so much waits already. */
bool bookkeeper_take(struct bookkeeper *b, const struct parcel *p);
/* The next piece; db NULL: it cannot be had, and why says why. True: there is more. */
bool bookkeeper_work(struct bookkeeper *b, struct database *db, const char *why, int end,
                     int64_t now_us);

#endif
