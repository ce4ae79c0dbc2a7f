/* The ledger on the disk: totals that come again, days that go, and databases of before it. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database_usage.h"
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
static struct ledger_batch batch;
static struct database *d;

static void open_it(bool must_exist)
{
    if (database_open(&d, path, must_exist, why))
        fail_msg("%s", why);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/roomcast-usage-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/store.db", dir);
    memset(&batch, 0, sizeof(batch));
    batch.format = STORE_FORMAT;
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

static struct ledger_row *add(const char *room, int32_t day, int64_t life, int64_t in)
{
    struct ledger_row *r = &batch.rows[batch.count++];
    *r = (struct ledger_row){
        .day = day, .life = life, .sessions = 1, .bytes_in = in, .viewers_peak = life};
    snprintf(r->room, sizeof(r->room), "%s", room);
    return r;
}

static size_t send(void)
{
    size_t left_out;
    int rc = database_count(d, &batch, &left_out, why);
    if (rc)
        fail_msg("%d: %s", rc, why);
    batch.count = 0;
    return left_out;
}

/* The CSV of these days, without its first line. */
static char *told(int32_t from, int32_t to, const char *room, const char *prefix)
{
    static char out[4096];
    struct ledger_question q = {.form = LEDGER_CSV, .from_day = from, .to_day = to};
    struct text t;
    text_init(&t);
    snprintf(q.room, sizeof(q.room), "%s", room);
    snprintf(q.prefix, sizeof(q.prefix), "%s", prefix);
    if (database_tell(d, &q, &t, why))
        fail_msg("%s", why);
    snprintf(out, sizeof(out), "%s", strchr(t.data, '\n') + 1);
    text_fini(&t);
    return out;
}

static void test_twice(void **state)
{
    (void)state;
    open_it(false);
    for (int i = 0; i < 3; i++) {
        add("a", 20000, 5, 1000);
        assert_int_equal(0, send());
    }
    assert_string_equal("2024-10-04,a,1,0,1000,0,5,0\r\n", told(20000, 20000, "", ""));
    add("a", 20000, 5, 1500);
    send();
    add("a", 20000, 5, 1200); /* of before, late */
    send();
    assert_string_equal("2024-10-04,a,1,0,1500,0,5,0\r\n", told(20000, 20000, "", ""));
    add("a", 20000, 9, 10); /* another life, after a front's death */
    send();
    assert_string_equal("2024-10-04,a,2,0,1510,0,9,0\r\n", told(20000, 20000, "", ""));
    database_close(&d);
    open_it(true);
    assert_string_equal("2024-10-04,a,2,0,1510,0,9,0\r\n", told(20000, 20000, "", ""));
}

static void test_chosen(void **state)
{
    (void)state;
    open_it(false);
    add("b", 20000, 1, 1);
    add("b", 20001, 2, 2);
    add("ab", 20001, 3, 3);
    add("a_b", 20001, 4, 4);
    send();
    assert_string_equal("2024-10-05,b,1,0,2,0,2,0\r\n", told(20001, 20009, "b", ""));
    assert_string_equal("2024-10-05,a_b,1,0,4,0,4,0\r\n2024-10-05,ab,1,0,3,0,3,0\r\n",
                        told(20001, 20001, "", "a"));
    assert_string_equal("", told(20001, 20001, "b", "a"));
    assert_string_equal("2024-10-05,a_b,1,0,4,0,4,0\r\n", told(0, 30000, "", "a_"));
}

static void test_old(void **state)
{
    (void)state;
    open_it(false);
    add("a", 20000, 1, 1);
    add("a", 20001, 2, 2);
    send();
    batch.oldest_day = 20001;
    add("a", 19000, 3, 3); /* never to be kept */
    send();
    assert_string_equal("2024-10-05,a,1,0,2,0,2,0\r\n", told(0, 30000, "", ""));
}

/* Whoever makes up names does not fill the disk; rooms that are there are counted on. */
static void test_full_day(void **state)
{
    size_t left_out = 0;
    (void)state;
    open_it(false);
    for (int i = 0; i < LEDGER_DAY_ROWS + 100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "r%06d", i);
        add(name, 20000, 1, 1);
        if (batch.count == LEDGER_ROWS)
            left_out += send();
    }
    left_out += send();
    assert_int_equal(100, left_out);
    add("r000007", 20000, 1, 77);
    add("r", 20001, 1, 5);
    assert_int_equal(0, send());
    assert_string_equal("2024-10-04,r000007,1,0,77,0,1,0\r\n", told(20000, 20000, "r000007", ""));
}

/* A database of the first version is brought up with what is in it. */
static void test_first_version(void **state)
{
    sqlite3 *db;
    char head[96];
    (void)state;
    assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
    assert_int_equal(SQLITE_OK, sqlite3_exec(db, schema_steps[0], NULL, NULL, NULL));
    snprintf(head, sizeof(head), "PRAGMA application_id=%d;PRAGMA user_version=1",
             SCHEMA_APPLICATION);
    assert_int_equal(SQLITE_OK, sqlite3_exec(db, head, NULL, NULL, NULL));
    assert_int_equal(SQLITE_OK,
                     sqlite3_exec(db,
                                  "INSERT INTO audit (at_us, who, act, room, detail) VALUES"
                                  " (1000000, 'organizer@::1', 'create', 'hall', 'title')",
                                  NULL, NULL, NULL));
    sqlite3_close(db);
    open_it(true);
    add("hall", 20000, 1, 6);
    send();
    assert_string_equal("2024-10-04,hall,1,0,6,0,1,0\r\n", told(20000, 20000, "", ""));
    struct ledger_question q = {.form = LEDGER_AUDIT, .limit = 10};
    struct text t;
    text_init(&t);
    assert_int_equal(0, database_tell(d, &q, &t, why));
    assert_non_null(
        strstr(t.data, "\"at\":\"1970-01-01T00:00:01.000Z\",\"who\":\"organizer@::1\""));
    text_fini(&t);
}

static void test_audit(void **state)
{
    struct ledger_question q = {.form = LEDGER_AUDIT, .limit = 2, .after = 1};
    struct text t;
    (void)state;
    open_it(false);
    for (int i = 0; i < 5; i++) {
        struct store_request w = {.act = STORE_CREATE};
        snprintf(w.room, sizeof(w.room), "r%d", i);
        snprintf(w.who, sizeof(w.who), "organizer@192.0.2.1");
        assert_int_equal(0, database_begin(d, why));
        assert_int_equal(0, database_apply(d, &w, i, why));
        assert_int_equal(0, database_commit(d, why));
    }
    text_init(&t);
    assert_int_equal(0, database_tell(d, &q, &t, why));
    assert_null(strstr(t.data, "\"id\":1,"));
    assert_non_null(strstr(t.data, "\"id\":2,"));
    assert_non_null(strstr(t.data, "\"act\":\"create\",\"room\":\"r2\""));
    assert_null(strstr(t.data, "\"id\":4,"));
    text_fini(&t);
}

static void test_too_long(void **state)
{
    struct ledger_question q = {.form = LEDGER_JSON, .to_day = 30000};
    struct text t;
    (void)state;
    open_it(false);
    for (int i = 0; i < 70000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "r%06d", i % 35000);
        add(name, 20000 + i / 35000, 1, 1);
        if (batch.count == LEDGER_ROWS)
            assert_int_equal(0, send());
    }
    text_init(&t);
    assert_int_equal(-EFBIG, database_tell(d, &q, &t, why));
    text_fini(&t);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_twice),    EACH(test_chosen),        EACH(test_old),   EACH(test_full_day),
        EACH(test_too_long), EACH(test_first_version), EACH(test_audit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
