/* The rooms on the disk: an SQLite database of one table of rooms, one of their values, an audit.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the connection. Thread: the store's only one. Life: database_open/database_close.
 * Fails:  -errno, and a sentence for people in `why`: -EEXIST and -ENOENT of rooms; -ENOSPC for
 *         the limit of rooms; -ENODATA: there is no file where there was one; -ENOTSUP: made by a
 *         newer program, or not ours; -EDQUOT: the disk is full; -EIO: all else, which no one
 * request can be blamed for.
 *
 * WAL with synchronous=FULL: what database_commit said yes to outlives a power cut. A file that is
 * refused is not written to.
 */
#ifndef RELAY_STORE_DATABASE_H
#define RELAY_STORE_DATABASE_H

#include "config/stored_rooms.h"
#include "relay/store/store_message.h"

#include <stdint.h>

struct database;

/* Before the process gives up files: SQLite draws its random numbers from one. */
void database_prepare(void);
/* must_exist: its rooms are known, so an empty one would not be it. */
__attribute__((warn_unused_result)) int database_open(struct database **out, const char *path,
                                                      bool must_exist, char why[STORE_TEXT]);
void database_close(struct database **d);
/* The file of that name is not the one that is open. */
bool database_is_moved(struct database *d, char why[STORE_TEXT]);
/* Several requests are one transaction. -ENODATA: the file was taken away or exchanged. */
__attribute__((warn_unused_result)) int database_begin(struct database *d, char why[STORE_TEXT]);
/* Inside of it. -EEXIST, -ENOENT, -ENOSPC change nothing and it goes on; after -EIO it is to be
 * rolled back. */
__attribute__((warn_unused_result)) int database_apply(struct database *d,
                                                       const struct store_request *q,
                                                       int64_t wall_us, char why[STORE_TEXT]);
/* After an error it is rolled back already. */
__attribute__((warn_unused_result)) int database_commit(struct database *d, char why[STORE_TEXT]);
void database_rollback(struct database *d);
/* All rooms, as they are committed. */
__attribute__((warn_unused_result)) int database_list(struct database *d, struct stored_list *l,
                                                      char why[STORE_TEXT]);

#endif
