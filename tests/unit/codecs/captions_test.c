/* Closed captions in SEI: which channels and services are found, and what says nothing. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct captions found;

/* user_data_registered_itu_t_t35 with these cc_data triplets, in a unit of either codec. */
static size_t unit(enum codec_id id, const uint8_t *triplets, size_t count, uint8_t *out)
{
    static const uint8_t head[] = {0xb5, 0x00, 0x31, 'G', 'A', '9', '4', 0x03};
    size_t len = 0;

    out[len++] = id == CODEC_H264 ? 6 : 39 << 1;
    if (id == CODEC_HEVC)
        out[len++] = 1;
    out[len++] = 4;
    out[len++] = (uint8_t)(sizeof head + 2 + count * 3 + 1);
    memcpy(out + len, head, sizeof head);
    len += sizeof head;
    out[len++] = (uint8_t)(0x40 | count);
    out[len++] = 0xff;
    memcpy(out + len, triplets, count * 3);
    len += count * 3;
    out[len++] = 0xff; /* marker_bits */
    out[len++] = 0x80;
    return len;
}

static void look(enum codec_id id, const uint8_t *bytes, size_t len)
{
    struct nal nal = {.data = bytes, .len = len};
    codec_captions(id, &nal, 1, &found);
}

static void look_at(const uint8_t *triplets, size_t count)
{
    uint8_t bytes[256];
    look(CODEC_H264, bytes, unit(CODEC_H264, triplets, count, bytes));
}

static void finds_each_608_channel(void **state)
{
    (void)state;
    static const struct {
        uint8_t triplet[3], channels;
    } cases[] = {
        {{0xfc, 0x94, 0x20}, 1}, /* CC1: resume caption loading */
        {{0xfc, 0x1c, 0x25}, 2}, /* CC2: roll-up, 2 rows */
        {{0xfd, 0x15, 0x26}, 4}, /* CC3: 3 rows */
        {{0xfd, 0x9d, 0xa7}, 8}, /* CC4: 4 rows */
        {{0xfc, 0x94, 0x29}, 1}, /* resume direct captioning */
        {{0xfc, 0x94, 0x2a}, 0}, /* text restart: T1 is no caption */
        {{0xfc, 0x94, 0xad}, 0}, /* carriage return: of the mode before */
        {{0xfc, 0x15, 0x26}, 0}, /* field 2's code in field 1 */
        {{0xfc, 0x94, 0xa0}, 0}, /* parity */
        {{0xf8, 0x94, 0x20}, 0}, /* cc_valid 0 */
        {{0xfc, 0x80, 0x80}, 0}, /* padding */
        {{0xfc, 0xc8, 0xe9}, 0}, /* letters */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        look_at(cases[i].triplet, 1);
        assert_true(found.carried);
        assert_int_equal(found.channels, cases[i].channels);
        assert_int_equal(found.services, 0);
    }
}

static void finds_708_services(void **state)
{
    (void)state;
    /* sequence 1, 4 x 2 bytes: service 1 of 2 bytes, service 2 of 2 bytes, null */
    static const uint8_t two[] = {0xff, 0x44, 0x22, 0xfe, 'a', 'b', 0xfe, 0x42, 'c', 0xfe, 'd', 0};
    look_at(two, 4);
    assert_int_equal(found.services, 1u << 1 | 1u << 2);
    /* the extended header: service 63 */
    static const uint8_t extended[] = {0xff, 0x02, 0xe1, 0xfe, 0x3f, 'x'};
    look_at(extended, 2);
    assert_true(found.services == UINT64_C(1) << 63);
    /* an empty block of service 3, then null; and data of a packet whose start is elsewhere */
    static const uint8_t nothing[] = {0xfe, 0x41, 0x21, 0xff, 0x02, 0x60, 0xfe, 0, 0};
    look_at(nothing, 3);
    assert_int_equal(found.services, 0);
    assert_true(found.carried);
    /* two packets in one picture */
    static const uint8_t packets[] = {0xff, 0x02, 0x21, 0xfe, 'a', 0,
                                      0xff, 0x42, 0x41, 0xfe, 'b', 0};
    look_at(packets, 4);
    assert_int_equal(found.services, 1u << 1 | 1u << 2);
}

static void both_codecs_and_emulation_prevention(void **state)
{
    (void)state;
    static const uint8_t pair[] = {0xfc, 0x94, 0x20, 0xff, 0x02, 0x21, 0xfe, 'a', 0};
    uint8_t bytes[256];
    size_t len = unit(CODEC_HEVC, pair, 3, bytes);
    look(CODEC_HEVC, bytes, len);
    assert_int_equal(found.channels, 1);
    assert_int_equal(found.services, 2);
    bytes[0] = 40 << 1; /* a suffix SEI carries none */
    look(CODEC_HEVC, bytes, len);
    assert_false(found.carried);
    /* 00 00 03 04: the third byte is not data */
    static const uint8_t zeros[] = {0xf8, 0, 0, 0xfc, 0x94, 0x20};
    uint8_t escaped[256];
    len = unit(CODEC_H264, zeros, 2, bytes);
    bytes[3 + 8 + 2] = 0; /* three zeros in a row */
    size_t at = 3 + 8 + 2 + 2;
    memcpy(escaped, bytes, at);
    escaped[at] = 3;
    memcpy(escaped + at + 1, bytes + at, len - at);
    look(CODEC_H264, escaped, len + 1);
    assert_int_equal(found.channels, 1);
}

static void what_is_broken_says_nothing(void **state)
{
    (void)state;
    static const uint8_t pair[] = {0xfc, 0x94, 0x20};
    uint8_t bytes[256], copy[256];
    size_t len = unit(CODEC_H264, pair, 1, bytes);
    for (size_t cut = 0; cut < len - 2; cut++) {
        look(CODEC_H264, bytes, cut);
        assert_false(found.carried);
    }
    for (size_t at = 3; at < 11; at++) { /* another country, provider, identifier or type */
        memcpy(copy, bytes, len);
        copy[at] ^= 1;
        look(CODEC_H264, copy, len);
        assert_false(found.carried);
    }
    memcpy(copy, bytes, len);
    copy[11] = 0x01; /* process_cc_data_flag 0 */
    look(CODEC_H264, copy, len);
    assert_false(found.carried);
    copy[11] = 0x5f; /* more triplets than there are */
    look(CODEC_H264, copy, len);
    assert_false(found.carried);
}

static void merging_says_what_is_new(void **state)
{
    (void)state;
    struct captions sum = {0}, a = {.carried = true}, b = {.carried = true, .channels = 1};
    struct captions c = {.carried = true, .services = 2};
    assert_false(captions_merge(&sum, &(struct captions){0}));
    assert_true(captions_merge(&sum, &a));
    assert_false(captions_merge(&sum, &a));
    assert_true(captions_merge(&sum, &b));
    assert_true(captions_merge(&sum, &c));
    assert_false(captions_merge(&sum, &b));
    assert_int_equal(sum.channels, 1);
    assert_int_equal(sum.services, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_608_channel),
        cmocka_unit_test(finds_708_services),
        cmocka_unit_test(both_codecs_and_emulation_prevention),
        cmocka_unit_test(what_is_broken_says_nothing),
        cmocka_unit_test(merging_says_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
