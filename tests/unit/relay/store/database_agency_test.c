/* Agencies in the database: kept, refused, and made in a database of the version before them. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database.h"
#include "relay/store/schema_steps.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[96], why[STORE_TEXT];
static struct database *d;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/roomcast-database-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/store.db", dir);
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char file[128];
    (void)state;
    database_close(&d);
    for (size_t i = 0; i < 4; i++) {
        snprintf(file, sizeof(file), "%s%s", path, ends[i]);
        unlink(file);
    }
    return rmdir(dir);
}

static void open_it(bool must_exist)
{
    if (database_open(&d, path, must_exist, why))
        fail_msg("%s", why);
}

static struct store_request request(enum store_act act, const char *name, const char *prefix)
{
    struct store_request q = {.format = STORE_FORMAT, .act = act};
    snprintf(q.room, sizeof(q.room), "%s", name);
    snprintf(q.prefix, sizeof(q.prefix), "%s", prefix);
    snprintf(q.who, sizeof(q.who), "organizer@192.0.2.1");
    memset(&q.key, 0xa5, sizeof(q.key));
    return q;
}

static void set(struct store_request *q, size_t key, const char *value)
{
    q->has[key] = true;
    snprintf(q->value[key], sizeof(q->value[key]), "%s", value);
}

static int apply(const struct store_request *q)
{
    assert_int_equal(0, database_begin(d, why));
    int rc = database_apply(d, q, 1234567, why);
    if (rc == -EIO)
        database_rollback(d);
    else
        assert_int_equal(0, database_commit(d, why));
    return rc;
}

static int make(const char *name, const char *prefix)
{
    struct store_request q = request(STORE_AGENCY_CREATE, name, prefix);
    return apply(&q);
}

static struct stored_rooms *listed(void)
{
    struct stored_list *l;
    struct stored_rooms *r;
    assert_int_equal(0, stored_list_new(&l, 7));
    assert_int_equal(0, database_list(d, l, why));
    int fd = stored_list_seal(l);
    assert_true(fd >= 0);
    assert_int_equal(0, stored_rooms_take(&r, fd));
    close(fd);
    stored_list_free(&l);
    return r;
}

#define EVIL "'); DROP TABLE agencies;-- \xe4\xb8\xbb"

static void test_kept(void **state)
{
    struct store_request q = request(STORE_AGENCY_CREATE, "north", "north-");
    (void)state;
    open_it(false);
    set(&q, AGENCY_KEY_TITLE, EVIL);
    set(&q, 5, "12");
    assert_int_equal(0, apply(&q));
    assert_int_equal(0, make("a", "b-"));
    q = request(STORE_AGENCY_TOKEN, "north", "");
    q.reader = true;
    memset(&q.key, 0x5a, sizeof(q.key));
    assert_int_equal(0, apply(&q));
    q = request(STORE_AGENCY_CHANGE, "north", "");
    set(&q, 5, "");
    set(&q, 8, "90m");
    assert_int_equal(0, apply(&q));
    database_close(&d);

    open_it(true);
    struct stored_rooms *r = listed();
    assert_int_equal(2, stored_agencies_count(r));
    assert_string_equal("a", stored_agencies_at(r, 0)->agency.name);
    assert_false(stored_agencies_at(r, 0)->has_reader);
    const struct stored_agency *north = stored_agencies_at(r, 1);
    assert_string_equal(EVIL, north->agency.title);
    assert_string_equal("north-", north->agency.prefix);
    assert_int_equal(0, north->agency.max_live_rooms);
    assert_string_equal("90m", north->agency.window);
    assert_int_equal(0xa5, north->admin.hash[31]);
    assert_true(north->has_reader);
    assert_int_equal(0x5a, north->reader.salt[0]);
    stored_rooms_free(&r);
}

static void test_refused(void **state)
{
    struct store_request q;
    (void)state;
    open_it(false);
    assert_int_equal(0, make("north", "north-"));
    assert_int_equal(-EEXIST, make("north", "other-"));
    assert_int_equal(-EEXIST, make("other", "north-"));
    assert_int_equal(-EEXIST, make("other", "north-1"));
    assert_int_equal(-EEXIST, make("other", "no"));
    assert_int_equal(0, make("other", "North-")); /* capitals are others */
    assert_int_equal(0, make("wild", "n_rth"));   /* and nothing is a pattern */
    for (enum store_act act = STORE_AGENCY_CHANGE; act < STORE_ACTS; act++) {
        q = request(act, "nobody", "");
        assert_int_equal(-ENOENT, apply(&q));
    }
    q = request(STORE_CREATE, "north-1", "");
    assert_int_equal(0, apply(&q));
    q = request(STORE_CREATE, "northern", "");
    assert_int_equal(0, apply(&q));
    q = request(STORE_AGENCY_CLOSE, "north", "");
    assert_int_equal(-EBUSY, apply(&q));
    assert_string_equal("it has rooms, such as north-1: close them first", why);
    struct store_request room = request(STORE_CLOSE, "north-1", "");
    assert_int_equal(0, apply(&room));
    assert_int_equal(0, apply(&q));
    assert_int_equal(-ENOENT, apply(&q));
    struct stored_rooms *r = listed();
    assert_int_equal(2, stored_agencies_count(r));
    assert_int_equal(1, stored_rooms_count(r));
    stored_rooms_free(&r);
}

static void test_bounded(void **state)
{
    char name[32], prefix[32];
    (void)state;
    open_it(false);
    assert_int_equal(0, database_begin(d, why));
    for (int i = 0; i <= STORED_AGENCIES_MAX; i++) {
        snprintf(name, sizeof(name), "agency-%d", i);
        snprintf(prefix, sizeof(prefix), "a%d-", i);
        struct store_request q = request(STORE_AGENCY_CREATE, name, prefix);
        assert_int_equal(i < STORED_AGENCIES_MAX ? 0 : -ENOSPC, database_apply(d, &q, 1, why));
    }
    assert_string_equal("500 agencies are made by the API, and no more may be", why);
    assert_int_equal(0, database_commit(d, why));
    struct stored_rooms *r = listed();
    assert_int_equal(STORED_AGENCIES_MAX, stored_agencies_count(r));
    stored_rooms_free(&r);
}

/* As the program before made it: its rooms stay, and agencies can be made beside them. */
static void test_of_version_1(void **state)
{
    sqlite3 *db;
    char sql[160];
    (void)state;
    assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
    assert_int_equal(SQLITE_OK, sqlite3_exec(db, schema_steps[0], NULL, NULL, NULL));
    snprintf(sql, sizeof(sql), "PRAGMA application_id=%d;PRAGMA user_version=1",
             SCHEMA_APPLICATION);
    assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
    assert_int_equal(
        SQLITE_OK,
        sqlite3_exec(db,
                     "INSERT INTO rooms (name, key_salt, key_hash, created_us, changed_us)"
                     " VALUES ('hall', zeroblob(16), zeroblob(32), 1, 1);"
                     "INSERT INTO room_values VALUES (1, 'title', 'The hall')",
                     NULL, NULL, NULL));
    sqlite3_close(db);
    open_it(true);
    assert_int_equal(0, make("h", "ha"));
    struct stored_rooms *r = listed();
    assert_int_equal(1, stored_agencies_count(r));
    assert_string_equal("The hall", stored_rooms_find(r, "hall")->room.title);
    stored_rooms_free(&r);
    struct store_request q = request(STORE_AGENCY_CLOSE, "h", "");
    assert_int_equal(-EBUSY, apply(&q));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_kept),
        CASE(test_refused),
        CASE(test_bounded),
        CASE(test_of_version_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
