/* Queries of the API: what is let through says the same when it is written out again. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void put_date(char out[static 16], int32_t day)
{
    time_t at = (time_t)day * 86400;
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(out, 16, "%Y-%m-%d", &tm);
}

static void again(const struct query *q, const char *route)
{
    char text[QUERY_MAX], from[16], to[16];
    struct query other;
    struct query_refusal no;
    put_date(from, q->from_day);
    put_date(to, q->to_day);
    if (q->form == LEDGER_AUDIT)
        snprintf(text, sizeof(text), "after=%" PRId64 "&limit=%" PRIu32, q->after, q->limit);
    else
        snprintf(text, sizeof(text), "from=%s&to=%s%s%s", from, to, q->room[0] ? "&room=" : "",
                 q->room);
    check(query_parse(&other, route, text, 20000, &no) == 0);
    if (q->form != LEDGER_AUDIT)
        check(other.from_day == q->from_day && other.to_day == q->to_day);
    check(other.after == q->after && other.limit == q->limit);
    check(strcmp(other.room, q->room) == 0 && other.form == q->form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const routes[] = {"usage", "usage.csv", "audit"};
    struct query q;
    struct query_refusal no;
    char *text = size ? malloc(size) : NULL;
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    const char *route = routes[data[0] % 3];
    if (query_parse(&q, route, text, 20000, &no) == 0)
        again(&q, route);
    else
        check(no.words[0] && memchr(no.field, '\0', sizeof(no.field)));
    free(text);
    return 0;
}
