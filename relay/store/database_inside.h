/* What the files of the database share. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the store's only one. Life: a call. Fails: as database.h says. */
#ifndef RELAY_STORE_DATABASE_INSIDE_H
#define RELAY_STORE_DATABASE_INSIDE_H

#include "relay/store/database.h"

struct sqlite3;

struct sqlite3 *database_handle(struct database *d);
/* What the last call of SQLite's said, for people; returns -EIO or -EDQUOT. */
int database_trouble(struct database *d, char why[STORE_TEXT]);

#endif
