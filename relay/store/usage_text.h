/* Rows of the ledger and of the audit trail as JSON and CSV. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: RFC 4180 (CSV), RFC 8259 (JSON). Owns: nothing. Thread: any. Life: pure functions.
 * Fails: never; the text's own failure is sticky.
 */
#ifndef RELAY_STORE_USAGE_TEXT_H
#define RELAY_STORE_USAGE_TEXT_H

#include "relay/base/text.h"
#include "relay/store/ledger_message.h"

#include <stdint.h>

enum { USAGE_DATE = 12 };

/* "2026-11-24" */
void usage_text_date(char out[static USAGE_DATE], int32_t day);
void usage_text_begin(struct text *t, const struct ledger_question *q);
/* index: of the row, from 0; adds it to sum. */
void usage_text_row(struct text *t, enum ledger_form form, const struct ledger_row *r,
                    uint64_t index, struct ledger_row *sum);
void usage_text_end(struct text *t, enum ledger_form form, const struct ledger_row *sum);
/* One field: quoted where it must be, and harmless to a program that computes what begins with
 * '=', '+', '-', '@', a tab or a carriage return: an apostrophe stands before those. */
void usage_text_field(struct text *t, const char *s);

struct audit_row {
    int64_t id, at_us;
    const char *who, *act, *room, *detail;
};
void usage_text_audit(struct text *t, const struct audit_row *r, uint64_t index);

#endif
