/* The front's ledger beside a made-up store: what is sent, when, and that nothing is sent for ever.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/control/usage.h"
#include "relay/link/link.h"
#include "tests/unit/relay/room/actors.h"

#include <stddef.h>
#include <unistd.h>

static struct usage u;
static int ends[2];
static struct ledger_batch batch;

static int set(void **state)
{
    int rc = stage_set(state);
    usage_init(&u);
    assert_int_equal(0, link_pair(ends));
    usage_set_store(&u, ends[0]);
    usage_set_days(&u, 400);
    return rc;
}

static int strike(void **state)
{
    usage_fini(&u);
    close(ends[0]);
    close(ends[1]);
    return stage_strike(state);
}

static void seconds(struct stage *s, int n)
{
    while (n-- > 0) {
        s->now_us += 1000000;
        s->wall_us += 1000000;
        usage_tick(&u, s->rooms, s->now_us, s->wall_us);
    }
}

/* The next batch that the store gets. */
static bool sent(void)
{
    static struct parcel p;
    if (parcel_receive(ends[1], &p, 0) != 1)
        return false;
    assert_int_equal(STORE_LEDGER, p.kind);
    memset(&batch, 0, sizeof(batch));
    memcpy(&batch, p.bytes, p.len);
    assert_int_equal(offsetof(struct ledger_batch, rows) + batch.count * sizeof(batch.rows[0]),
                     p.len);
    return true;
}

static void answer(struct stage *s, uint64_t id, enum store_outcome outcome)
{
    static struct parcel p = {.kind = STORE_LEDGER_TAKEN, .fd = -1};
    struct ledger_taken t = {.format = STORE_FORMAT, .outcome = outcome, .id = id};
    memcpy(p.bytes, &t, sizeof(t));
    p.len = sizeof(t);
    usage_taken(&u, &p, s->now_us);
}

/* A feed that is on air, and has brought so many bytes. */
static void feed(struct stage *s, uint64_t bytes)
{
    struct link_message m = {.type = LINK_FEED_STATS, .worker = 1, .feed = 1};
    m.u.feed_stats.bytes = bytes;
    stage_tell(s, &m, -1);
}

static void test_sent_and_kept(void **state)
{
    struct stage *s = *state;
    seconds(s, 1);
    assert_true(sent()); /* what is too old is said at once */
    assert_int_equal(0, batch.count);
    assert_int_equal(ledger_day(s->wall_us) - 399, batch.oldest_day);
    answer(s, batch.id, STORE_DONE);
    stage_open(s, 1, "hall");
    feed(s, 1000);
    seconds(s, 3);
    assert_false(sent());
    seconds(s, 3);
    assert_true(sent());
    assert_int_equal(1, batch.count);
    assert_string_equal("hall", batch.rows[0].room);
    assert_int_equal(1, batch.rows[0].sessions);
    assert_int_equal(1000, batch.rows[0].bytes_in);
    assert_in_range(batch.rows[0].live_ms, 4000, 6000);
    answer(s, batch.id, STORE_DONE);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    seconds(s, 6);
    while (sent())
        answer(s, batch.id, STORE_DONE);
    seconds(s, 20);
    assert_false(sent()); /* nothing has changed */
}

/* One batch is under way; without an answer all of it comes again, less and less often. */
static void test_no_answer(void **state)
{
    struct stage *s = *state;
    int batches = 0;
    stage_open(s, 1, "hall");
    seconds(s, 1);
    for (int i = 1; i <= 3600; i++) {
        feed(s, 1000 * (uint64_t)i);
        seconds(s, 1);
    }
    for (uint64_t last = 0; sent(); last = batch.id, batches++)
        assert_true(batch.id > last);
    assert_in_range(batches, 5, 20); /* of an hour: the socket is the writes' too */
    answer(s, batch.id + 7, STORE_DONE);
    assert_true(u.under_way != 0 || u.in_trouble);
    for (int i = 0; i < 400 && batch.rows[0].bytes_in < 3600000; i++) {
        seconds(s, 1);
        if (sent())
            answer(s, batch.id, STORE_DONE);
    }
    assert_int_equal(3600000, batch.rows[0].bytes_in);
    assert_int_equal(1, batch.rows[0].sessions);
}

static void test_trouble(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    feed(s, 5);
    seconds(s, 1);
    assert_true(sent());
    struct ledger_row first = batch.rows[0];
    answer(s, batch.id, STORE_TROUBLE);
    seconds(s, 4);
    assert_false(sent());
    seconds(s, 1);
    assert_true(sent());
    assert_int_equal(first.life, batch.rows[0].life);
    assert_int_equal(5, batch.rows[0].bytes_in);
}

/* The rooms go to another front: this one tells all, the other one begins with what they have. */
static void test_handed_over(void **state)
{
    struct stage *s = *state;
    struct usage next;
    stage_open(s, 1, "hall");
    feed(s, 700);
    seconds(s, 1);
    assert_true(sent());
    feed(s, 900);
    usage_hand_over(&u, s->rooms, s->now_us, s->wall_us);
    assert_true(sent());
    assert_int_equal(900, batch.rows[0].bytes_in);
    struct ledger_row before = batch.rows[0];

    usage_init(&next);
    usage_set_store(&next, ends[0]);
    usage_set_days(&next, 400);
    usage_take_over(&next, s->rooms, s->now_us, s->wall_us);
    feed(s, 1000);
    usage_tick(&next, s->rooms, s->now_us + 1000000, s->wall_us + 1000000);
    assert_true(sent());
    assert_int_equal(1, batch.count);
    assert_int_equal(100, batch.rows[0].bytes_in);
    assert_int_equal(0, batch.rows[0].sessions);
    assert_true(batch.rows[0].life != before.life);
    usage_fini(&next);
}

/* A feed that was on air at a front that died is no other session, and a rest makes none either. */
static void test_announced_again(void **state)
{
    struct stage *s = *state;
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = 1, .feed = 1};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    m.u.open.again = true;
    stage_tell(s, &m, -1);
    feed(s, 10);
    seconds(s, 1);
    assert_true(sent());
    assert_int_equal(0, batch.rows[0].sessions);
    assert_int_equal(10, batch.rows[0].bytes_in);
}

static void test_off(void **state)
{
    struct stage *s = *state;
    usage_set_days(&u, 0);
    stage_open(s, 1, "hall");
    seconds(s, 20);
    assert_false(sent());
    usage_set_days(&u, 5); /* a reload */
    seconds(s, 1);
    assert_true(sent());
    assert_int_equal(ledger_day(s->wall_us) - 4, batch.oldest_day);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set, strike)
    const struct CMUnitTest tests[] = {
        CASE(test_sent_and_kept), CASE(test_no_answer),       CASE(test_trouble),
        CASE(test_handed_over),   CASE(test_announced_again), CASE(test_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
