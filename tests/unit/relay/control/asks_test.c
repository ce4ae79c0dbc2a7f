/* What is asked of the store's ledger, with a made-up store that answers well, badly or never. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/asks.h"
#include "relay/link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct asks k;
static int ends[2], status, answers;
static char said[512], type[64];
static struct config config = {.state = {.usage_days = 400}};
static struct parcel parcel;

void server_answer(struct server *s, struct request_token t, int code, const struct body *b)
{
    assert_null(s);
    assert_int_equal(3, t.generation);
    answers++;
    status = code;
    snprintf(said, sizeof(said), "%.*s", (int)b->plain_len, b->plain);
    snprintf(type, sizeof(type), "%s", b->type);
}

static int set(void **state)
{
    (void)state;
    asks_init(&k);
    answers = 0;
    assert_int_equal(0, link_pair(ends));
    k.store = ends[0];
    return 0;
}

static int strike(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static struct action a;

static int ask(int (*what)(struct text *t, struct action *a), const char *query)
{
    static struct source src;
    static struct asked asked;
    src = (struct source){.asks = &k, .config = &config, .wall_us = INT64_C(1795000000000000)};
    asked = (struct asked){.query = query};
    a = (struct action){.src = &src, .asked = &asked};
    int rc = what(NULL, &a);
    if (rc == 0)
        asks_bind(&k, a.pending, (struct request_token){.generation = 3});
    return rc;
}

static struct ledger_question asked_of_store(void)
{
    struct ledger_question q;
    assert_int_equal(1, parcel_receive(ends[1], &parcel, 1000));
    assert_int_equal(STORE_QUESTION, parcel.kind);
    assert_int_equal(sizeof(q), parcel.len);
    memcpy(&q, parcel.bytes, sizeof(q));
    return q;
}

static int file(const char *text, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(strlen(text), write(fd, text, strlen(text)));
    assert_int_equal(0, fcntl(fd, F_ADD_SEALS, seals));
    return fd;
}

static void answer(uint64_t id, enum store_outcome outcome, const char *words, int fd)
{
    struct ledger_answer r = {.format = STORE_FORMAT, .outcome = outcome, .id = id};
    snprintf(r.text, sizeof(r.text), "%s", words);
    assert_int_equal(0, parcel_send(ends[1], STORE_ANSWER, &r, sizeof(r), fd, 0));
    if (fd >= 0)
        close(fd);
    assert_int_equal(1, parcel_receive(ends[0], &parcel, 0));
    asks_answer(&k, NULL, &parcel, 1);
    if (parcel.fd >= 0)
        close(parcel.fd);
}

enum { ALL = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static void test_answered(void **state)
{
    (void)state;
    assert_int_equal(0, ask(asks_usage, "room=hall&from=2026-11-01&to=2026-11-02"));
    struct ledger_question q = asked_of_store();
    assert_int_equal(LEDGER_JSON, q.form);
    assert_string_equal("hall", q.room);
    assert_string_equal("", q.prefix);
    assert_int_equal(1, q.to_day - q.from_day);
    assert_true(q.due_us > 0);
    answer(q.id, STORE_DONE, "", file("{\"rows\":[]}\n", ALL));
    assert_int_equal(200, status);
    assert_string_equal("{\"rows\":[]}\n", said);
    assert_string_equal("application/json", type);
    answer(q.id, STORE_DONE, "", file("again", ALL)); /* it is answered once */
    assert_int_equal(1, answers);
    assert_int_equal(0, ask(asks_usage_csv, ""));
    q = asked_of_store();
    answer(q.id, STORE_DONE, "", file("day,room\r\n", ALL));
    assert_string_equal("text/csv; charset=utf-8", type);
}

static void test_bad_answers(void **state)
{
    (void)state;
    assert_int_equal(0, ask(asks_audit, ""));
    answer(asked_of_store().id, STORE_TROUBLE, "the disk is full", -1);
    assert_int_equal(503, status);
    assert_non_null(strstr(said, "the disk is full"));
    assert_int_equal(0, ask(asks_usage, ""));
    answer(asked_of_store().id, STORE_FULL, "", -1);
    assert_int_equal(400, status);
    assert_non_null(strstr(said, "fewer days"));
    assert_int_equal(0, ask(asks_usage, ""));
    answer(asked_of_store().id, STORE_DONE, "", -1); /* nothing came with it */
    assert_int_equal(503, status);
    assert_int_equal(0, ask(asks_usage, ""));
    answer(asked_of_store().id, STORE_DONE, "", file("x", F_SEAL_GROW)); /* may yet shrink */
    assert_int_equal(503, status);
    answer(1, STORE_DONE, "", file("x", ALL));
    assert_int_equal(4, answers);
}

static void test_late_and_many(void **state)
{
    (void)state;
    for (int i = 0; i < ASKS_UNDER_WAY; i++)
        assert_int_equal(0, ask(asks_usage, ""));
    assert_int_equal(429, ask(asks_usage, ""));
    asks_late(&k, NULL, 0, 1);
    assert_int_equal(0, answers);
    asks_late(&k, NULL, INT64_MAX, 1);
    assert_int_equal(ASKS_UNDER_WAY, answers);
    assert_int_equal(503, status);
    assert_non_null(strstr(said, "in time"));
    answer(asked_of_store().id, STORE_DONE, "", file("x", ALL)); /* too late */
    assert_int_equal(ASKS_UNDER_WAY, answers);
    assert_int_equal(0, ask(asks_usage, ""));
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(400, ask(asks_usage, "form=x"));
    assert_string_equal("form", a.field);
    config.state.usage_days = 0;
    assert_int_equal(404, ask(asks_usage, ""));
    assert_int_equal(0, ask(asks_audit, "")); /* that is kept all the same */
    config.state.usage_days = 400;
    k.store = -1;
    assert_int_equal(404, ask(asks_audit, ""));
    assert_non_null(strstr(a.detail, "no store"));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set, strike)
    const struct CMUnitTest tests[] = {
        CASE(test_answered),
        CASE(test_bad_answers),
        CASE(test_late_and_many),
        CASE(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
