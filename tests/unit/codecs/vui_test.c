/* Tests of video usability information: aspect ratios, colours, rates. */
/* SPDX-License-Identifier: MIT */
#include "codecs/vui.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct vui read_sar(uint8_t idc, uint32_t num, uint32_t den)
{
    uint8_t data[16] = {0};
    struct bit_writer w;
    struct bits b;
    struct vui v;
    bit_writer_init(&w, data, sizeof data);
    bit_writer_put(&w, 1, 1);
    bit_writer_put(&w, 8, idc);
    if (idc == 255) {
        bit_writer_put(&w, 16, num);
        bit_writer_put(&w, 16, den);
    }
    bit_writer_align(&w);
    bits_init(&b, data, sizeof data);
    vui_init(&v);
    vui_read_picture(&b, &v);
    assert_false(b.error);
    return v;
}

static void aspect_ratios_of_table_e_1(void **state)
{
    (void)state;
    static const struct {
        uint8_t idc;
        uint32_t num, den, sar_num, sar_den;
    } cases[] = {
        {0, 0, 0, 1, 1},   {1, 0, 0, 1, 1},   {2, 0, 0, 12, 11},         {13, 0, 0, 160, 99},
        {16, 0, 0, 2, 1},  {17, 0, 0, 1, 1},  {254, 0, 0, 1, 1},         {255, 0, 5, 1, 1},
        {255, 5, 0, 1, 1}, {255, 4, 6, 2, 3}, {255, 65535, 1, 65535, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vui v = read_sar(cases[i].idc, cases[i].num, cases[i].den);
        assert_int_equal(v.sar_num, cases[i].sar_num);
        assert_int_equal(v.sar_den, cases[i].sar_den);
    }
}

static void nothing_said_is_unspecified(void **state)
{
    (void)state;
    static const uint8_t data[] = {0};
    struct bits b;
    struct vui v;
    struct track_params p;
    memset(&p, 0xff, sizeof p);
    bits_init(&b, data, sizeof data);
    vui_init(&v);
    vui_read_picture(&b, &v);
    vui_tell(&v, &p);
    assert_int_equal(p.primaries, 2);
    assert_int_equal(p.transfer, 2);
    assert_int_equal(p.matrix, 2);
    assert_int_equal(p.sar_num, 1);
    assert_int_equal(p.fps_num, 0);
    assert_int_equal(p.fps_den, 0);
    assert_false(p.full_range);
}

static void a_rate_is_reduced(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 0, 0x03, 0xe9, 0, 1, 0xd4, 0xc0}; /* 1001, 120000 */
    struct bits b;
    struct vui v;
    vui_init(&v);
    bits_init(&b, data, sizeof data);
    vui_read_rate(&b, &v, 2);
    assert_int_equal(v.fps_num, 60000);
    assert_int_equal(v.fps_den, 1001);
    bits_init(&b, data, sizeof data - 1);
    vui_read_rate(&b, &v, 2);
    assert_int_equal(v.fps_num, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aspect_ratios_of_table_e_1),
        cmocka_unit_test(nothing_said_is_unspecified),
        cmocka_unit_test(a_rate_is_reduced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
