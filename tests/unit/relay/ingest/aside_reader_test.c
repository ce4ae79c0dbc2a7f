/* Sections and PES of timed metadata: put together from packets, whatever is damaged left out. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/aside_reader.h"
#include "tests/unit/relay/ingest/aside_packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct aside_reader r;
static size_t sections, tags;
static uint8_t last[SCTE35_SECTION_MAX];
static size_t last_len;
static bool last_has_pts;
static uint64_t last_pts;
static unsigned counter;

static void on_section(void *ctx, const uint8_t *bytes, size_t len)
{
    assert_ptr_equal(ctx, &sections);
    sections++;
    memcpy(last, bytes, len);
    last_len = len;
}

static void on_id3(void *ctx, const uint8_t *bytes, size_t len, bool has_pts, uint64_t pts)
{
    assert_ptr_equal(ctx, &sections);
    tags++;
    memcpy(last, bytes, len);
    last_len = len;
    last_has_pts = has_pts;
    last_pts = pts;
}

static void reset(bool pes)
{
    struct aside_out out = {.ctx = &sections, .section = on_section, .id3 = on_id3};

    sections = tags = 0;
    counter = 0;
    aside_reader_init(&r, 0x102, pes, &out);
}

/* Bytes in as many packets as they take, `step` payload bytes each. */
static void send(const uint8_t *bytes, size_t len, size_t step, bool start)
{
    uint8_t p[TS_PACKET];

    for (size_t at = 0; at < len; at += step) {
        put_packet(p, 0x102, counter++, start && at == 0, bytes + at,
                   len - at < step ? len - at : step);
        aside_reader_take(&r, p);
    }
}

static void test_one_section(void **state)
{
    uint8_t bytes[184] = {0};
    size_t len = put_insert(bytes + 1, 7, true, 900000, 0);

    (void)state;
    reset(false);
    memset(bytes + 1 + len, 0xff, sizeof(bytes) - 1 - len);
    send(bytes, sizeof(bytes), 184, true);
    assert_int_equal(sections, 1);
    assert_int_equal(last_len, len);
    assert_memory_equal(last, bytes + 1, len);
    for (size_t step = 2; step < 60; step += 7) { /* in pieces of any size */
        reset(false);
        send(bytes, 1 + len, step, true);
        assert_int_equal(sections, 1);
    }
    assert_int_equal(r.broken, 0);
}

/* None of them is repeated, so none may be passed over: two in a packet, and the end of one before
 * the next one's begin. */
static void test_sections_that_share_packets(void **state)
{
    uint8_t bytes[400] = {0}, second[64];
    size_t len = put_insert(bytes + 1, 7, true, 900000, 0);
    size_t more = put_insert(second, 8, true, 990000, 450000), cut = 20;

    (void)state;
    reset(false);
    memcpy(bytes + 1 + len, second, more);
    memset(bytes + 1 + len + more, 0xff, 10);
    send(bytes, 1 + len + more + 10, 184, true);
    assert_int_equal(sections, 2);
    assert_memory_equal(last, second, more);

    reset(false);
    send(bytes, 1 + cut, 184, true); /* the first's head, in a packet of its own */
    uint8_t rest[184];
    rest[0] = (uint8_t)(len - cut); /* pointer_field */
    memcpy(rest + 1, bytes + 1 + cut, len - cut);
    memcpy(rest + 1 + len - cut, second, more);
    send(rest, 1 + len - cut + more, 184, true);
    assert_int_equal(sections, 2);
    assert_int_equal(r.broken, 0);
}

static void test_long_sections(void **state)
{
    static uint8_t bytes[1 + 5000];
    size_t len = SCTE35_SECTION_MAX;

    (void)state;
    reset(false);
    bytes[1] = 0xfc;
    bytes[2] = 0x30 | (len - 3) >> 8;
    bytes[3] = (uint8_t)(len - 3);
    uint32_t crc = psi_crc(bytes + 1, len - 4);
    for (size_t i = 0; i < 4; i++)
        bytes[1 + len - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    send(bytes, 1 + len, 184, true);
    assert_int_equal(sections, 1);
    assert_int_equal(last_len, len);
    bytes[2] = 0x3f;
    bytes[3] = 0xff; /* 4098 bytes: longer than the standard allows */
    send(bytes, sizeof(bytes), 184, true);
    assert_int_equal(sections, 1);
    assert_true(r.broken > 0);
}

static void test_damage(void **state)
{
    uint8_t bytes[184] = {0}, p[TS_PACKET];
    size_t len = put_insert(bytes + 1, 7, true, 900000, 0);

    (void)state;
    reset(false);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        send(bytes, 1 + len, 184, true);
        bytes[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(sections, 0);
    send(bytes, 1 + len, 184, true);
    assert_int_equal(sections, 1);
    send(bytes, 1 + 20, 184, true); /* its end is lost */
    counter++;
    send(bytes + 21, len - 20, 184, false);
    assert_int_equal(sections, 1);
    put_packet(p, 0x102, counter, true, bytes, 1 + len); /* the same packet twice is one */
    counter++;
    aside_reader_take(&r, p);
    aside_reader_take(&r, p);
    assert_int_equal(sections, 2);
    bytes[0] = 200; /* a pointer out of the packet */
    send(bytes, 1 + len, 184, true);
    assert_int_equal(sections, 2);
}

static void test_id3(void **state)
{
    uint8_t bytes[400];
    uint64_t pts = 0x1fedcba98;

    (void)state;
    for (size_t step = 11; step < 184; step += 43) {
        reset(true);
        size_t tag = put_id3(bytes + 14, "hello"), at = put_pes(bytes, pts, tag, true);
        send(bytes, at + tag, step, true);
        assert_int_equal(tags, 1);
        assert_int_equal(last_len, tag);
        assert_memory_equal(last, bytes + at, tag);
        assert_true(last_has_pts && last_pts == pts);
        put_pes(bytes, pts, tag, false); /* a PES without a length: the tag says where it ends */
        send(bytes, at + tag, step, true);
        assert_int_equal(tags, 2);
        size_t two = put_id3(bytes + 14 + tag, "again");
        put_pes(bytes, pts, tag + two, true);
        send(bytes, at + tag + two, step, true);
        assert_int_equal(tags, 4);
        assert_int_equal(r.broken, 0);
    }
}

static void test_id3_damage(void **state)
{
    uint8_t bytes[400];
    size_t tag = put_id3(bytes + 14, "hello");

    (void)state;
    reset(true);
    put_pes(bytes, 1, tag, true);
    send(bytes, 14 + tag - 4, 184, true); /* breaks off, and the next one comes */
    send(bytes, 14 + tag, 184, true);
    assert_int_equal(tags, 1);
    assert_int_equal(r.broken, 1);
    bytes[2] = 2; /* no start code */
    send(bytes, 14 + tag, 184, true);
    bytes[2] = 1;
    bytes[14] = 'J'; /* something else than ID3 */
    send(bytes, 14 + tag, 184, true);
    bytes[14] = 'I';
    bytes[8] = 255; /* a head longer than the packet */
    send(bytes, 14 + tag, 184, true);
    assert_int_equal(tags, 1);
    bytes[8] = 0; /* no time: the tag comes 5 bytes later than the head says */
    send(bytes, 14 + tag, 184, true);
    assert_int_equal(tags, 1);
    put_pes(bytes, 1, tag, true);
    bytes[7] = 0; /* PTS_DTS_flags 0 */
    send(bytes, 14 + tag, 184, true);
    assert_int_equal(tags, 2);
    assert_false(last_has_pts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_section),   cmocka_unit_test(test_sections_that_share_packets),
        cmocka_unit_test(test_long_sections), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_id3),           cmocka_unit_test(test_id3_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
