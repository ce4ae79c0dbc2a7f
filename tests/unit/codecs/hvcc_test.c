/* Tests of HEVC track parameters and hvcC against what ffprobe and libavformat say of clips. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"
#include "tests/unit/codecs/clips.h"
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
    uint32_t width, height, fps_num, fps_den;
    uint8_t profile, level, chroma, depth, primaries, transfer, matrix;
    bool interlaced;
} CLIPS[] = {
    {RECORD(HEVC_MAIN), "hvc1.1.6.L63.90", 640, 360, 30, 1, 1, 63, 1, 8, 2, 2, 2, false},
    {RECORD(HEVC_PQ), "hvc1.2.4.L123.90", 1920, 1080, 60, 1, 2, 123, 1, 10, 9, 16, 9, false},
    {RECORD(HEVC_HLG), "hvc1.2.4.L93.90", 1280, 720, 30000, 1001, 2, 93, 1, 10, 9, 18, 9, false},
    {RECORD(HEVC_422), "hvc1.4.10.L63.9D.8", 642, 362, 30, 1, 4, 63, 2, 10, 2, 2, 2, false},
    {RECORD(HEVC_INTER), "hvc1.1.6.L120.40", 1280, 720, 50, 1, 1, 120, 1, 8, 2, 2, 2, true},
};

static void agrees_with_libavformat(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CLIPS / sizeof CLIPS[0]; i++) {
        const struct clip *c = &CLIPS[i];
        struct nal nals[4];
        unsigned n = record_hvcc(c->record, nals);
        codec_sets_init(&sets, CODEC_HEVC);
        assert_int_equal(codec_sets_take(&sets, nals, n), 3);
        assert_int_equal(codec_sets_params(&sets, &params), 0);
        assert_int_equal(params.codec, CODEC_HEVC);
        assert_string_equal(params.rfc6381, c->rfc6381);
        assert_int_equal(params.width, c->width);
        assert_int_equal(params.height, c->height);
        assert_int_equal(params.fps_num, c->fps_num);
        assert_int_equal(params.fps_den, c->fps_den);
        assert_int_equal(params.profile, c->profile);
        assert_int_equal(params.level, c->level);
        assert_int_equal(params.chroma_format, c->chroma);
        assert_int_equal(params.bit_depth, c->depth);
        assert_int_equal(params.primaries, c->primaries);
        assert_int_equal(params.transfer, c->transfer);
        assert_int_equal(params.matrix, c->matrix);
        assert_int_equal(params.interlaced, c->interlaced);
        assert_int_equal(params.reorder, 2);
        assert_int_equal(params.config_len, c->len);
        assert_memory_equal(params.config, c->record, c->len);
    }
}

static void waits_for_all_three(void **state)
{
    (void)state;
    struct nal nals[4];
    record_hvcc(HEVC_MAIN_RECORD, nals);
    for (unsigned missing = 0; missing < 3; missing++) {
        codec_sets_init(&sets, CODEC_HEVC);
        for (unsigned i = 0; i < 3; i++)
            if (i != missing)
                codec_sets_take(&sets, &nals[i], 1);
        assert_int_equal(codec_sets_params(&sets, &params), -EAGAIN);
        codec_sets_take(&sets, &nals[missing], 1);
        assert_int_equal(codec_sets_params(&sets, &params), 0);
    }
}

/* The Main clip with another general_ part in its SPS. */
static int params_with_ptl(uint8_t head, uint32_t compatibility, const char *constraints)
{
    static uint8_t sps[128];
    struct nal nals[4];
    record_hvcc(HEVC_MAIN_RECORD, nals);
    struct nal old = nals[1];
    /* header, ids; then the 12 bytes of the PTL anew, without zeros in a row; then the rest */
    size_t n = 0, at = 3;
    for (size_t i = 0; i < 3; i++)
        sps[n++] = old.data[i];
    sps[n++] = head;
    for (int i = 3; i >= 0; i--)
        sps[n++] = (uint8_t)(compatibility >> 8 * i);
    memcpy(sps + n, constraints, 6);
    n += 6;
    sps[n++] = 255;
    for (unsigned rbsp = 0, zeros = 0; rbsp < 12; at++) {
        bool escape = zeros >= 2 && old.data[at] == 3;
        zeros = old.data[at] == 0 ? zeros + 1 : 0;
        rbsp += !escape;
    }
    memcpy(sps + n, old.data + at, old.len - at);
    nals[1] = (struct nal){.data = sps, .len = n + old.len - at};
    codec_sets_init(&sets, CODEC_HEVC);
    codec_sets_take(&sets, nals, 3);
    return codec_sets_params(&sets, &params);
}

static void name_of_annex_e(void **state)
{
    (void)state;
    /* the longest there is fills its array to the NUL */
    assert_int_equal(params_with_ptl(0x3f, 0xffffffff, "\xff\xff\xff\xff\xff\xff"), 0);
    assert_string_equal(params.rfc6381, "hvc1.31.FFFFFFFF.H255.FF.FF.FF.FF.FF.FF");
    assert_int_equal(params.width, 640);
    assert_int_equal(params_with_ptl(0x22, 0x20104081, "\xb0\x01\x0c\x01\x01\x01"), 0);
    assert_string_equal(params.rfc6381, "hvc1.2.81020804.H255.B0.1.C.1.1.1");
    assert_int_equal(params_with_ptl(0x01, 0x60104081, "\x90\x01\x0f\x01\x01\x10"), 0);
    assert_string_equal(params.rfc6381, "hvc1.1.81020806.L255.90.1.F.1.1.10");
    /* general_profile_space 1 */
    assert_int_equal(params_with_ptl(0x41, 0x60104081, "\x90\x01\x0f\x01\x01\x10"), -EINVAL);
}

static void an_irap_slice_names_its_pps(void **state)
{
    (void)state;
    static const uint8_t idr[] = {0x26, 0x01, 0x90};   /* first segment; PPS 1 */
    static const uint8_t trail[] = {0x02, 0x01, 0x90}; /* says nothing of the SPS */
    struct nal nals[4];
    record_hvcc(HEVC_MAIN_RECORD, nals);
    codec_sets_init(&sets, CODEC_HEVC);
    codec_sets_take(&sets, nals, 3);
    const struct nal slices[] = {{trail, 3}, {idr, 3}};
    codec_sets_take(&sets, &slices[0], 1);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    codec_sets_take(&sets, &slices[1], 1);
    assert_int_equal(codec_sets_params(&sets, &params), -EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libavformat),
        cmocka_unit_test(waits_for_all_three),
        cmocka_unit_test(name_of_annex_e),
        cmocka_unit_test(an_irap_slice_names_its_pps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
