/* Tests of the bit reader and writer. */
/* SPDX-License-Identifier: MIT */
#include "codecs/bits.h"
#include "tests/unit/codecs/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void reads_fields_across_bytes(void **state)
{
    (void)state;
    static const uint8_t data[] = {0xa5, 0x0f, 0xff, 0x12, 0x34, 0x56};
    struct bits b;
    bits_init(&b, data, sizeof data);
    assert_int_equal(bits_u(&b, 0), 0);
    assert_int_equal(bits_u(&b, 4), 0xa);
    assert_int_equal(bits_u(&b, 12), 0x50f);
    assert_int_equal(bits_done(&b), 16);
    assert_int_equal(bits_u(&b, 32), 0xff123456);
    assert_int_equal(bits_left(&b), 0);
    assert_false(b.error);
}

static void error_sticks_at_the_end(void **state)
{
    (void)state;
    static const uint8_t data[] = {0xff, 0xff};
    struct bits b;
    bits_init(&b, data, sizeof data);
    assert_int_equal(bits_u(&b, 12), 0xfff);
    assert_int_equal(bits_u(&b, 5), 0);
    assert_true(b.error);
    assert_int_equal(bits_u(&b, 1), 0);
    assert_int_equal(bits_ue(&b), 0);
    assert_int_equal(bits_left(&b), 0);
    bits_init(&b, data, sizeof data);
    bits_skip(&b, UINT64_MAX);
    assert_true(b.error);
    bits_init(&b, NULL, 0);
    assert_false(bits_flag(&b));
    assert_true(b.error);
}

static void exp_golomb_goes_to_its_ends(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 2, 3, 6, 7, 254, 255, 65535, 0x7fffffff, 0xfffffffe};
    uint8_t data[64];
    struct bit_writer w;
    bit_writer_init(&w, data, sizeof data);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_ue(&w, values[i]);
    bit_writer_align(&w);
    assert_true(w.len <= sizeof data);
    struct bits b;
    bits_init(&b, data, w.len);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(bits_ue(&b), values[i]);
    assert_false(b.error);
    /* 32 zero bits begin no code */
    static const uint8_t zeros[] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff};
    bits_init(&b, zeros, sizeof zeros);
    assert_int_equal(bits_ue(&b), 0);
    assert_true(b.error);
}

static void signed_codes_alternate(void **state)
{
    (void)state;
    static const int32_t values[] = {0, 1, -1, 2, -2, 1000, -1000, INT32_MAX, -INT32_MAX};
    uint8_t data[64];
    struct bit_writer w;
    bit_writer_init(&w, data, sizeof data);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_se(&w, values[i]);
    bit_writer_align(&w);
    struct bits b;
    bits_init(&b, data, w.len);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(bits_se(&b), values[i]);
    assert_false(b.error);
}

static void value_over_its_maximum_is_an_error(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x28}; /* 00101 is 4 */
    struct bits b;
    bits_init(&b, data, sizeof data);
    assert_int_equal(bits_ue_max(&b, 4), 4);
    assert_false(b.error);
    bits_init(&b, data, sizeof data);
    assert_int_equal(bits_ue_max(&b, 3), 0);
    assert_true(b.error);
}

static void leaves_emulation_prevention_out(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 0, 3, 0, 0, 3, 1, 0, 0, 3, 3, 0, 3, 0, 0, 3};
    static const uint8_t rbsp[] = {0, 0, 0, 0, 1, 0, 0, 3, 0, 3, 0, 0};
    struct bits b;
    bits_init_nal(&b, data, sizeof data);
    for (size_t i = 0; i < sizeof rbsp; i++)
        assert_int_equal(bits_u(&b, 8), rbsp[i]);
    assert_false(b.error);
    bits_u(&b, 8);
    assert_true(b.error);
    /* plain bytes keep it */
    bits_init(&b, data, sizeof data);
    assert_int_equal(bits_u(&b, 24), 3);
}

static void writer_counts_what_it_cannot_store(void **state)
{
    (void)state;
    uint8_t data[3] = {0, 0, 0x77};
    struct bit_writer w;
    bit_writer_init(&w, data, 2);
    bit_writer_put(&w, 3, 0xfd); /* the low three bits: 101 */
    bit_writer_put(&w, 32, 0x80000001);
    bit_writer_align(&w);
    bit_writer_align(&w);
    assert_int_equal(w.len, 5);
    assert_int_equal(data[0], 0xb0);
    assert_int_equal(data[1], 0x00);
    assert_int_equal(data[2], 0x77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_across_bytes),
        cmocka_unit_test(error_sticks_at_the_end),
        cmocka_unit_test(exp_golomb_goes_to_its_ends),
        cmocka_unit_test(signed_codes_alternate),
        cmocka_unit_test(value_over_its_maximum_is_an_error),
        cmocka_unit_test(leaves_emulation_prevention_out),
        cmocka_unit_test(writer_counts_what_it_cannot_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
