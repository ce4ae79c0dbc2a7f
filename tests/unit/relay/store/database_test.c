/* The database of rooms: what is kept, what is refused, and what is left alone. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[96], why[STORE_TEXT];

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
    for (size_t i = 0; i < 4; i++) {
        snprintf(file, sizeof(file), "%s%s", path, ends[i]);
        unlink(file);
    }
    return rmdir(dir);
}

static struct database *opened(bool must_exist)
{
    struct database *d;
    int rc = database_open(&d, path, must_exist, why);
    if (rc)
        fail_msg("%d: %s", rc, why);
    return d;
}

static struct store_request request(enum store_act act, const char *room)
{
    struct store_request q = {.format = STORE_FORMAT, .act = act};
    snprintf(q.room, sizeof(q.room), "%s", room);
    snprintf(q.who, sizeof(q.who), "organizer@192.0.2.1");
    memset(&q.key, 0xa5, sizeof(q.key));
    return q;
}

static void set(struct store_request *q, const char *key, const char *value)
{
    size_t i = (size_t)(key_find_in_room(key) - room_keys);
    q->has[i] = true;
    snprintf(q->value[i], sizeof(q->value[i]), "%s", value);
}

static int apply(struct database *d, const struct store_request *q)
{
    assert_int_equal(0, database_begin(d, why));
    int rc = database_apply(d, q, 1234567, why);
    if (rc == -EIO)
        database_rollback(d);
    else
        assert_int_equal(0, database_commit(d, why));
    return rc;
}

static struct stored_rooms *listed(struct database *d)
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

static void test_kept(void **state)
{
    struct database *d = opened(false);
    struct store_request q = request(STORE_CREATE, "hall");
    (void)state;
    set(&q, "title", "'); DROP TABLE rooms;-- \xe4\xb8\xbb");
    set(&q, "part_ms", "400");
    assert_int_equal(0, apply(d, &q));
    assert_int_equal(-EEXIST, apply(d, &q));
    q = request(STORE_CREATE, "Annex");
    assert_int_equal(0, apply(d, &q));
    q = request(STORE_CHANGE, "nobody");
    assert_int_equal(-ENOENT, apply(d, &q));
    q = request(STORE_CHANGE, "hall");
    set(&q, "part_ms", "");
    set(&q, "access", "signed");
    assert_int_equal(0, apply(d, &q));
    database_close(&d);

    d = opened(true);
    struct stored_rooms *r = listed(d);
    assert_int_equal(7, stored_rooms_version(r));
    assert_int_equal(2, stored_rooms_count(r));
    assert_string_equal("Annex", stored_rooms_at(r, 0)->room.name);
    const struct stored_room *hall = stored_rooms_find(r, "hall");
    assert_non_null(hall);
    assert_string_equal("'); DROP TABLE rooms;-- \xe4\xb8\xbb", hall->room.title);
    assert_int_equal(0, hall->room.part_ms);
    assert_int_equal(2, hall->room.access);
    assert_memory_equal(&q.key, &hall->key, sizeof(q.key));
    stored_rooms_free(&r);
    database_close(&d);
}

/* What was cut to nothing had rooms, perhaps; and what a crash left of a new one is in nobody's
 * way.
 */
static void test_empty(void **state)
{
    struct database *d;
    char part[128];
    (void)state;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(fd);
    assert_int_equal(-ENOTSUP, database_open(&d, path, false, why));
    assert_null(d);
    unlink(path);
    snprintf(part, sizeof(part), "%s.new", path);
    fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(1, write(fd, "x", 1));
    close(fd);
    d = opened(false);
    database_close(&d);
    assert_int_equal(-1, access(part, F_OK));
}

/* A room that is made anew is another one, and a new key tells whether feeds may stay. */
static void test_ids(void **state)
{
    struct database *d = opened(false);
    struct store_request q = request(STORE_CREATE, "hall");
    (void)state;
    assert_int_equal(0, apply(d, &q));
    struct stored_rooms *r = listed(d);
    uint64_t id = stored_rooms_at(r, 0)->id, feeds = stored_rooms_at(r, 0)->feeds;
    stored_rooms_free(&r);
    q = request(STORE_NEW_KEY, "hall");
    memset(&q.key, 1, sizeof(q.key));
    q.keep_feed = true;
    assert_int_equal(0, apply(d, &q));
    r = listed(d);
    assert_int_equal(feeds, stored_rooms_at(r, 0)->feeds);
    assert_memory_equal(&q.key, &stored_rooms_at(r, 0)->key, sizeof(q.key));
    stored_rooms_free(&r);
    q.keep_feed = false;
    assert_int_equal(0, apply(d, &q));
    r = listed(d);
    assert_true(stored_rooms_at(r, 0)->feeds > feeds);
    assert_int_equal(id, stored_rooms_at(r, 0)->id);
    stored_rooms_free(&r);
    q = request(STORE_CLOSE, "hall");
    assert_int_equal(0, apply(d, &q));
    q = request(STORE_CREATE, "hall");
    assert_int_equal(0, apply(d, &q));
    r = listed(d);
    assert_true(stored_rooms_at(r, 0)->id > id);
    assert_null(stored_rooms_at(r, 0)->room.title);
    stored_rooms_free(&r);
    database_close(&d);
}

static void write_at(off_t at, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(len, pwrite(fd, bytes, len, at));
    close(fd);
}

static size_t read_all(char *out, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, out, size);
    close(fd);
    assert_true(n > 0);
    return (size_t)n;
}

/* Refused, and not a byte of it was changed. */
static void refused(int expected, const char *word)
{
    static char before[65536], after[65536];
    struct database *d;
    size_t len = read_all(before, sizeof(before));
    assert_int_equal(expected, database_open(&d, path, true, why));
    assert_null(d);
    if (!strstr(why, word))
        fail_msg("\"%s\" is not in \"%s\"", word, why);
    assert_int_equal(len, read_all(after, sizeof(after)));
    assert_memory_equal(before, after, len);
}

static void make_one(void)
{
    struct database *d = opened(false);
    struct store_request q = request(STORE_CREATE, "hall");
    assert_int_equal(0, apply(d, &q));
    database_close(&d);
}

static void test_newer(void **state)
{
    static const unsigned char version[4] = {0, 0, 0, 99};
    (void)state;
    make_one();
    write_at(60, version, sizeof(version));
    refused(-ENOTSUP, "newer program");
}

static void test_foreign(void **state)
{
    static const unsigned char other[4] = {1, 2, 3, 4};
    (void)state;
    make_one();
    write_at(68, other, sizeof(other));
    refused(-ENOTSUP, "no database of Roomcast's");
    write_at(0, "something else ", 16);
    refused(-ENOTSUP, "no database of Roomcast's");
}

static void test_damaged(void **state)
{
    char noise[3000];
    (void)state;
    memset(noise, 0x5a, sizeof(noise));
    make_one();
    write_at(4096 + 8, noise, sizeof(noise));
    write_at(8192 + 8, noise, sizeof(noise));
    refused(-EIO, "damaged");
}

static void test_gone(void **state)
{
    struct database *d;
    (void)state;
    assert_int_equal(-ENODATA, database_open(&d, path, true, why));
    assert_int_not_equal(0, access(path, F_OK));
    make_one();
    d = opened(true);
    assert_false(database_is_moved(d, why));
    unlink(path);
    assert_true(database_is_moved(d, why));
    assert_int_equal(-ENODATA, database_begin(d, why));
    database_close(&d);
}

/* RLIMIT_FSIZE is a disk that is full: nothing of the transaction is left. */
static void test_full(void **state)
{
    struct rlimit was, little = {.rlim_cur = 65536};
    struct database *d = opened(false);
    struct store_request q = request(STORE_CREATE, "first");
    int rc = 0, made = 0;
    (void)state;
    assert_int_equal(0, apply(d, &q));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    little.rlim_max = was.rlim_max;
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &little));
    for (; rc == 0 && made < 1000; made++) {
        char name[16];
        snprintf(name, sizeof(name), "r%d", made);
        q = request(STORE_CREATE, name);
        rc = database_begin(d, why);
        if (!rc)
            rc = database_apply(d, &q, 1, why);
        if (!rc)
            rc = database_commit(d, why);
        else
            database_rollback(d);
    }
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
    assert_int_equal(-EIO, rc);
    struct stored_rooms *r = listed(d);
    assert_int_equal(made, stored_rooms_count(r)); /* with "first", without the last one */
    stored_rooms_free(&r);
    q = request(STORE_CREATE, "after");
    assert_int_equal(0, apply(d, &q));
    database_close(&d);
}

/* A process that is killed between two commits: the answered ones are there. */
static void test_killed(void **state)
{
    int said[2];
    char answered = 0, byte;
    (void)state;
    assert_int_equal(0, pipe(said));
    pid_t child = fork();
    if (child == 0) {
        struct database *d = opened(false);
        for (char i = 0; i < 100; i++) {
            char name[8];
            snprintf(name, sizeof(name), "r%02d", i);
            struct store_request q = request(STORE_CREATE, name);
            if (database_begin(d, why) || database_apply(d, &q, 1, why) ||
                database_commit(d, why) || write(said[1], &i, 1) != 1)
                _exit(1);
        }
        pause();
    }
    close(said[1]);
    while (answered < 20 && read(said[0], &byte, 1) == 1)
        answered++;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(said[0], &byte, 1) == 1)
        answered++;
    close(said[0]);
    struct database *d = opened(true);
    struct stored_rooms *r = listed(d);
    assert_in_range(stored_rooms_count(r), answered, answered + 1);
    assert_true(answered >= 20);
    stored_rooms_free(&r);
    database_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
