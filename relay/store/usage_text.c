/* Rows of the ledger and of the audit trail as JSON and CSV. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/usage_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The numbers of a row, in the order in which they are printed. */
static const struct column {
    const char *name;
    size_t at;
} columns[] = {
    {"sessions", offsetof(struct ledger_row, sessions)},
    {"live_ms", offsetof(struct ledger_row, live_ms)},
    {"bytes_in", offsetof(struct ledger_row, bytes_in)},
    {"bytes_out", offsetof(struct ledger_row, bytes_out)},
    {"viewers_peak", offsetof(struct ledger_row, viewers_peak)},
    {"watch_ms", offsetof(struct ledger_row, watch_ms)},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int64_t value(const struct ledger_row *r, const struct column *c)
{
    int64_t n;
    memcpy(&n, (const char *)r + c->at, sizeof(n));
    return n;
}

void usage_text_date(char out[static USAGE_DATE], int32_t day)
{
    time_t at = (time_t)day * 86400;
    struct tm tm;
    if (!gmtime_r(&at, &tm) || strftime(out, USAGE_DATE, "%Y-%m-%d", &tm) == 0)
        out[0] = '\0';
}

static void put_numbers(struct text *t, const struct ledger_row *r)
{
    for (size_t i = 0; i < COLUMNS; i++)
        text_printf(t, "%s\"%s\":%" PRId64, i ? "," : "", columns[i].name, value(r, &columns[i]));
}

void usage_text_begin(struct text *t, const struct ledger_question *q)
{
    char from[USAGE_DATE], to[USAGE_DATE];
    if (q->form == LEDGER_CSV) {
        text_puts(t, "day,room");
        for (size_t i = 0; i < COLUMNS; i++)
            text_printf(t, ",%s", columns[i].name);
        text_puts(t, "\r\n");
    } else if (q->form == LEDGER_JSON) {
        usage_text_date(from, q->from_day);
        usage_text_date(to, q->to_day);
        text_printf(t, "{\"from\":\"%s\",\"to\":\"%s\",\"rows\":[", from, to);
    } else {
        text_puts(t, "{\"entries\":[");
    }
}

void usage_text_field(struct text *t, const char *s)
{
    bool guarded = s[0] && strchr("=+-@\t\r", s[0]);
    if (!strpbrk(s, ",\"\r\n")) {
        text_printf(t, "%s%s", guarded ? "'" : "", s);
        return;
    }
    text_puts(t, guarded ? "\"'" : "\"");
    for (; *s; s++)
        text_add(t, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    text_puts(t, "\"");
}

void usage_text_row(struct text *t, enum ledger_form form, const struct ledger_row *r,
                    uint64_t index, struct ledger_row *sum)
{
    char day[USAGE_DATE];
    usage_text_date(day, r->day);
    sum->sessions += r->sessions;
    sum->live_ms += r->live_ms;
    sum->bytes_in += r->bytes_in;
    sum->bytes_out += r->bytes_out;
    sum->watch_ms += r->watch_ms;
    if (r->viewers_peak > sum->viewers_peak)
        sum->viewers_peak = r->viewers_peak;
    if (form == LEDGER_CSV) {
        text_printf(t, "%s,", day);
        usage_text_field(t, r->room);
        for (size_t i = 0; i < COLUMNS; i++)
            text_printf(t, ",%" PRId64, value(r, &columns[i]));
        text_puts(t, "\r\n");
        return;
    }
    text_printf(t, "%s\n{\"day\":\"%s\",\"room\":", index ? "," : "", day);
    text_json(t, r->room);
    text_puts(t, ",");
    put_numbers(t, r);
    text_puts(t, "}");
}

void usage_text_end(struct text *t, enum ledger_form form, const struct ledger_row *sum)
{
    if (form == LEDGER_CSV)
        return;
    text_puts(t, "\n]");
    if (form == LEDGER_JSON) {
        text_puts(t, ",\"total\":{");
        put_numbers(t, sum);
        text_puts(t, "}");
    }
    text_puts(t, "}\n");
}

void usage_text_audit(struct text *t, const struct audit_row *r, uint64_t index)
{
    const struct {
        const char *name, *text;
    } words[] = {{"who", r->who}, {"act", r->act}, {"room", r->room}, {"detail", r->detail}};
    time_t s = (time_t)(r->at_us / 1000000);
    char at[32] = "";
    struct tm tm;
    if (gmtime_r(&s, &tm))
        strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &tm);
    text_printf(t, "%s\n{\"id\":%" PRId64 ",\"at\":\"%s.%03dZ\"", index ? "," : "", r->id, at,
                (int)(r->at_us % 1000000 / 1000));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        text_printf(t, ",\"%s\":", words[i].name);
        text_json(t, words[i].text ? words[i].text : "");
    }
    text_puts(t, "}");
}
