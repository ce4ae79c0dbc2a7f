/* What stands behind the '?' of the API's addresses: which parameters there are, and their values.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/control/query.h"

#include "config/config.h"
#include "relay/control/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum parameter { FROM, TO, ROOM, AFTER, LIMIT, PARAMETERS };

#define DATE "{\"type\":\"string\",\"format\":\"date\"}"
static const struct {
    const char *name, *schema, *help;
} parameters[PARAMETERS] = {
    [FROM] = {"from", DATE, "The first day (UTC); 30 days before the last one unless given."},
    [TO] = {"to", DATE, "The last day (UTC); today unless given."},
    [ROOM] = {"room", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}",
              "Of that room only."},
    [AFTER] = {"after", "{\"type\":\"integer\",\"minimum\":0}",
               "Entries behind the one with that id; all unless given."},
    [LIMIT] = {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}",
               "At most so many; 100 unless given."},
};

#define BIT(p)   (1u << (p))
#define OF_USAGE (BIT(FROM) | BIT(TO) | BIT(ROOM))
static const struct query_route {
    const char *path;
    enum ledger_form form;
    unsigned takes;
} routes[] = {
    {"usage", LEDGER_JSON, OF_USAGE},
    {"usage.csv", LEDGER_CSV, OF_USAGE},
    {"audit", LEDGER_AUDIT, BIT(AFTER) | BIT(LIMIT)},
};

static const struct query_route *find(const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

bool query_is_taken(const char *route)
{
    return find(route) != NULL;
}

void query_describe(struct text *t, const char *route)
{
    const struct query_route *r = find(route);
    const char *comma = "";
    for (unsigned i = 0; r && i < PARAMETERS; i++) {
        if (!(r->takes & BIT(i)))
            continue;
        text_printf(t,
                    "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":false,\"schema\":%s,"
                    "\"description\":",
                    comma, parameters[i].name, parameters[i].schema);
        text_json(t, parameters[i].help);
        text_puts(t, "}");
        comma = ",";
    }
}

struct word {
    const char *at;
    size_t len;
};

static bool is(struct word w, const char *text)
{
    return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

static bool number(struct word w, int64_t most, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < w.len; i++) {
        if (w.at[i] < '0' || w.at[i] > '9' || *out > (most - (w.at[i] - '0')) / 10)
            return false;
        *out = *out * 10 + (w.at[i] - '0');
    }
    return w.len > 0;
}

/* The days from 1970-01-01 to the first of that month (Gregorian). */
static int64_t days_to(int64_t year, int64_t month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month - 1] + (leap && month > 2);
}

/* RFC 3339's full-date, of 1970 to 9999. */
static bool date(struct word w, int32_t *out)
{
    int64_t year, month, day;
    if (w.len != 10 || w.at[4] != '-' || w.at[7] != '-' ||
        !number((struct word){w.at, 4}, 9999, &year) ||
        !number((struct word){w.at + 5, 2}, 12, &month) ||
        !number((struct word){w.at + 8, 2}, 31, &day) || year < 1970 || month < 1 || day < 1)
        return false;
    int64_t first = days_to(year, month);
    int64_t next = month == 12 ? days_to(year + 1, 1) : days_to(year, month + 1);
    *out = (int32_t)(first + day - 1);
    return *out < next;
}

static int refuse(struct query_refusal *r, const char *field, const char *words)
{
    snprintf(r->field, sizeof(r->field), "%s", field);
    snprintf(r->words, sizeof(r->words), "%s", words);
    return -EINVAL;
}

static int take(struct query *q, enum parameter p, struct word v, struct query_refusal *r)
{
    int64_t n;
    if (p == FROM || p == TO)
        return date(v, p == FROM ? &q->from_day : &q->to_day)
                   ? 0
                   : refuse(r, parameters[p].name,
                            "A day is written as YYYY-MM-DD, for example 2026-11-24.");
    if (p == ROOM) {
        if (!room_name_is_valid(v.at, v.len))
            return refuse(r, "room", "\"room\" must be a room's name.");
        memcpy(q->room, v.at, v.len);
        return 0;
    }
    if (p == AFTER) {
        bool good = number(v, INT64_MAX, &q->after);
        return good ? 0 : refuse(r, "after", "\"after\" must be the id of an entry, or 0.");
    }
    if (!number(v, LEDGER_AUDIT_ROWS, &n) || n == 0)
        return refuse(r, "limit", "\"limit\" must be a number from 1 to 1000.");
    q->limit = (uint32_t)n;
    return 0;
}

/* One NAME=VALUE. */
static int take_pair(struct query *q, const struct query_route *route, struct word pair,
                     unsigned *seen, struct query_refusal *r)
{
    char words[QUERY_WORDS], shown[QUERY_FIELD];
    const char *equals = memchr(pair.at, '=', pair.len);
    struct word name = {pair.at, equals ? (size_t)(equals - pair.at) : pair.len};
    struct word value = {pair.at + pair.len, 0};
    if (equals)
        value = (struct word){equals + 1, pair.len - name.len - 1};
    for (unsigned i = 0; i < PARAMETERS; i++) {
        if (!(route->takes & BIT(i)) || !is(name, parameters[i].name))
            continue;
        if (*seen & BIT(i))
            return refuse(r, parameters[i].name, "A parameter is given twice.");
        *seen |= BIT(i);
        return take(q, (enum parameter)i, value, r);
    }
    snprintf(shown, sizeof(shown), "%.*s", (int)(name.len < 31 ? name.len : 31), name.at);
    snprintf(words, sizeof(words), "There is no parameter \"%s\" here.", shown);
    return refuse(r, shown, words);
}

int query_parse(struct query *q, const char *path, const char *text, int32_t today,
                struct query_refusal *r)
{
    const struct query_route *route = find(path);
    unsigned seen = 0;
    *r = (struct query_refusal){.words = ""};
    *q = (struct query){.to_day = today, .limit = QUERY_LIMIT};
    if (!route || strlen(text) >= QUERY_MAX)
        return refuse(r, "", "What follows the question mark is too long.");
    q->form = route->form;
    while (*text) {
        size_t len = strcspn(text, "&");
        int rc = take_pair(q, route, (struct word){text, len}, &seen, r);
        if (rc)
            return rc;
        text += len + (text[len] == '&');
    }
    if (!(seen & BIT(FROM)))
        q->from_day = q->to_day - QUERY_DAYS + 1;
    if (q->from_day > q->to_day)
        return refuse(r, "from", "\"from\" must not be after \"to\".");
    if (q->to_day - q->from_day >= LEDGER_DAYS_MAX)
        return refuse(r, "from", "Ask for 400 days at most.");
    return 0;
}
