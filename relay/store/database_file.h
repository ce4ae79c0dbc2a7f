/* The database's file before SQLite has it: whose it is, and how a new one comes to its name. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the store's. Life: calls. Fails: as database.h says, with a sentence.
 */
#ifndef RELAY_STORE_DATABASE_FILE_H
#define RELAY_STORE_DATABASE_FILE_H

#include "relay/store/store_message.h"

/* The sentence; -EIO. */
__attribute__((format(printf, 2, 3))) int database_fail(char why[STORE_TEXT], const char *fmt, ...);
/* The sentence; -ENOTSUP. */
int database_too_new(char why[STORE_TEXT], int version);
int database_not_ours(char why[STORE_TEXT]);
/* Is it ours, and not too new? -ENODATA: there is none. An empty one is damaged. */
__attribute__((warn_unused_result)) int database_file_look(const char *path, char why[STORE_TEXT]);
/* Removes it, and what SQLite keeps beside it. */
void database_file_clear(const char *path);
/* Gives a whole one its name, on the disk too. */
__attribute__((warn_unused_result)) int database_file_name(const char *part, const char *path,
                                                           char why[STORE_TEXT]);

#endif
