/* Agencies in the database: what is done to one, and all of them for the list. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the connection is database.c's, and so is the transaction.
 * Thread: the store's only one. Life: no state.
 * Fails:  as database_apply; -EEXIST also when a prefix would begin with another one, or another
 *         one with it; -EBUSY: the agency that is to be closed has rooms, and `why` names one.
 *
 * There are some hundred agencies and they change now and then: statements are made anew for each.
 */
#ifndef RELAY_STORE_DATABASE_AGENCY_H
#define RELAY_STORE_DATABASE_AGENCY_H

#include "config/stored_rooms.h"
#include "relay/store/store_message.h"

#include <stdint.h>

struct sqlite3;

__attribute__((warn_unused_result)) int database_agency_apply(struct sqlite3 *db,
                                                              const struct store_request *q,
                                                              int64_t wall_us,
                                                              char why[STORE_TEXT]);
/* Before the rooms. */
__attribute__((warn_unused_result)) int
database_agency_list(struct sqlite3 *db, struct stored_list *l, char why[STORE_TEXT]);
/* database.c: what the last call of SQLite's said, for people. */
int database_say(struct sqlite3 *db, char why[STORE_TEXT]);

#endif
