/* What the front tells the store of usage, and asks it for: plain data, one parcel each. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: a message. Fails: never.
 *
 * A row is a total, never a difference: what a room used on a day (UTC) as counted by one holder
 * of the count, its `life`. A row that comes again replaces itself, so nothing counts twice however
 * often it is sent; who begins to count anew, another front above all, takes another life. Read,
 * the lives of a room's day are added up.
 */
#ifndef RELAY_STORE_LEDGER_MESSAGE_H
#define RELAY_STORE_LEDGER_MESSAGE_H

#include "relay/store/store_message.h"

#include <stdint.h>

enum {
    LEDGER_ROWS = 256,             /* of a batch */
    LEDGER_DAY_ROWS = 50000,       /* that the store keeps of a day; further ones are left out */
    LEDGER_ANSWER_BYTES = 8 << 20, /* longer ones are refused: ask for fewer days, or a room */
    LEDGER_AUDIT_ROWS = 1000,      /* of an answer */
    LEDGER_DAYS_MAX = 400,         /* of a question */
};

/* The room that counts for all those for which the front had no memory or no place. */
#define LEDGER_OTHERS "*"

struct ledger_row {
    char room[STORE_NAME];
    int32_t day;  /* since 1970-01-01, UTC */
    int64_t life; /* > 0 */
    int64_t sessions, live_ms, bytes_in, bytes_out, viewers_peak, watch_ms;
};

/* STORE_LEDGER; only as many rows as there are travel. */
struct ledger_batch {
    uint32_t format, count;
    uint64_t id;
    int32_t oldest_day; /* that is kept; what is older goes */
    struct ledger_row rows[LEDGER_ROWS];
};

/* STORE_LEDGER_TAKEN: STORE_DONE, it is on the disk; or STORE_TROUBLE, none of it is. */
struct ledger_taken {
    uint32_t format, outcome;
    uint64_t id;
};

enum ledger_form { LEDGER_JSON, LEDGER_CSV, LEDGER_AUDIT, LEDGER_FORMS };

/* STORE_QUESTION. */
struct ledger_question {
    uint32_t format, form; /* enum ledger_form */
    uint64_t id;
    int64_t due_us;           /* of CLOCK_MONOTONIC, as in store_request */
    int32_t from_day, to_day; /* both included */
    char room[STORE_NAME];    /* "": all rooms ... */
    char prefix[STORE_NAME];  /* ... whose names begin so */
    int64_t after;            /* LEDGER_AUDIT: entries behind that one */
    uint32_t limit;
};

/* STORE_ANSWER: with STORE_DONE comes a sealed file of text in that form. STORE_FULL: it would be
 * longer than LEDGER_ANSWER_BYTES. */
struct ledger_answer {
    uint32_t format, outcome;
    uint64_t id;
    char text[STORE_TEXT];
};

#endif
