/* A room's hour: what is sampled, when, and what is forgotten. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { S = 1000000 };

static void seconds(struct history *h, struct session *s, int64_t *now_us, int n)
{
    for (int i = 0; i < n; i++) {
        *now_us += S;
        s->stats.lost++;
        history_second(h, s, 7, *now_us);
    }
}

static void test_ring(void **state)
{
    struct history h = {0};
    struct session s = {
        .feed = 1, .opened_us = 10 * (int64_t)S, .opened_wall_us = 1000 * (int64_t)S};
    int64_t now_us = s.opened_us;
    (void)state;
    seconds(&h, &s, &now_us, 1);
    assert_int_equal(0, h.count); /* the first is what the next is counted from */
    seconds(&h, &s, &now_us, 4);
    assert_int_equal(0, h.count);
    seconds(&h, &s, &now_us, 1);
    assert_int_equal(1, h.count);
    assert_int_equal(1006, history_at(&h, 0)->at_s);
    assert_int_equal(5, history_at(&h, 0)->lost);
    seconds(&h, &s, &now_us, 5 * (HISTORY_SAMPLES - 1));
    assert_int_equal(HISTORY_SAMPLES, h.count);
    assert_int_equal(1006, history_at(&h, 0)->at_s);
    seconds(&h, &s, &now_us, 10);
    assert_int_equal(HISTORY_SAMPLES, h.count);
    assert_int_equal(1016, history_at(&h, 0)->at_s);
    assert_int_equal(1016 + 5 * (HISTORY_SAMPLES - 1), history_at(&h, HISTORY_SAMPLES - 1)->at_s);
    history_fini(&h);
    assert_int_equal(0, h.count);
}

/* Reports that come a little early are not passed over for a second. */
static void test_jitter(void **state)
{
    struct history h = {0};
    struct session s = {.feed = 1};
    (void)state;
    history_second(&h, &s, 0, 0);
    for (int i = 1; i <= 20; i++)
        history_second(&h, &s, 70000, i * (int64_t)S - (i % 2) * 200000);
    assert_int_equal(4, h.count);
    assert_int_equal(70000, history_at(&h, 3)->viewers);
    history_fini(&h);
}

static void test_another_feed(void **state)
{
    struct history h = {0};
    struct session main = {.feed = 1}, backup = {.feed = 2};
    int64_t now_us = 0;
    (void)state;
    seconds(&h, &main, &now_us, 6);
    assert_int_equal(1, h.count);
    backup.stats.lost = 4000; /* while it rested */
    seconds(&h, &backup, &now_us, 1);
    assert_int_equal(1, h.count);
    seconds(&h, &backup, &now_us, 5);
    assert_int_equal(2, h.count);
    assert_int_equal(5, history_at(&h, 1)->lost);
    backup.stats.lost = 0; /* its worker was another one */
    now_us += 4 * (int64_t)S;
    seconds(&h, &backup, &now_us, 1);
    assert_int_equal(0, history_at(&h, 2)->lost);
    history_fini(&h);
}

static void test_what_does_not_fit(void **state)
{
    struct history h = {0};
    struct session s = {.feed = 1};
    (void)state;
    history_second(&h, &s, 0, 0);
    s.stats.bitrate_bps = UINT64_MAX;
    s.stats.rtt_us = UINT64_MAX;
    s.stats.receive_buffer_bytes = UINT64_MAX;
    s.stats.lost = UINT64_MAX;
    s.vitals.fps_milli = s.vitals.gop_last_ms = UINT32_MAX;
    s.vitals.skew_known = 1;
    s.vitals.skew_ms = INT32_MIN;
    history_second(&h, &s, UINT64_MAX, 5 * (int64_t)S);
    const struct history_sample *k = history_at(&h, 0);
    assert_int_equal(UINT32_MAX, k->bitrate_kbps);
    assert_int_equal(UINT32_MAX, k->viewers);
    assert_int_equal(UINT16_MAX, k->rtt_100us);
    assert_int_equal(UINT16_MAX, k->buffer_kib);
    assert_int_equal(UINT16_MAX, k->lost);
    assert_int_equal(UINT16_MAX, k->fps_centi);
    assert_int_equal(UINT16_MAX, k->gop_cs);
    assert_int_equal(INT16_MIN, k->skew_ms);
    history_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_another_feed),
        cmocka_unit_test(test_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
