/* What waits for the store: whose answer it is, when it is in force, and how much may wait. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/parcel.h"
#include "relay/control/writes.h"
#include "relay/link/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct writes w;
static int ends[2];

static int setup(void **state)
{
    (void)state;
    writes_init(&w);
    assert_int_equal(0, link_pair(ends));
    w.store = ends[0];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    writes_fini(&w);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static struct write *ask(const char *room, int64_t now_us)
{
    struct store_request q = {.act = STORE_CREATE};
    struct write *one = NULL;
    strncpy(q.room, room, sizeof(q.room) - 1);
    assert_int_equal(WRITES_ASKED, writes_ask(&w, &q, now_us, &one));
    assert_non_null(one);
    return one;
}

static struct store_request asked(void)
{
    struct parcel *p = malloc(sizeof(*p));
    struct store_request q;
    assert_int_equal(1, parcel_receive(ends[1], p, 1000));
    assert_int_equal(STORE_REQUEST, p->kind);
    assert_int_equal(sizeof(q), p->len);
    memcpy(&q, p->bytes, sizeof(q));
    free(p);
    return q;
}

static void answer(uint64_t id, enum store_outcome outcome, uint64_t version)
{
    struct store_reply r = {
        .format = STORE_FORMAT, .outcome = outcome, .id = id, .version = version};
    assert_int_equal(0, parcel_send(ends[1], STORE_REPLY, &r, sizeof(r), -1, 1000));
}

static void test_in_force(void **state)
{
    struct store_reply r;
    struct write *a = ask("a", 1), *b = ask("b", 1), *got;
    struct store_request first = asked(), second = asked();
    (void)state;
    assert_int_equal(a->id, first.id);
    assert_string_equal("b", second.room);
    assert_int_equal(STORE_FORMAT, first.format);
    assert_true(first.due_us > 1);
    assert_int_equal(0, writes_hear(&w, &r, &got));
    answer(second.id, STORE_DONE, 7);
    answer(first.id, STORE_EXISTS, 7);
    assert_int_equal(1, writes_hear(&w, &r, &got));
    assert_ptr_equal(b, got);
    assert_true(b->done);
    assert_int_equal(1, writes_hear(&w, &r, &got));
    assert_ptr_equal(a, got);
    assert_false(a->done);
    assert_int_equal(STORE_EXISTS, r.outcome);
    writes_end(a);
    assert_null(writes_in_force(&w, 6)); /* on the disk, but not everywhere */
    assert_ptr_equal(b, writes_in_force(&w, 7));
    writes_end(b);
    assert_null(writes_in_force(&w, 7));
}

/* An answer comes once; one of before a restart is nobody's. */
static void test_strange_answers(void **state)
{
    struct store_reply r;
    struct write *a = ask("a", 1), *got;
    (void)state;
    answer(a->id + 1, STORE_DONE, 1);
    answer(0, STORE_DONE, 1);
    assert_int_equal(0, writes_hear(&w, &r, &got));
    answer(a->id, STORE_DONE, 2);
    answer(a->id, STORE_TROUBLE, 2);
    assert_int_equal(1, writes_hear(&w, &r, &got));
    assert_int_equal(0, writes_hear(&w, &r, &got));
    assert_int_equal(2, a->version);
    assert_int_equal(0, parcel_send(ends[1], STORE_REPLY, "x", 1, -1, 0));
    assert_int_equal(0, writes_hear(&w, &r, &got));
}

static void test_late(void **state)
{
    struct write *a = ask("a", 1000);
    (void)state;
    assert_null(writes_late(&w, 1000 + WRITES_PATIENCE_US - 1));
    assert_ptr_equal(a, writes_late(&w, 1000 + WRITES_PATIENCE_US));
}

static void test_bounds(void **state)
{
    const int64_t now_us = INT64_C(1000000000);
    struct store_request q = {.act = STORE_CLOSE};
    struct write *one;
    int taken = 0;
    (void)state;
    for (; taken < 1000; taken++) {
        if (writes_ask(&w, &q, now_us, &one) != WRITES_ASKED)
            break;
        (void)asked();
        writes_end(one);
    }
    assert_int_equal(WRITES_BURST, taken);
    assert_int_equal(WRITES_TOO_MANY, writes_ask(&w, &q, now_us, &one));
    assert_int_equal(WRITES_ASKED, writes_ask(&w, &q, now_us + 1000000 / WRITES_PER_S, &one));
    writes_end(one);
    int64_t later_us = now_us;
    for (taken = 0; taken < 1000; taken++) {
        later_us += 1000000;
        if (writes_ask(&w, &q, later_us, &one) != WRITES_ASKED)
            break;
        (void)asked();
    }
    assert_int_equal(WRITES_UNDER_WAY, taken);
}

static void test_no_store(void **state)
{
    struct store_request q = {.act = STORE_CLOSE};
    struct write *one;
    struct store_reply r;
    (void)state;
    w.store = -1;
    assert_int_equal(WRITES_UNREACHABLE, writes_ask(&w, &q, 1, &one));
    assert_int_equal(0, writes_hear(&w, &r, &one));
    w.store = ends[0];
    shutdown(ends[1], SHUT_RDWR);
    assert_int_equal(WRITES_UNREACHABLE, writes_ask(&w, &q, 2000000, &one));
    assert_null(writes_late(&w, INT64_MAX)); /* nobody is kept for it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_force, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_store, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
