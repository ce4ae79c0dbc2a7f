/* A publisher that falls silent, comes back, or is sent away: nothing that arrived is lost. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/ingest/publisher_stage.h"

/* Pictures of that range, in order and in time; packet numbers are those of the pictures. */
static void play(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        picture(i, (int32_t)i, false);
        pass(2 * TICK_US);
    }
}

static void finish(void)
{
    publisher_end(p, LINK_CLOSE_ENDED, "over");
}

static void test_plays(void **state)
{
    (void)state;
    play(0, 100);
    finish();
    assert_int_equal(said.samples[0], 100);
    assert_int_equal(said.opened, 1);
    assert_int_equal(said.closed, 1);
}

/* Packet 75 is lost and those behind it are read, then nothing comes for so long that the feed
 * ends. When 75 is sent again it is not waited for what was read already. */
static void test_comes_back_behind_a_hole(void **state)
{
    (void)state;
    play(0, 75);
    for (unsigned i = 76; i < 80; i++)
        picture(i, (int32_t)i, true);
    pass(6000000);
    assert_int_equal(queue_from, queue_to);
    assert_true(publisher_is_parked(p));
    assert_int_equal(said.closed, 1);
    assert_int_equal(said.samples[0], 75);
    picture(75, 75, false);
    pass(TICK_US);
    assert_int_equal(said.opened, 2);
    go();
    play(80, 150);
    finish();
    assert_int_equal(said.samples[0], 150);
}

/* The same, and what comes first is early again. */
static void test_comes_back_early(void **state)
{
    (void)state;
    play(0, 75);
    picture(76, 76, true);
    pass(6000000);
    assert_true(publisher_is_parked(p));
    picture(77, 77, true);
    pass(1000000);
    assert_int_equal(said.opened, 2);
    go();
    picture(75, 75, false);
    play(78, 150);
    finish();
    assert_int_equal(said.samples[0], 150);
}

/* Stuffing for that long, one packet in each 20 ms. */
static void stuff(int32_t *sequence, size_t streams, int64_t us)
{
    for (int64_t at_us = 0; at_us < us; at_us += TICK_US) {
        stuffing((*sequence)++, streams);
        pass(TICK_US);
    }
}

/* An encoder that lost its input: bytes come, but nothing to be seen. Its feed ends, and another
 * one begins when there are pictures again, with the first of them. */
static void test_media_stops(void **state)
{
    int32_t sequence = 75;

    (void)state;
    play(0, 75);
    stuff(&sequence, 1, 900000);
    assert_false(said.silent);
    stuff(&sequence, 1, 200000);
    assert_true(said.silent);
    stuff(&sequence, 1, 3000000);
    assert_int_equal(said.closed, 0);
    stuff(&sequence, 1, 20000000);
    assert_true(publisher_is_parked(p));
    assert_int_equal(said.closed, 1);
    assert_int_equal(said.opened, 1);
    assert_int_equal(queue_from, queue_to); /* libsrt has no more room for it than for media */
    for (unsigned i = 100; i < 175; i++) {
        uint8_t bytes[7 * TS_PACKET];

        arrive(sequence++, bytes, put_picture(bytes, i), false); /* the tables came before it */
        pass(2 * TICK_US);
        if (i == 103)
            go();
    }
    assert_int_equal(said.opened, 2);
    assert_false(said.silent);
    finish();
    assert_int_equal(said.samples[0], 150);
}

/* The program has no streams any more, and then nothing comes at all. */
static void test_program_empties(void **state)
{
    int32_t sequence = 75;

    (void)state;
    play(0, 75);
    stuff(&sequence, 0, 200000);
    pass(6000000);
    assert_true(publisher_is_parked(p));
    stuff(&sequence, 1, 100000);
    for (unsigned i = 100; i < 150; i++) {
        picture(i, sequence++, false);
        pass(2 * TICK_US);
        if (i == 101)
            go();
    }
    finish();
    assert_int_equal(said.samples[0], 125);
}

/* Sound alone keeps a feed alive. */
static void test_pictures_stop(void **state)
{
    uint8_t bytes[7 * TS_PACKET];
    size_t len = put_tables(bytes, 2);

    (void)state;
    arrive(0, bytes, len + put_picture(bytes + len, 0), false);
    for (unsigned i = 1; i < 500; i++) {
        len = put_sound(bytes, i);
        arrive((int32_t)i, bytes, len + (i < 100 ? put_picture(bytes + len, i) : 0), false);
        pass(TICK_US);
    }
    assert_int_equal(said.closed, 0);
    assert_false(said.silent);
    finish();
}

/* Who has brought no picture yet has until feed_second's limits, as ever. */
static void test_nothing_begins(void **state)
{
    int32_t sequence = 0;

    (void)state;
    stuff(&sequence, 1, 8000000);
    assert_int_equal(said.closed, 0);
    assert_false(said.silent);
    pass(1200000);
    assert_true(said.silent);
    finish();
}

/* What libsrt has given out, to the front at least, when the room is another one's. */
static void test_is_sent_away(void **state)
{
    (void)state;
    play(0, 75);
    for (unsigned i = 75; i < 150; i++)
        picture(i, (int32_t)i, i % 2);
    publisher_stop(p, "taken over", now_us, now_us);
    assert_int_equal(said.samples[0], 150);
    assert_int_equal(said.closed, 1);
}

static void test_is_sent_away_unheard(void **state)
{
    (void)state;
    pass(6000000);
    play(0, 75);
    pass(6000000);
    assert_true(publisher_is_parked(p));
    picture(75, 75, false);
    publisher_stop(p, "taken over", now_us, now_us);
    assert_int_equal(said.samples[0], 75);
    assert_int_equal(said.closed, 1);
}

/* What is missing is counted for the feed in which it was lost, and not again when it comes back.
 */
static void test_missing_is_counted_once(void **state)
{
    uint8_t lost[7 * TS_PACKET];
    struct link_feed_stats s;

    (void)state;
    play(0, 40);
    for (unsigned i = 40; i < 45; i++)
        put_picture(lost, i);
    for (unsigned i = 45; i < 75; i++) {
        picture(i, (int32_t)i - 5, false);
        pass(2 * TICK_US);
    }
    feed_stats(publisher_feed(p), &s);
    assert_in_range(s.access_units_missing, 4, 6);
    pass(6000000);
    assert_true(publisher_is_parked(p));
    picture(75, 70, false);
    pass(TICK_US);
    assert_int_equal(said.opened, 2);
    feed_stats(publisher_feed(p), &s);
    assert_int_equal(s.access_units_missing, 0);
    finish();
}

/* With SRT's own pacing no byte can be read before the latency is over. */
static void test_waits_for_the_play_out(void **state)
{
    struct config *c;
    struct feed_out out = {.send = on_said};
    struct feed_options o = {.id = 9, .classic = true, .latency_ms = 20000};
    const struct link_go where = {.start_90k = 900000};
    enum link_close_reason reason;
    struct feed *f;

    (void)state;
    assert_int_equal(config_load(&c, NULL, NULL, 0, stderr), 0);
    o.config = c;
    assert_int_equal(feed_new(&f, &o, &out), 0);
    feed_go(f, &where, 0);
    feed_second(f, 29000000);
    assert_null(feed_fault(f, &reason));
    feed_second(f, 31000000);
    assert_non_null(feed_fault(f, &reason));
    assert_int_equal(reason, LINK_CLOSE_NOT_MEDIA);
    feed_free(&f);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plays, begin, end),
        cmocka_unit_test_setup_teardown(test_comes_back_behind_a_hole, begin, end),
        cmocka_unit_test_setup_teardown(test_comes_back_early, begin, end),
        cmocka_unit_test_setup_teardown(test_media_stops, begin, end),
        cmocka_unit_test_setup_teardown(test_program_empties, begin, end),
        cmocka_unit_test_setup_teardown(test_pictures_stop, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_begins, begin, end),
        cmocka_unit_test_setup_teardown(test_missing_is_counted_once, begin, end),
        cmocka_unit_test(test_waits_for_the_play_out),
        cmocka_unit_test_setup_teardown(test_is_sent_away, begin, end),
        cmocka_unit_test_setup_teardown(test_is_sent_away_unheard, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
