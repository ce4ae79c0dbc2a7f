/* What was asked of the store to be read, and is not answered yet: usage, and the audit trail. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the questions under way. Thread: control. Life: asks_init; zeroed memory has none.
 * Fails:  with a status and a sentence for who asked.
 *
 * The store makes the text of the answer; here it is only passed on.
 */
#ifndef RELAY_CONTROL_ASKS_H
#define RELAY_CONTROL_ASKS_H

#include "relay/base/parcel.h"
#include "relay/base/text.h"
#include "relay/control/action.h"
#include "relay/store/ledger_message.h"
#include "relay/web/server.h"

#include <stdint.h>

enum { ASKS_UNDER_WAY = 8, ASKS_PATIENCE_US = 5000000, ASKS_GZIP_MOST = 256 << 10 };

struct ask {
    uint64_t id; /* 0: free */
    struct request_token asker;
    int64_t due_us;
    enum ledger_form form;
};

struct asks {
    int store; /* -1: there is none */
    uint64_t next_id;
    struct ask list[ASKS_UNDER_WAY];
};

void asks_init(struct asks *k);
/* GET usage, usage.csv and audit: an action without a room, but for the query. */
int asks_usage(struct text *t, struct action *a);
int asks_usage_csv(struct text *t, struct action *a);
int asks_audit(struct text *t, struct action *a);
/* Who asked for it; ids of others are left alone. */
void asks_bind(struct asks *k, uint64_t id, struct request_token asker);
/* p: STORE_ANSWER; its descriptor stays the caller's. */
void asks_answer(struct asks *k, struct server *s, const struct parcel *p, int64_t wall_us);
/* Who waits too long is told so. */
void asks_late(struct asks *k, struct server *s, int64_t now_us, int64_t wall_us);
/* For OpenAPI: the schemas of what is answered. */
void asks_describe(struct text *t);

#define ASKS_CSV_TYPE "text/csv; charset=utf-8"

#endif
