/* Distances between clock references, and what is none. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_clock.h"
#include "relay/ingest/ts_filter.h"
#include "tests/unit/relay/ingest/made_up_media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A packet of the video's PID with nothing but a clock reference. */
static void put_pcr(uint8_t p[static TS_PACKET], uint64_t pcr_90k)
{
    memset(p, 0xff, TS_PACKET);
    memcpy(p, "\x47\x01\x00\x20\xb7\x10", 6);
    p[6] = (uint8_t)(pcr_90k >> 25);
    p[7] = (uint8_t)(pcr_90k >> 17);
    p[8] = (uint8_t)(pcr_90k >> 9);
    p[9] = (uint8_t)(pcr_90k >> 1);
    p[10] = (uint8_t)((pcr_90k & 1) << 7 | 0x7e);
    p[11] = 0;
}

static void take(struct ts_clock *c, uint64_t pcr_90k)
{
    uint8_t p[TS_PACKET];
    put_pcr(p, pcr_90k);
    ts_clock_take(c, p);
}

static void test_distances(void **state)
{
    struct ts_clock c = {0};
    const uint64_t wrap = UINT64_C(1) << 33;
    (void)state;
    take(&c, wrap - 4500);
    assert_int_equal(0, c.longest_90k);
    take(&c, wrap - 1800);
    assert_int_equal(2700, c.longest_90k);
    take(&c, 1801); /* over the wrap */
    assert_int_equal(3601, c.longest_90k);
    take(&c, 1900);
    assert_int_equal(3601, c.longest_90k);
    assert_int_equal(4, c.count);
}

static void test_jumps_are_none(void **state)
{
    struct ts_clock c = {0};
    uint8_t p[TS_PACKET];
    (void)state;
    take(&c, 5000000);
    take(&c, 4000000);          /* back */
    take(&c, 4000000 + 900000); /* ten seconds on */
    assert_int_equal(0, c.longest_90k);
    ts_clock_break(&c); /* packets were lost */
    take(&c, 4900000 + 500000);
    assert_int_equal(0, c.longest_90k);
    put_pcr(p, 5400000 + 500000);
    p[5] |= 0x80; /* announced */
    ts_clock_take(&c, p);
    assert_int_equal(0, c.longest_90k);
    take(&c, 5900000 + 899999);
    assert_int_equal(899999, c.longest_90k);
}

static void test_what_is_no_reference(void **state)
{
    struct ts_clock c = {0};
    uint8_t p[TS_PACKET];
    (void)state;
    put_pcr(p, 1000);
    p[5] = 0x40; /* random access, no clock */
    ts_clock_take(&c, p);
    put_pcr(p, 1000);
    p[4] = 6; /* too short for one */
    ts_clock_take(&c, p);
    put_pcr(p, 1000);
    p[1] |= 0x80; /* damaged */
    ts_clock_take(&c, p);
    assert_int_equal(0, c.count);
    assert_false(c.known);
}

static void no_packet(void *ctx, const uint8_t packet[static TS_PACKET],
                      const uint8_t head[static 4])
{
    (void)ctx;
    (void)packet;
    (void)head;
}

static void no_layout(void *ctx, const struct ts_layout *l)
{
    (void)ctx;
    (void)l;
}

/* The filter knows the clock's PID from the tables, and sees it in packets without payload. */
static void test_in_the_filter(void **state)
{
    static struct ts_filter f;
    struct ts_out out = {.packet = no_packet, .layout = no_layout};
    uint8_t bytes[2 * TS_PACKET];
    (void)state;
    ts_filter_init(&f, 4, &out);
    put_pcr(bytes, 1000);
    ts_filter_take(&f, bytes, TS_PACKET);
    assert_int_equal(0, f.clock.count);
    ts_filter_take(&f, bytes, put_tables(bytes, 2));
    for (uint64_t i = 0; i < 5; i++) {
        put_pcr(bytes, 9000 + i * 3600);
        ts_filter_take(&f, bytes, TS_PACKET);
        bytes[2] = 0x01; /* another PID's */
        ts_filter_take(&f, bytes, TS_PACKET);
    }
    assert_int_equal(5, f.clock.count);
    assert_int_equal(3600, f.clock.longest_90k);
    ts_filter_break(&f);
    put_pcr(bytes, 9000 + 100000);
    ts_filter_take(&f, bytes, TS_PACKET);
    assert_int_equal(3600, f.clock.longest_90k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_jumps_are_none),
        cmocka_unit_test(test_what_is_no_reference),
        cmocka_unit_test(test_in_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
