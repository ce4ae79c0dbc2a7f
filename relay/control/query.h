/* What stands behind the '?' of the API's addresses: which parameters there are, and their values.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: pure functions. Fails: with the parameter's name and a sentence
 * for who asked. Nothing is decoded: no value that is let through needs a '%'.
 */
#ifndef RELAY_CONTROL_QUERY_H
#define RELAY_CONTROL_QUERY_H

#include "relay/base/text.h"
#include "relay/store/ledger_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERY_MAX = 256, QUERY_FIELD = 32, QUERY_WORDS = 160, QUERY_DAYS = 31, QUERY_LIMIT = 100 };

struct query {
    enum ledger_form form;
    int32_t from_day, to_day; /* the last QUERY_DAYS where they are not given */
    char room[STORE_NAME];    /* "": all */
    int64_t after;
    uint32_t limit;
};

struct query_refusal {
    char field[QUERY_FIELD]; /* "": none of them */
    char words[QUERY_WORDS];
};

/* Does that route take any? */
bool query_is_taken(const char *route);
/* Their descriptions in OpenAPI, between commas. */
void query_describe(struct text *t, const char *route);
/* text: the bytes behind '?'. 0, or -EINVAL with out's refusal. */
__attribute__((warn_unused_result)) int query_parse(struct query *out, const char *route,
                                                    const char *text, int32_t today,
                                                    struct query_refusal *refusal);

#endif
