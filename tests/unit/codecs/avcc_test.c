/* Tests of H.264 track parameters and avcC against what ffprobe and libavformat say of clips. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/codecs/put.h"
#include "tests/unit/codecs/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define RECORD(name) name##_RECORD, sizeof name##_RECORD

static struct codec_sets sets;
static struct track_params params;

static const struct clip {
    const uint8_t *record;
    size_t len;
    const char *rfc6381;
    uint32_t width, height, sar_num, sar_den, fps_num, fps_den;
    uint8_t profile, level, chroma, depth, primaries, reorder;
    bool interlaced;
} CLIPS[] = {
    {RECORD(H264_BASE), "avc1.42C01E", 640, 360, 1, 1, 30, 1, 66, 30, 1, 8, 2, 0, false},
    {RECORD(H264_HIGH1080), "avc1.64002A", 1920, 1080, 1, 1, 60000, 1001, 100, 42, 1, 8, 1, 2,
     false},
    {RECORD(H264_422), "avc1.7A001E", 640, 360, 1, 1, 30, 1, 122, 30, 2, 10, 2, 0, false},
    {RECORD(H264_INTER), "avc1.4D4028", 1920, 1080, 1, 1, 25, 1, 77, 40, 1, 8, 2, 0, true},
    {RECORD(H264_SAR), "avc1.64001E", 720, 576, 64, 45, 25, 1, 100, 30, 1, 8, 2, 0, false},
    {RECORD(OBS), "avc1.64001F", 1280, 720, 1, 1, 30, 1, 100, 31, 1, 8, 1, 2, false},
};

static void agrees_with_libavformat(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CLIPS / sizeof CLIPS[0]; i++) {
        const struct clip *c = &CLIPS[i];
        struct nal nals[4];
        unsigned n = record_avcc(c->record, nals);
        codec_sets_init(&sets, CODEC_H264);
        assert_int_equal(codec_sets_take(&sets, nals, n), 2);
        assert_int_equal(codec_sets_params(&sets, &params), 0);
        assert_int_equal(params.codec, CODEC_H264);
        assert_string_equal(params.rfc6381, c->rfc6381);
        assert_int_equal(params.width, c->width);
        assert_int_equal(params.height, c->height);
        assert_int_equal(params.sar_num, c->sar_num);
        assert_int_equal(params.sar_den, c->sar_den);
        assert_int_equal(params.fps_num, c->fps_num);
        assert_int_equal(params.fps_den, c->fps_den);
        assert_int_equal(params.profile, c->profile);
        assert_int_equal(params.level, c->level);
        assert_int_equal(params.chroma_format, c->chroma);
        assert_int_equal(params.bit_depth, c->depth);
        assert_int_equal(params.primaries, c->primaries);
        assert_int_equal(params.reorder, c->reorder);
        assert_int_equal(params.interlaced, c->interlaced);
        assert_int_equal(params.config_len, c->len);
        assert_memory_equal(params.config, c->record, c->len);
    }
}

static void waits_for_both_sets(void **state)
{
    (void)state;
    struct nal nals[4];
    record_avcc(OBS_RECORD, nals);
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_params(&sets, &params), -EAGAIN);
    codec_sets_take(&sets, &nals[1], 1);
    assert_int_equal(codec_sets_params(&sets, &params), -EAGAIN);
    codec_sets_take(&sets, &nals[0], 1);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    codec_sets_init(&sets, CODEC_H264);
    codec_sets_take(&sets, &nals[0], 1);
    assert_int_equal(codec_sets_params(&sets, &params), -EAGAIN);
}

static void a_broken_sps_is_refused(void **state)
{
    (void)state;
    struct nal nals[4];
    record_avcc(OBS_RECORD, nals);
    nals[0].len = 6;
    codec_sets_init(&sets, CODEC_H264);
    codec_sets_take(&sets, nals, 2);
    assert_int_equal(codec_sets_params(&sets, &params), -EINVAL);
}

/* A PPS of any id for an SPS of any id, and padding. */
static struct nal write_pps(uint8_t *out, uint32_t id, uint32_t sps_id, size_t padding)
{
    uint8_t raw[1024];
    struct bit_writer w;
    bit_writer_init(&w, raw, sizeof raw);
    bit_writer_put(&w, 8, 0x68);
    put_ue(&w, id);
    put_ue(&w, sps_id);
    for (size_t i = 0; i < padding; i++)
        bit_writer_put(&w, 8, 0x55);
    return (struct nal){.data = out, .len = put_end(&w, out)};
}

static void sets_stand_in_order_of_their_ids(void **state)
{
    (void)state;
    static uint8_t bytes[2][2048];
    struct nal nals[4];
    record_avcc(OBS_RECORD, nals);
    nals[2] = nals[1];
    nals[1] = write_pps(bytes[0], 9, 0, 3);
    nals[3] = write_pps(bytes[1], 4, 31, 3); /* its SPS is not held: left out */
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_take(&sets, nals, 4), 4);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    struct nal held[4];
    assert_int_equal(record_avcc(params.config, held), 3);
    assert_int_equal(held[1].len, nals[2].len);
    assert_memory_equal(held[1].data, nals[2].data, nals[2].len);
    assert_memory_equal(held[2].data, nals[1].data, nals[1].len);
}

static void an_idr_says_which_sps_is_in_use(void **state)
{
    (void)state;
    static uint8_t pps[2048], sps[64];
    static const uint8_t idr_1[] = {0x65, 0x88, 0x40}; /* first_mb 0, slice_type 7, PPS 1 */
    static const uint8_t idr_0[] = {0x65, 0x88, 0xc0};
    struct nal nals[4];
    record_avcc(OBS_RECORD, nals);
    codec_sets_init(&sets, CODEC_H264);
    codec_sets_take(&sets, nals, 2);
    /* the baseline clip's SPS again, as SPS 1: its ue(v) "1" becomes "010" */
    struct nal other[4];
    record_avcc(H264_BASE_RECORD, other);
    struct bits b;
    struct bit_writer w;
    bits_init_nal(&b, other[0].data, other[0].len);
    bit_writer_init(&w, sps, sizeof sps);
    uint8_t escaped[128];
    bit_writer_put(&w, 32, bits_u(&b, 32));
    bits_skip(&b, 1);
    bit_writer_put(&w, 3, 2);
    while (bits_left(&b) > 4)
        bit_writer_put(&w, 1, bits_u(&b, 1));
    nals[2] = (struct nal){.data = escaped, .len = put_end(&w, escaped)};
    nals[3] = write_pps(pps, 1, 1, 3);
    assert_int_equal(codec_sets_take(&sets, nals + 2, 2), 2);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_int_equal(params.width, 1280);
    uint64_t hash = sets.hash;
    const struct nal idr[] = {{idr_1, 3}, {idr_0, 3}};
    assert_int_equal(codec_sets_take(&sets, &idr[0], 1), 1);
    assert_int_not_equal(sets.hash, hash);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_int_equal(params.width, 640);
    assert_int_equal(codec_sets_take(&sets, &idr[0], 1), 0);
    assert_int_equal(codec_sets_take(&sets, &idr[1], 1), 1);
    assert_int_equal(sets.hash, hash);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_int_equal(params.width, 1280);
}

static void a_record_over_its_limit_is_refused(void **state)
{
    (void)state;
    static uint8_t bytes[5][2048];
    struct nal nals[8];
    record_avcc(OBS_RECORD, nals);
    for (unsigned i = 0; i < 5; i++)
        nals[2 + i] = write_pps(bytes[i], 10 + i, 0, 900);
    codec_sets_init(&sets, CODEC_H264);
    assert_int_equal(codec_sets_take(&sets, nals, 6), 6);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_int_equal(codec_sets_take(&sets, nals + 6, 1), 1);
    assert_int_equal(codec_sets_params(&sets, &params), -EINVAL);
    assert_int_equal(params.config_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libavformat),
        cmocka_unit_test(waits_for_both_sets),
        cmocka_unit_test(a_broken_sps_is_refused),
        cmocka_unit_test(sets_stand_in_order_of_their_ids),
        cmocka_unit_test(an_idr_says_which_sps_is_in_use),
        cmocka_unit_test(a_record_over_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
