/* The ledger on the disk, and what is read of it and of the audit trail. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database_usage.h"

#include "relay/store/database_inside.h"
#include "relay/store/usage_text.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

enum { FORGET_ROWS = 20000 }; /* at once: writes wait for it */

/* Rows are totals, so the larger one is the newer one, in whatever order they come. */
static const char upsert[] =
    "INSERT INTO usage (day, room, life, sessions, live_ms, bytes_in, bytes_out, viewers_peak,"
    " watch_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    " ON CONFLICT (day, room, life) DO UPDATE SET sessions = max(sessions, excluded.sessions),"
    " live_ms = max(live_ms, excluded.live_ms), bytes_in = max(bytes_in, excluded.bytes_in),"
    " bytes_out = max(bytes_out, excluded.bytes_out),"
    " viewers_peak = max(viewers_peak, excluded.viewers_peak),"
    " watch_ms = max(watch_ms, excluded.watch_ms)";
static const char is_there[] = "SELECT 1 FROM usage WHERE day = ?1 AND room = ?2 AND life = ?3";
static const char day_rows[] = "SELECT count(*) FROM usage WHERE day = ?1";
static const char forget[] = "DELETE FROM usage WHERE (day, room, life) IN"
                             " (SELECT day, room, life FROM usage WHERE day < ?1 LIMIT ?2)";
/* Who prints a prefix has room names of one alphabet without wildcards, so substr says it all. */
static const char rows[] =
    "SELECT day, room, sum(sessions), sum(live_ms), sum(bytes_in), sum(bytes_out),"
    " max(viewers_peak), sum(watch_ms) FROM usage WHERE day BETWEEN ?1 AND ?2"
    " AND (?3 = '' OR room = ?3) AND substr(room, 1, length(?4)) = ?4"
    " GROUP BY day, room ORDER BY day, room";
static const char entries[] = "SELECT id, at_us, who, act, room, detail FROM audit WHERE id > ?1"
                              " AND substr(room, 1, length(?3)) = ?3 ORDER BY id LIMIT ?2";

static sqlite3_stmt *prepare(struct database *d, const char *sql)
{
    sqlite3_stmt *s = NULL;
    return sqlite3_prepare_v2(database_handle(d), sql, -1, &s, NULL) == SQLITE_OK ? s : NULL;
}

/* The first column of the first row; 0 without one. */
static int ask_number(struct database *d, sqlite3_stmt *s, int64_t *out, char why[STORE_TEXT])
{
    int step = s ? sqlite3_step(s) : SQLITE_ERROR;
    int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : database_trouble(d, why);
    *out = step == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (s)
        sqlite3_reset(s);
    return rc;
}

static void bind_name(sqlite3_stmt *s, const struct ledger_row *r)
{
    sqlite3_bind_int(s, 1, r->day);
    sqlite3_bind_text(s, 2, r->room, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 3, r->life);
}

struct counting {
    struct database *d;
    sqlite3_stmt *put, *find, *count;
    int32_t day; /* of which `rows` is known */
    int64_t rows;
    bool has_day;
};

/* A day has a bounded number of rows, whoever makes up names. */
static int has_place(struct counting *c, const struct ledger_row *r, bool *out,
                     char why[STORE_TEXT])
{
    int64_t there = 0;
    int rc = 0;
    if (!c->has_day || c->day != r->day) {
        sqlite3_bind_int(c->count, 1, r->day);
        rc = ask_number(c->d, c->count, &c->rows, why);
        c->day = r->day;
        c->has_day = !rc;
    }
    if (!rc) {
        bind_name(c->find, r);
        rc = ask_number(c->d, c->find, &there, why);
    }
    *out = there || c->rows < LEDGER_DAY_ROWS;
    c->rows += !there && *out;
    return rc;
}

static int put(struct counting *c, const struct ledger_row *r, char why[STORE_TEXT])
{
    const int64_t values[] = {r->sessions,  r->live_ms,      r->bytes_in,
                              r->bytes_out, r->viewers_peak, r->watch_ms};
    bind_name(c->put, r);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        sqlite3_bind_int64(c->put, (int)i + 4, values[i]);
    int rc = sqlite3_step(c->put) == SQLITE_DONE ? 0 : database_trouble(c->d, why);
    sqlite3_reset(c->put);
    return rc;
}

static int drop_old(struct database *d, int32_t oldest_day, char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepare(d, forget);
    int rc = -EIO;
    if (s) {
        sqlite3_bind_int(s, 1, oldest_day);
        sqlite3_bind_int(s, 2, FORGET_ROWS);
        rc = sqlite3_step(s) == SQLITE_DONE ? 0 : rc;
    }
    if (rc)
        rc = database_trouble(d, why);
    sqlite3_finalize(s);
    return rc;
}

int database_count(struct database *d, const struct ledger_batch *b, size_t *left_out,
                   char why[STORE_TEXT])
{
    struct counting c = {.d = d,
                         .put = prepare(d, upsert),
                         .find = prepare(d, is_there),
                         .count = prepare(d, day_rows)};
    int rc = c.put && c.find && c.count ? database_begin(d, why) : database_trouble(d, why);
    *left_out = 0;
    for (size_t i = 0; i < b->count && !rc; i++) {
        bool place = false;
        if (b->rows[i].day < b->oldest_day)
            continue;
        rc = has_place(&c, &b->rows[i], &place, why);
        if (!rc && place)
            rc = put(&c, &b->rows[i], why);
        *left_out += !rc && !place;
    }
    if (!rc)
        rc = drop_old(d, b->oldest_day, why);
    sqlite3_finalize(c.put); /* before the end of the transaction: none of them holds a lock */
    sqlite3_finalize(c.find);
    sqlite3_finalize(c.count);
    if (rc)
        database_rollback(d);
    return rc ? rc : database_commit(d, why);
}

static const char *column(sqlite3_stmt *s, int at)
{
    const unsigned char *text = sqlite3_column_text(s, at);
    return text ? (const char *)text : "";
}

static void add_row(sqlite3_stmt *s, enum ledger_form form, struct text *t, uint64_t index,
                    struct ledger_row *sum)
{
    struct ledger_row r = {.day = sqlite3_column_int(s, 0),
                           .sessions = sqlite3_column_int64(s, 2),
                           .live_ms = sqlite3_column_int64(s, 3),
                           .bytes_in = sqlite3_column_int64(s, 4),
                           .bytes_out = sqlite3_column_int64(s, 5),
                           .viewers_peak = sqlite3_column_int64(s, 6),
                           .watch_ms = sqlite3_column_int64(s, 7)};
    strncpy(r.room, column(s, 1), sizeof(r.room) - 1);
    usage_text_row(t, form, &r, index, sum);
}

static void add_entry(sqlite3_stmt *s, struct text *t, uint64_t index)
{
    const struct audit_row r = {.id = sqlite3_column_int64(s, 0),
                                .at_us = sqlite3_column_int64(s, 1),
                                .who = column(s, 2),
                                .act = column(s, 3),
                                .room = column(s, 4),
                                .detail = column(s, 5)};
    usage_text_audit(t, &r, index);
}

static void bind_question(sqlite3_stmt *s, const struct ledger_question *q)
{
    if (q->form == LEDGER_AUDIT) {
        sqlite3_bind_int64(s, 1, q->after);
        sqlite3_bind_int64(s, 2, q->limit < LEDGER_AUDIT_ROWS ? q->limit : LEDGER_AUDIT_ROWS);
        sqlite3_bind_text(s, 3, q->prefix, -1, SQLITE_STATIC);
        return;
    }
    sqlite3_bind_int(s, 1, q->from_day);
    sqlite3_bind_int(s, 2, q->to_day);
    sqlite3_bind_text(s, 3, q->room, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, q->prefix, -1, SQLITE_STATIC);
}

int database_tell(struct database *d, const struct ledger_question *q, struct text *t,
                  char why[STORE_TEXT])
{
    const enum ledger_form form = (enum ledger_form)q->form;
    sqlite3_stmt *s = prepare(d, form == LEDGER_AUDIT ? entries : rows);
    struct ledger_row sum = {.day = 0};
    int step = SQLITE_ERROR, rc = 0;
    if (s)
        bind_question(s, q);
    usage_text_begin(t, q);
    for (uint64_t i = 0; s && !rc && (step = sqlite3_step(s)) == SQLITE_ROW; i++) {
        if (form == LEDGER_AUDIT)
            add_entry(s, t, i);
        else
            add_row(s, form, t, i, &sum);
        if (t->len > LEDGER_ANSWER_BYTES)
            rc = -EFBIG;
    }
    if (!rc && step != SQLITE_DONE)
        rc = database_trouble(d, why);
    sqlite3_finalize(s);
    usage_text_end(t, form, &sum);
    if (!rc && text_failed(t)) {
        strcpy(why, "out of memory");
        rc = -ENOMEM;
    }
    return rc;
}
