/* The rooms on the disk: an SQLite database of one table of rooms, one of their values, an audit.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database.h"

#include "relay/store/database_agency.h"
#include "relay/store/database_file.h"
#include "relay/store/database_inside.h"
#include "relay/store/schema_steps.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUSY_MS = 1000,     /* somebody makes a backup */
    AUDIT_KEPT = 100000 /* rows; the oldest go */
};

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    FIND,
    COUNT,
    INSERT,
    TOUCH,
    REMOVE,
    SET_KEY,
    SET_VALUE,
    UNSET_VALUE,
    NOTE,
    FORGET_NOTES,
    ALL_ROOMS,
    ALL_VALUES,
    STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FIND] = "SELECT id FROM rooms WHERE name = ?1",
    [COUNT] = "SELECT count(*) FROM rooms",
    [INSERT] = "INSERT INTO rooms (name, key_salt, key_hash, created_us, changed_us)"
               " VALUES (?1, ?2, ?3, ?4, ?4)",
    [TOUCH] = "UPDATE rooms SET changed_us = ?2 WHERE id = ?1",
    [REMOVE] = "DELETE FROM rooms WHERE id = ?1",
    [SET_KEY] = "UPDATE rooms SET key_salt = ?2, key_hash = ?3, feeds = feeds + ?4 WHERE id = ?1",
    [SET_VALUE] = "INSERT INTO room_values (room, key, value) VALUES (?1, ?2, ?3)"
                  " ON CONFLICT (room, key) DO UPDATE SET value = excluded.value",
    [UNSET_VALUE] = "DELETE FROM room_values WHERE room = ?1 AND key = ?2",
    [NOTE] = "INSERT INTO audit (at_us, who, act, room, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
    [FORGET_NOTES] = "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1",
    [ALL_ROOMS] = "SELECT id, name, key_salt, key_hash, feeds FROM rooms ORDER BY name",
    [ALL_VALUES] = "SELECT key, value FROM room_values WHERE room = ?1",
};

struct database {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
};

sqlite3 *database_handle(struct database *d)
{
    return d->db;
}

int database_say(sqlite3 *db, char why[STORE_TEXT])
{
    switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
        database_fail(why, "the disk is full");
        return -EDQUOT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return database_fail(why, "the database is damaged (%s): restore a backup",
                             sqlite3_errmsg(db));
    case SQLITE_READONLY:
        return database_fail(why,
                             "the database may not be written: look at who owns it and its folder");
    case SQLITE_CANTOPEN:
        return database_fail(why,
                             "the database cannot be opened: look at its folder, and who owns it");
    default:
        return database_fail(why, "the database does not work: %s", sqlite3_errmsg(db));
    }
}

int database_trouble(struct database *d, char why[STORE_TEXT])
{
    return database_say(d->db, why);
}

static sqlite3_stmt *prepared(struct database *d, enum statement which)
{
    sqlite3_stmt **s = &d->statements[which];
    if (!*s && sqlite3_prepare_v3(d->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL) !=
                   SQLITE_OK)
        return NULL;
    return *s;
}

/* One that gives no rows; what was bound is forgotten. */
static int run(struct database *d, enum statement which, char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepared(d, which);
    int rc = s && sqlite3_step(s) == SQLITE_DONE ? 0 : database_trouble(d, why);
    if (s) {
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
    }
    return rc;
}

/* One that gives a number; *found says whether it gave any. */
static int run_number(struct database *d, enum statement which, int64_t *out, bool *found,
                      char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepared(d, which);
    int step = s ? sqlite3_step(s) : SQLITE_ERROR;
    int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : database_trouble(d, why);
    *found = step == SQLITE_ROW;
    if (*found)
        *out = sqlite3_column_int64(s, 0);
    if (s) {
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
    }
    return rc;
}

static void bind_text(struct database *d, enum statement which, int at, const char *text)
{
    sqlite3_stmt *s = prepared(d, which);
    if (s)
        sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_number(struct database *d, enum statement which, int at, int64_t n)
{
    sqlite3_stmt *s = prepared(d, which);
    if (s)
        sqlite3_bind_int64(s, at, n);
}

static void bind_key(struct database *d, enum statement which, const struct publish_key *k)
{
    sqlite3_stmt *s = prepared(d, which);
    if (!s)
        return;
    sqlite3_bind_blob(s, 2, k->salt, sizeof(k->salt), SQLITE_TRANSIENT);
    sqlite3_bind_blob(s, 3, k->hash, sizeof(k->hash), SQLITE_TRANSIENT);
}

static int execute(struct database *d, const char *sql, char why[STORE_TEXT])
{
    return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : database_trouble(d, why);
}

/* The first column of the first row, as text. */
static int ask(struct database *d, const char *sql, char *out, size_t size, char why[STORE_TEXT])
{
    sqlite3_stmt *s = NULL;
    int rc =
        sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW
            ? 0
            : database_trouble(d, why);
    if (!rc)
        snprintf(out, size, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return rc;
}

static int check(struct database *d, char why[STORE_TEXT])
{
    char found[160];
    int rc = ask(d, "PRAGMA integrity_check(1)", found, sizeof(found), why);
    if (!rc && strcmp(found, "ok") != 0)
        rc = database_fail(why, "the database is damaged (%s): restore a backup", found);
    return rc;
}

/* With what stands in the write-ahead log: whose it is, and of which version. A file of no version
 * is ours when it is empty. */
static int identify(struct database *d, int *version, char why[STORE_TEXT])
{
    char owner[16] = "0", number[16] = "0", tables[16] = "0";
    int rc = ask(d, "PRAGMA application_id", owner, sizeof(owner), why);
    if (!rc)
        rc = ask(d, "PRAGMA user_version", number, sizeof(number), why);
    if (!rc)
        rc = ask(d, "SELECT count(*) FROM sqlite_schema", tables, sizeof(tables), why);
    *version = atoi(number);
    if (rc)
        return rc;
    if (atoi(owner) != SCHEMA_APPLICATION &&
        (atoi(owner) != 0 || *version != 0 || atoi(tables) != 0))
        return database_not_ours(why);
    return *version > SCHEMA_VERSION ? database_too_new(why, *version) : 0;
}

static int migrate(struct database *d, int version, char why[STORE_TEXT])
{
    char raise[96];
    int rc = 0;
    for (; !rc && version < SCHEMA_VERSION; version++) {
        snprintf(raise, sizeof(raise), "PRAGMA application_id=%d;PRAGMA user_version=%d",
                 SCHEMA_APPLICATION, version + 1);
        rc = execute(d, "BEGIN IMMEDIATE", why);
        if (!rc)
            rc = execute(d, schema_steps[version], why);
        if (!rc)
            rc = execute(d, raise, why);
        if (!rc)
            rc = execute(d, "COMMIT", why);
        if (rc) /* else the sentence of the error would be this one's */
            sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return rc;
}

static int set_up(struct database *d, const char *path, bool must_exist, char why[STORE_TEXT])
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
                (must_exist ? 0 : SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(path, &d->db, flags, NULL) != SQLITE_OK)
        return d->db ? database_trouble(d, why) : database_fail(why, "out of memory");
    sqlite3_extended_result_codes(d->db, 0);
    sqlite3_busy_timeout(d->db, BUSY_MS);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    int version, rc = identify(d, &version, why);
    if (!rc)
        rc = check(d, why);
    if (!rc)
        rc = execute(d,
                     "PRAGMA foreign_keys=ON;PRAGMA temp_store=MEMORY;"
                     "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL",
                     why);
    return rc ? rc : migrate(d, version, why);
}

/* A new one comes whole to its name: so an empty file of that name was cut, and is never taken for
 * a database without rooms. */
static int make(const char *path, char why[STORE_TEXT])
{
    struct database *d = calloc(1, sizeof(*d));
    char part[PATH_MAX + 8];
    snprintf(part, sizeof(part), "%s.new", path);
    database_file_clear(part);
    int rc = d ? set_up(d, part, false, why) : database_fail(why, "out of memory");
    database_close(&d);
    if (!rc)
        rc = database_file_name(part, path, why);
    if (rc)
        database_file_clear(part);
    return rc;
}

void database_prepare(void)
{
    unsigned char byte;
    sqlite3_randomness(sizeof(byte), &byte);
}

int database_open(struct database **out, const char *path, bool must_exist, char why[STORE_TEXT])
{
    bool is_new = !must_exist && access(path, F_OK) && errno == ENOENT;
    int rc = is_new ? make(path, why) : database_file_look(path, why);
    struct database *d = *out = rc ? NULL : calloc(1, sizeof(*d));
    if (!rc && !d)
        rc = database_fail(why, "out of memory");
    if (!rc)
        rc = set_up(d, path, true, why);
    if (rc && d && d->db) /* what is refused is left as it is */
        sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc)
        database_close(out);
    return rc;
}

void database_close(struct database **dp)
{
    struct database *d = *dp;
    *dp = NULL;
    if (!d)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(d->statements[i]);
    sqlite3_close(d->db);
    free(d);
}

bool database_is_moved(struct database *d, char why[STORE_TEXT])
{
    int moved = 0;
    if (sqlite3_file_control(d->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
        return false;
    database_fail(why, "the database's file was taken away or exchanged");
    return true;
}

int database_begin(struct database *d, char why[STORE_TEXT])
{
    return database_is_moved(d, why) ? -ENODATA : run(d, BEGIN, why);
}

void database_rollback(struct database *d)
{
    char why[STORE_TEXT];
    if (!sqlite3_get_autocommit(d->db) && run(d, ROLLBACK, why))
        return;
}

int database_commit(struct database *d, char why[STORE_TEXT])
{
    int rc = run(d, COMMIT, why);
    if (rc)
        database_rollback(d);
    return rc;
}

/* Which keys, never to what: values may be secret. */
static void name_keys(const struct store_request *q, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    if (q->act == STORE_NEW_KEY)
        snprintf(out, size, "%s", q->keep_feed ? "keep_feed" : "");
    if (q->act == STORE_AGENCY_TOKEN)
        snprintf(out, size, "%s", q->reader ? "reader" : "admin");
    for (size_t i = 0; i < STORE_KEYS && used < size; i++)
        if (q->has[i])
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                 (store_act_is_agency(q->act) ? agency_keys : room_keys)[i].name);
}

static int note(struct database *d, const struct store_request *q, int64_t wall_us,
                char why[STORE_TEXT])
{
    static const char *const acts[STORE_ACTS] = {[STORE_CREATE] = "create",
                                                 [STORE_CHANGE] = "change",
                                                 [STORE_CLOSE] = "close",
                                                 [STORE_NEW_KEY] = "key",
                                                 [STORE_AGENCY_CREATE] = "agency create",
                                                 [STORE_AGENCY_CHANGE] = "agency change",
                                                 [STORE_AGENCY_CLOSE] = "agency close",
                                                 [STORE_AGENCY_TOKEN] = "agency token"};
    char keys[200];
    name_keys(q, keys, sizeof(keys));
    bind_number(d, NOTE, 1, wall_us);
    bind_text(d, NOTE, 2, q->who);
    bind_text(d, NOTE, 3, acts[q->act]);
    bind_text(d, NOTE, 4, q->room);
    bind_text(d, NOTE, 5, keys);
    int rc = run(d, NOTE, why);
    bind_number(d, FORGET_NOTES, 1, AUDIT_KEPT);
    return rc ? rc : run(d, FORGET_NOTES, why);
}

static int set_values(struct database *d, int64_t room, const struct store_request *q,
                      char why[STORE_TEXT])
{
    int rc = 0;
    for (size_t i = 0; i < CONFIG_ROOM_KEYS && !rc; i++) {
        enum statement which = q->value[i][0] ? SET_VALUE : UNSET_VALUE;
        if (!q->has[i])
            continue;
        bind_number(d, which, 1, room);
        bind_text(d, which, 2, room_keys[i].name);
        if (which == SET_VALUE)
            bind_text(d, which, 3, q->value[i]);
        rc = run(d, which, why);
    }
    return rc;
}

static int create(struct database *d, const struct store_request *q, int64_t wall_us, int64_t *room,
                  char why[STORE_TEXT])
{
    int64_t count = 0;
    bool found;
    int rc = run_number(d, COUNT, &count, &found, why);
    if (!rc && count >= STORED_ROOMS_MAX) {
        database_fail(why, "%d rooms are made by the API, and no more may be", STORED_ROOMS_MAX);
        return -ENOSPC;
    }
    if (rc)
        return rc;
    bind_text(d, INSERT, 1, q->room);
    bind_key(d, INSERT, &q->key);
    bind_number(d, INSERT, 4, wall_us);
    rc = run(d, INSERT, why);
    *room = sqlite3_last_insert_rowid(d->db);
    return rc;
}

static int change(struct database *d, const struct store_request *q, int64_t room, int64_t wall_us,
                  char why[STORE_TEXT])
{
    if (q->act == STORE_CLOSE) {
        bind_number(d, REMOVE, 1, room);
        return run(d, REMOVE, why);
    }
    if (q->act == STORE_NEW_KEY) {
        bind_number(d, SET_KEY, 1, room);
        bind_key(d, SET_KEY, &q->key);
        bind_number(d, SET_KEY, 4, q->keep_feed ? 0 : 1);
        int rc = run(d, SET_KEY, why);
        if (rc)
            return rc;
    }
    bind_number(d, TOUCH, 1, room);
    bind_number(d, TOUCH, 2, wall_us);
    return run(d, TOUCH, why);
}

int database_apply(struct database *d, const struct store_request *q, int64_t wall_us,
                   char why[STORE_TEXT])
{
    int64_t room = 0;
    bool found;
    if (store_act_is_agency(q->act)) {
        int made = database_agency_apply(d->db, q, wall_us, why);
        return made ? made : note(d, q, wall_us, why);
    }
    bind_text(d, FIND, 1, q->room);
    int rc = run_number(d, FIND, &room, &found, why);
    if (rc)
        return rc;
    if (found != (q->act != STORE_CREATE))
        return found ? -EEXIST : -ENOENT;
    rc = q->act == STORE_CREATE ? create(d, q, wall_us, &room, why)
                                : change(d, q, room, wall_us, why);
    if (!rc && q->act != STORE_CLOSE)
        rc = set_values(d, room, q, why);
    return rc ? rc : note(d, q, wall_us, why);
}

static int list_values(struct database *d, int64_t room, struct stored_list *l,
                       char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepared(d, ALL_VALUES);
    int step = SQLITE_ERROR;
    bind_number(d, ALL_VALUES, 1, room);
    while (s && (step = sqlite3_step(s)) == SQLITE_ROW)
        stored_list_value(l, (const char *)sqlite3_column_text(s, 0),
                          (const char *)sqlite3_column_text(s, 1));
    int rc = step == SQLITE_DONE ? 0 : database_trouble(d, why);
    if (s)
        sqlite3_reset(s);
    return rc;
}

int database_list(struct database *d, struct stored_list *l, char why[STORE_TEXT])
{
    sqlite3_stmt *s = prepared(d, ALL_ROOMS);
    struct publish_key key;
    int step = SQLITE_ERROR, rc = database_agency_list(d->db, l, why);
    while (!rc && s && (step = sqlite3_step(s)) == SQLITE_ROW) {
        if (sqlite3_column_bytes(s, 2) != sizeof(key.salt) ||
            sqlite3_column_bytes(s, 3) != sizeof(key.hash)) {
            rc = database_fail(why, "the database is damaged (a key's length): restore a backup");
            break;
        }
        memcpy(key.salt, sqlite3_column_blob(s, 2), sizeof(key.salt));
        memcpy(key.hash, sqlite3_column_blob(s, 3), sizeof(key.hash));
        stored_list_room(l, (const char *)sqlite3_column_text(s, 1), &key,
                         (uint64_t)sqlite3_column_int64(s, 0),
                         (uint64_t)sqlite3_column_int64(s, 4));
        rc = list_values(d, sqlite3_column_int64(s, 0), l, why);
    }
    if (!rc && step != SQLITE_DONE)
        rc = database_trouble(d, why);
    if (s)
        sqlite3_reset(s);
    return rc;
}
