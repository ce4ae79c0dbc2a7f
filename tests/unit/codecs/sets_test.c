/* Tests of how parameter sets are kept: replaced by id, bounded, and told apart by their hash. */
/* SPDX-License-Identifier: MIT */
#include "codecs/sets.h"
#include "tests/unit/codecs/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct codec_sets sets;

/* A PPS with an id and a byte to tell it by. */
static struct nal write_pps(uint8_t *out, uint32_t id, uint32_t mark)
{
    uint8_t raw[16];
    struct bit_writer w;
    bit_writer_init(&w, raw, sizeof raw);
    bit_writer_put(&w, 8, 0x68);
    put_ue(&w, id);
    put_ue(&w, 0);
    bit_writer_put(&w, 8, mark);
    return (struct nal){.data = out, .len = put_end(&w, out)};
}

static void newer_replace_older(void **state)
{
    (void)state;
    uint8_t bytes[3][32];
    struct nal nals[] = {write_pps(bytes[0], 3, 1), write_pps(bytes[1], 200, 2)};
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_take(&sets, nals, 2), 2);
    uint64_t hash = sets.hash;
    assert_int_equal(codec_sets_take(&sets, nals, 2), 0);
    assert_int_equal(sets.hash, hash);
    struct nal newer = write_pps(bytes[2], 3, 9);
    assert_int_equal(codec_sets_take(&sets, &newer, 1), 1);
    assert_int_not_equal(sets.hash, hash);
    assert_int_equal(sets.count, 2);
    const struct codec_set *set = sets_find(&sets, CODEC_SET_PPS, 3);
    assert_int_equal(set->len, newer.len);
    assert_memory_equal(set->data, newer.data, newer.len);
    assert_null(sets_find(&sets, CODEC_SET_SPS, 3));
    assert_null(sets_find(&sets, CODEC_SET_PPS, 456));
    assert_int_equal(codec_sets_take(&sets, nals, 1), 1);
    assert_int_equal(sets.hash, hash);
}

static void order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    uint8_t bytes[2][32];
    struct nal a = write_pps(bytes[0], 3, 1), b = write_pps(bytes[1], 4, 2);
    codec_sets_init(&sets, CODEC_H264);
    codec_sets_take(&sets, &a, 1);
    codec_sets_take(&sets, &b, 1);
    uint64_t hash = sets.hash;
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(sets.hash, 0);
    codec_sets_take(&sets, &b, 1);
    codec_sets_take(&sets, &a, 1);
    assert_int_equal(sets.hash, hash);
}

static void what_is_over_a_bound_is_counted(void **state)
{
    (void)state;
    static uint8_t large[CODEC_SET_BYTES_MAX + 1] = {0x68, 0xff};
    static const uint8_t id_256[] = {0x68, 0x00, 0x80, 0xbf, 0xff}, cut[] = {0x67, 0x42, 0x00};
    const struct nal bad[] = {{large, sizeof large}, {id_256, sizeof id_256}, {cut, sizeof cut}};
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_take(&sets, bad, 3), 0);
    assert_int_equal(sets.ignored, 3);
    assert_int_equal(sets.count, 0);
    const struct nal largest = {large, CODEC_SET_BYTES_MAX};
    assert_int_equal(codec_sets_take(&sets, &largest, 1), 1);
    for (uint32_t id = 1; id < CODEC_SETS_MAX + 3u; id++) {
        uint8_t bytes[32];
        struct nal nal = write_pps(bytes, id, 0);
        assert_int_equal(codec_sets_take(&sets, &nal, 1), id < CODEC_SETS_MAX);
    }
    assert_int_equal(sets.count, CODEC_SETS_MAX);
    assert_int_equal(sets.ignored, 6);
}

static void what_is_no_set_is_passed_over(void **state)
{
    (void)state;
    static const uint8_t sei[] = {6, 5, 1, 2, 0x80}, hevc_layer_1[] = {0x42, 0x09, 0x01, 0x01};
    const struct nal nals[] = {{sei, sizeof sei}, {NULL, 0}};
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_take(&sets, nals, 2), 0);
    const struct nal layer = {hevc_layer_1, sizeof hevc_layer_1};
    codec_sets_init(&sets, CODEC_HEVC);
    assert_int_equal(codec_sets_take(&sets, &layer, 1), 0);
    assert_int_equal(sets.count + sets.ignored, 0);
}

static void codecs_have_names_and_kinds(void **state)
{
    (void)state;
    assert_string_equal(codec_name(CODEC_H264), "H.264");
    assert_string_equal(codec_name(CODEC_HEVC), "HEVC");
    assert_string_equal(codec_name(CODEC_AAC), "AAC");
    assert_string_equal(codec_name(CODEC_NONE), "none");
    assert_string_equal(codec_name((enum codec_id)99), "none");
    assert_int_equal(codec_kind(CODEC_HEVC), CODEC_KIND_VIDEO);
    assert_int_equal(codec_kind(CODEC_AAC), CODEC_KIND_AUDIO);
    assert_int_equal(codec_kind((enum codec_id)99), CODEC_KIND_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_replace_older),
        cmocka_unit_test(order_of_arrival_does_not_matter),
        cmocka_unit_test(what_is_over_a_bound_is_counted),
        cmocka_unit_test(what_is_no_set_is_passed_over),
        cmocka_unit_test(codecs_have_names_and_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
