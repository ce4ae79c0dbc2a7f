/* Agencies in the database: what is done to one, and all of them for the list. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database_agency.h"

#include "relay/store/database_file.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a statement's parameters are, in their order; the types say which. */
struct bound {
    enum { NUMBER, TEXT, BYTES } type;
    int64_t number;
    const void *at;
    size_t len;
};

static struct bound number(int64_t n)
{
    return (struct bound){.type = NUMBER, .number = n};
}

static struct bound text(const char *t)
{
    return (struct bound){.type = TEXT, .at = t, .len = strlen(t)};
}

static struct bound bytes(const void *at, size_t len)
{
    return (struct bound){.type = BYTES, .at = at, .len = len};
}

static int bind(sqlite3_stmt *s, int i, const struct bound *b)
{
    return b->type == NUMBER ? sqlite3_bind_int64(s, i, b->number)
           : b->type == TEXT ? sqlite3_bind_text(s, i, b->at, (int)b->len, SQLITE_TRANSIENT)
                             : sqlite3_bind_blob(s, i, b->at, (int)b->len, SQLITE_TRANSIENT);
}

/* NULL: database_say knows why. */
static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const struct bound *all, size_t n)
{
    sqlite3_stmt *s = NULL;
    bool fine = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
    for (size_t i = 0; fine && i < n; i++)
        fine = bind(s, (int)i + 1, &all[i]) == SQLITE_OK;
    if (!fine) {
        sqlite3_finalize(s);
        s = NULL;
    }
    return s;
}

static int run(sqlite3 *db, const char *sql, const struct bound *all, size_t n,
               char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepare(db, sql, all, n);
    int rc = s && sqlite3_step(s) == SQLITE_DONE ? 0 : database_say(db, why);
    sqlite3_finalize(s);
    return rc;
}

#define RUN(db, why, sql, ...)                                                                     \
    run(db, sql, (const struct bound[]){__VA_ARGS__},                                              \
        sizeof((struct bound[]){__VA_ARGS__}) / sizeof(struct bound), why)

/* The first row's first column: a number, or a text into `word`. *found: is there a row? */
static int find(sqlite3 *db, const char *sql, const char *name, int64_t *out, char *word,
                bool *found, char why[STORE_TEXT])
{
    struct bound b = text(name);
    sqlite3_stmt *s = prepare(db, sql, &b, 1);
    int step = s ? sqlite3_step(s) : SQLITE_ERROR;
    int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : database_say(db, why);
    *found = step == SQLITE_ROW;
    if (*found && out)
        *out = sqlite3_column_int64(s, 0);
    if (*found && word)
        snprintf(word, STORE_NAME, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return rc;
}

static int create(sqlite3 *db, const struct store_request *q, int64_t wall_us, int64_t *id,
                  char why[STORE_TEXT])
{
    int64_t count = 0;
    bool found;
    int rc = find(db, "SELECT count(*) FROM agencies WHERE name <> ?1", q->room, &count, NULL,
                  &found, why);
    if (!rc && count >= STORED_AGENCIES_MAX) {
        database_fail(why, "%d agencies are made by the API, and no more may be",
                      STORED_AGENCIES_MAX);
        return -ENOSPC;
    }
    if (!rc)
        rc = find(db,
                  "SELECT id FROM agencies WHERE substr(prefix, 1, length(?1)) = ?1"
                  " OR substr(?1, 1, length(prefix)) = prefix LIMIT 1",
                  q->prefix, NULL, NULL, &found, why);
    if (rc || found)
        return rc ? rc : -EEXIST;
    rc = RUN(db, why,
             "INSERT INTO agencies (name, prefix, admin_salt, admin_hash, created_us, changed_us)"
             " VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
             text(q->room), text(q->prefix), bytes(q->key.salt, sizeof(q->key.salt)),
             bytes(q->key.hash, sizeof(q->key.hash)), number(wall_us));
    *id = sqlite3_last_insert_rowid(db);
    return rc;
}

/* Its rooms would be the organizer's of a sudden, with keys that the agency knows. */
static int close_agency(sqlite3 *db, const struct store_request *q, int64_t id,
                        char why[STORE_TEXT])
{
    char room[STORE_NAME];
    bool found;
    int rc = find(db,
                  "SELECT r.name FROM rooms r, agencies a WHERE a.name = ?1"
                  " AND substr(r.name, 1, length(a.prefix)) = a.prefix ORDER BY r.name LIMIT 1",
                  q->room, NULL, room, &found, why);
    if (!rc && found) {
        database_fail(why, "it has rooms, such as %s: close them first", room);
        return -EBUSY;
    }
    return rc ? rc : RUN(db, why, "DELETE FROM agencies WHERE id = ?1", number(id));
}

static int set_token(sqlite3 *db, const struct store_request *q, int64_t id, char why[STORE_TEXT])
{
    return RUN(db, why,
               q->reader ? "UPDATE agencies SET reader_salt = ?2, reader_hash = ?3 WHERE id = ?1"
                         : "UPDATE agencies SET admin_salt = ?2, admin_hash = ?3 WHERE id = ?1",
               number(id), bytes(q->key.salt, sizeof(q->key.salt)),
               bytes(q->key.hash, sizeof(q->key.hash)));
}

static int set_values(sqlite3 *db, const struct store_request *q, int64_t id, char why[STORE_TEXT])
{
    int rc = 0;
    for (size_t i = 0; i < CONFIG_AGENCY_KEYS && !rc; i++) {
        const char *key = agency_keys[i].name, *value = q->value[i];
        if (!q->has[i])
            continue;
        if (value[0])
            rc = RUN(db, why,
                     "INSERT INTO agency_values (agency, key, value) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (agency, key) DO UPDATE SET value = excluded.value",
                     number(id), text(key), text(value));
        else
            rc = RUN(db, why, "DELETE FROM agency_values WHERE agency = ?1 AND key = ?2",
                     number(id), text(key));
    }
    return rc;
}

int database_agency_apply(sqlite3 *db, const struct store_request *q, int64_t wall_us,
                          char why[STORE_TEXT])
{
    int64_t id = 0;
    bool found;
    int rc = find(db, "SELECT id FROM agencies WHERE name = ?1", q->room, &id, NULL, &found, why);
    if (rc)
        return rc;
    if (found != (q->act != STORE_AGENCY_CREATE))
        return found ? -EEXIST : -ENOENT;
    if (q->act == STORE_AGENCY_CLOSE)
        return close_agency(db, q, id, why);
    rc = q->act == STORE_AGENCY_CREATE  ? create(db, q, wall_us, &id, why)
         : q->act == STORE_AGENCY_TOKEN ? set_token(db, q, id, why)
                                        : 0;
    if (!rc)
        rc = set_values(db, q, id, why);
    return rc ? rc
              : RUN(db, why, "UPDATE agencies SET changed_us = ?2 WHERE id = ?1", number(id),
                    number(wall_us));
}

/* False: it is no key. An absent one is no fault where it may be. */
static bool take_key(sqlite3_stmt *s, int column, struct publish_key *out)
{
    if (sqlite3_column_bytes(s, column) != sizeof(out->salt) ||
        sqlite3_column_bytes(s, column + 1) != sizeof(out->hash))
        return false;
    memcpy(out->salt, sqlite3_column_blob(s, column), sizeof(out->salt));
    memcpy(out->hash, sqlite3_column_blob(s, column + 1), sizeof(out->hash));
    return true;
}

static int list_values(sqlite3 *db, int64_t id, struct stored_list *l, char why[STORE_TEXT])
{
    struct bound b = number(id);
    sqlite3_stmt *s = prepare(db, "SELECT key, value FROM agency_values WHERE agency = ?1", &b, 1);
    int step = SQLITE_ERROR;
    while (s && (step = sqlite3_step(s)) == SQLITE_ROW)
        stored_list_value(l, (const char *)sqlite3_column_text(s, 0),
                          (const char *)sqlite3_column_text(s, 1));
    int rc = step == SQLITE_DONE ? 0 : database_say(db, why);
    sqlite3_finalize(s);
    return rc;
}

static int list_agency(sqlite3 *db, sqlite3_stmt *s, struct stored_list *l, char why[STORE_TEXT])
{
    char name[STORE_NAME], prefix[STORE_NAME];
    struct stored_agency a = {.agency = {.name = name, .prefix = prefix},
                              .id = (uint64_t)sqlite3_column_int64(s, 0)};
    snprintf(name, sizeof(name), "%s", (const char *)sqlite3_column_text(s, 1));
    snprintf(prefix, sizeof(prefix), "%s", (const char *)sqlite3_column_text(s, 2));
    a.has_reader = sqlite3_column_type(s, 5) != SQLITE_NULL;
    if (!take_key(s, 3, &a.admin) || (a.has_reader && !take_key(s, 5, &a.reader)))
        return database_fail(why, "the database is damaged (a token's length): restore a backup");
    stored_list_agency(l, &a);
    return list_values(db, sqlite3_column_int64(s, 0), l, why);
}

int database_agency_list(sqlite3 *db, struct stored_list *l, char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepare(db,
                              "SELECT id, name, prefix, admin_salt, admin_hash, reader_salt,"
                              " reader_hash FROM agencies ORDER BY prefix",
                              NULL, 0);
    int step = SQLITE_ERROR, rc = 0;
    while (!rc && s && (step = sqlite3_step(s)) == SQLITE_ROW)
        rc = list_agency(db, s, l, why);
    if (!rc && step != SQLITE_DONE)
        rc = database_say(db, why);
    sqlite3_finalize(s);
    return rc;
}
