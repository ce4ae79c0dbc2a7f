/* SCTE-35 sections: the standard's own examples, every command, and what breaks off. */
/* SPDX-License-Identifier: MIT */
#include "codecs/scte35.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct scte35_event events[SCTE35_EVENTS_MAX];

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t len = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte = 0;
        for (int i = 0; i < 2; i++)
            byte = byte << 4 | (unsigned)(hex[i] <= '9' ? hex[i] - '0' : (hex[i] | 32) - 'a' + 10);
        out[len++] = (uint8_t)byte;
    }
    return len;
}

static int parse(const char *hex)
{
    uint8_t bytes[512];
    return scte35_parse(bytes, unhex(hex, bytes), events);
}

/* ANSI/SCTE 35 2022, 14.1: time_signal with a placement opportunity start. */
static const char PLACEMENT_START[] = "FC3034000000000000FFFFF00506FE72BD0050001E021C43554549480000"
                                      "8E7FCF0001A599B00808000000002CA0A18A"
                                      "3402009AC9D17E";
/* 14.2: splice_insert, out of network, 60.293 s. */
static const char INSERT[] =
    "FC302F000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A0008435545490000013562"
    "DBA30A";
/* 14.3: the end of 14.1's opportunity. */
static const char PLACEMENT_END[] =
    "FC302F000000000000FFFFF00506FE746290A000190217435545494800008E7F9F0808000000002CA0A18A350200"
    "A9CC6758";
/* 14.6: two segmentation descriptors in one time_signal: provider ends, programme starts. */
static const char TWO[] =
    "FC3048000000000000FFFFF00506FE7A4D88B60032021743554549480000187F9F0808000000002CCBC344110000"
    "021743554549480000197F9F0808000000002CA4DBA01000009972E343";

static void reads_the_standards_examples(void **state)
{
    (void)state;
    assert_int_equal(parse(PLACEMENT_START), 1);
    assert_int_equal(events[0].kind, SCTE35_OUT);
    assert_int_equal(events[0].event_id, 0x4800008e);
    assert_int_equal(events[0].type, 0x34);
    assert_true(events[0].has_pts && events[0].pts == 0x072bd0050);
    assert_true(events[0].has_duration && events[0].duration_90k == 0x0001a599b0);

    assert_int_equal(parse(INSERT), 1);
    assert_int_equal(events[0].kind, SCTE35_OUT);
    assert_int_equal(events[0].event_id, 0x4800008f);
    assert_int_equal(events[0].type, 0);
    assert_true(events[0].has_pts && events[0].pts == 0x07369c02e);
    assert_true(events[0].has_duration && events[0].duration_90k == 0x00052ccf5);
    assert_true(events[0].auto_return);

    assert_int_equal(parse(PLACEMENT_END), 1);
    assert_int_equal(events[0].kind, SCTE35_IN);
    assert_int_equal(events[0].event_id, 0x4800008e);
    assert_int_equal(events[0].type, 0x34);
    assert_false(events[0].has_duration);

    assert_int_equal(parse(TWO), 2);
    assert_int_equal(events[0].kind, SCTE35_POINT);
    assert_int_equal(events[0].event_id, 0x48000018);
    assert_int_equal(events[0].type, 0x11);
    assert_int_equal(events[1].event_id, 0x48000019);
    assert_int_equal(events[1].type, 0x10);
    assert_true(events[1].pts == 0x07a4d88b6);
}

static void adjustment_wraps(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t len = unhex(INSERT, bytes);
    bytes[4] |= 1; /* the top bit of 33 */
    memset(bytes + 5, 0xff, 4);
    assert_int_equal(scte35_parse(bytes, len, events), 1);
    assert_true(events[0].pts == 0x07369c02d);
}

static void other_commands(void **state)
{
    (void)state;
    /* splice_null and bandwidth_reservation keep the line alive */
    assert_int_equal(parse("FC3011000000000000FFFFF0000000007A4FBFFF"), 0);
    assert_int_equal(parse("FC3011000000000000FFFFF0000700007A4FBFFF"), 0);
    /* private_command, splice_schedule: something, now */
    assert_int_equal(parse("FC3015000000000000FFFFF004FF4355454900007A4FBFFF"), 1);
    assert_int_equal(events[0].kind, SCTE35_POINT);
    assert_false(events[0].has_pts);
    /* encrypted */
    assert_int_equal(parse("FC3011008000000000FFFFF0000000007A4FBFFF"), 1);
    assert_false(events[0].has_pts);
    /* cancelled; immediate in; an in by components, first time counts, length not said */
    assert_int_equal(parse("FC3016000000000000FFFFF00505000000077FFF00007A4FBFFF"), -EINVAL);
    assert_int_equal(parse("FC3016000000000000FFFFF0050500000007FF00007A4FBFFF"), 1);
    assert_int_equal(events[0].kind, SCTE35_CANCEL);
    assert_int_equal(events[0].event_id, 7);
    assert_int_equal(parse("FC301B000000000000FFFFF00A05000000077F5F0001020300007A4FBFFF"), 1);
    assert_int_equal(events[0].kind, SCTE35_IN);
    assert_false(events[0].has_pts);
    assert_int_equal(
        parse("FC3028000000000000FFFFFFFF05000000077F0F0201FE0000000102FE00000002000102030000"
              "7A4FBFFF"),
        1);
    assert_int_equal(events[0].kind, SCTE35_IN);
    assert_true(events[0].has_pts && events[0].pts == 1);
}

/* Whatever byte a stranger changes or leaves out, the answer stays inside its bounds. */
static void what_breaks_off_is_refused(void **state)
{
    (void)state;
    static const char *const all[] = {PLACEMENT_START, INSERT, PLACEMENT_END, TWO};
    uint8_t bytes[512], copy[512];
    for (size_t i = 0; i < 4; i++) {
        size_t len = unhex(all[i], bytes);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(scte35_parse(bytes, cut, events), -EINVAL);
        for (size_t at = 0; at < len; at++) {
            memcpy(copy, bytes, len);
            copy[at] ^= 0xff;
            int n = scte35_parse(copy, len, events);
            assert_true(n == -EINVAL || (n >= 0 && n <= SCTE35_EVENTS_MAX));
        }
    }
    unhex(INSERT, bytes);
    bytes[12] = 0xff; /* a command longer than the section */
    assert_int_equal(scte35_parse(bytes, strlen(INSERT) / 2, events), -EINVAL);
}

static void endless_durations_are_not_believed(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t len = unhex(INSERT, bytes);
    bytes[25] |= 1; /* 2^32 ticks and more are 13 h: still possible */
    assert_int_equal(scte35_parse(bytes, len, events), 1);
    assert_true(events[0].has_duration);
    len = unhex(PLACEMENT_START, bytes);
    bytes[33] = 0xff; /* 40 bits of segmentation_duration: 141 days */
    assert_int_equal(scte35_parse(bytes, len, events), 1);
    assert_false(events[0].has_duration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_standards_examples),
        cmocka_unit_test(adjustment_wraps),
        cmocka_unit_test(other_commands),
        cmocka_unit_test(what_breaks_off_is_refused),
        cmocka_unit_test(endless_durations_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
