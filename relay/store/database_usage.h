/* The ledger on the disk, and what is read of it and of the audit trail. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the store's only one. Life: a call.
 * Fails: as database.h; database_tell also -EFBIG: it would be longer than LEDGER_ANSWER_BYTES.
 */
#ifndef RELAY_STORE_DATABASE_USAGE_H
#define RELAY_STORE_DATABASE_USAGE_H

#include "relay/base/text.h"
#include "relay/store/database.h"
#include "relay/store/ledger_message.h"

#include <stddef.h>

/* In one transaction of its own. Rows of a day that has LEDGER_DAY_ROWS already are left out:
 * *left_out says how many. The same row again changes nothing, and an older one neither. */
__attribute__((warn_unused_result)) int database_count(struct database *d,
                                                       const struct ledger_batch *b,
                                                       size_t *left_out, char why[STORE_TEXT]);
/* The answer to q, as text. */
__attribute__((warn_unused_result)) int database_tell(struct database *d,
                                                      const struct ledger_question *q,
                                                      struct text *t, char why[STORE_TEXT]);

#endif
