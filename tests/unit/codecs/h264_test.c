/* Tests of H.264 parameter sets that encoders on hand do not write, and of NAL unit kinds. */
/* SPDX-License-Identifier: MIT */
#include "codecs/h264.h"
#include "tests/unit/codecs/put.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What a case says of an SPS; zero is the plain choice. */
struct spec {
    uint8_t profile, constraints, chroma;
    bool separate_planes, scaling, fields, hrd, truncate;
    uint32_t id, poc_type, mbs_wide, map_units;
    uint32_t crop[4];
    uint8_t sar_idc;
    uint32_t sar[2], units, scale, reorder_plus1;
};

static void put_scaling(struct bit_writer *w, unsigned lists)
{
    bit_writer_put(w, 1, 1);
    for (unsigned i = 0; i < lists; i++) {
        bit_writer_put(w, 1, i != 1); /* the second is not present */
        if (i == 1)
            continue;
        if (i == 0) {
            put_se(w, -8); /* next is 0 at once: the default list, nothing more */
            continue;
        }
        for (unsigned k = 0; k < (i < 6 ? 16u : 64u); k++)
            put_se(w, k % 2 ? 3 : -3);
    }
}

static void put_hrd(struct bit_writer *w)
{
    put_ue(w, 1);
    bit_writer_put(w, 8, 0x11);
    for (int i = 0; i < 2; i++) {
        put_ue(w, 100000);
        put_ue(w, 200000);
        bit_writer_put(w, 1, 1);
    }
    bit_writer_put(w, 20, 0x8c63f);
}

static void put_vui(struct bit_writer *w, const struct spec *s)
{
    bit_writer_put(w, 1, s->sar_idc != 0);
    if (s->sar_idc != 0)
        bit_writer_put(w, 8, s->sar_idc);
    if (s->sar_idc == 255) {
        bit_writer_put(w, 16, s->sar[0]);
        bit_writer_put(w, 16, s->sar[1]);
    }
    bit_writer_put(w, 2, 3); /* overscan_info, appropriate */
    bit_writer_put(w, 1, 1); /* video_signal_type */
    bit_writer_put(w, 5, 0x17);
    bit_writer_put(w, 24, 0x091009);
    bit_writer_put(w, 1, 1); /* chroma_loc_info */
    put_ue(w, 2);
    put_ue(w, 2);
    bit_writer_put(w, 1, s->scale != 0);
    if (s->scale != 0) {
        bit_writer_put(w, 32, s->units);
        bit_writer_put(w, 32, s->scale);
        bit_writer_put(w, 1, 1);
    }
    bit_writer_put(w, 1, s->hrd);
    if (s->hrd)
        put_hrd(w);
    bit_writer_put(w, 1, s->hrd);
    if (s->hrd) {
        put_hrd(w);
        bit_writer_put(w, 1, 0);
    }
    bit_writer_put(w, 1, 1); /* pic_struct_present_flag */
    bit_writer_put(w, 1, s->reorder_plus1 != 0);
    if (s->reorder_plus1 == 0)
        return;
    bit_writer_put(w, 1, 1);
    put_ues(w, (const uint32_t[]){2, 1, 16, 16, s->reorder_plus1 - 1, 16}, 6);
}

static struct nal write_sps(const struct spec *s, uint8_t out[512])
{
    uint8_t raw[512];
    struct bit_writer w;
    bit_writer_init(&w, raw, sizeof raw);
    bit_writer_put(&w, 8, 0x67);
    bit_writer_put(&w, 8, s->profile);
    bit_writer_put(&w, 8, s->constraints);
    bit_writer_put(&w, 8, 40);
    put_ue(&w, s->id);
    if (s->profile >= 100) {
        put_ue(&w, s->chroma);
        if (s->chroma == 3)
            bit_writer_put(&w, 1, s->separate_planes);
        put_ue(&w, 2); /* luma 10 bits */
        put_ue(&w, 1);
        bit_writer_put(&w, 1, 0);
        if (s->scaling)
            put_scaling(&w, s->chroma == 3 ? 12 : 8);
        else
            bit_writer_put(&w, 1, 0);
    }
    put_ue(&w, 4);
    put_ue(&w, s->poc_type);
    if (s->poc_type == 0)
        put_ue(&w, 4);
    if (s->poc_type == 1) {
        bit_writer_put(&w, 1, 0);
        put_se(&w, -1);
        put_se(&w, 1);
        put_ue(&w, 2);
        put_se(&w, 2);
        put_se(&w, -70000);
    }
    put_ue(&w, 4);
    bit_writer_put(&w, 1, 0);
    put_ue(&w, s->mbs_wide - 1);
    put_ue(&w, s->map_units - 1);
    bit_writer_put(&w, 1, !s->fields);
    if (s->fields)
        bit_writer_put(&w, 1, 1);
    bit_writer_put(&w, 1, 1);
    bool crop = s->crop[0] | s->crop[1] | s->crop[2] | s->crop[3];
    bit_writer_put(&w, 1, crop);
    if (crop)
        put_ues(&w, s->crop, 4);
    bit_writer_put(&w, 1, 1);
    if (!s->truncate)
        put_vui(&w, s);
    else
        bit_writer_put(&w, 12, 0x801); /* SAR idc 0, overscan_info and no more */
    return (struct nal){.data = out, .len = put_end(&w, out)};
}

static int parse(const struct spec *s, struct h264_sps *out)
{
    uint8_t bytes[512];
    struct nal nal = write_sps(s, bytes);
    return h264_sps_parse(&nal, out);
}

static void reads_past_every_optional_part(void **state)
{
    (void)state;
    struct spec spec = {.profile = 244,
                        .chroma = 3,
                        .scaling = true,
                        .poc_type = 1,
                        .hrd = true,
                        .mbs_wide = 120,
                        .map_units = 68,
                        .crop = {0, 0, 0, 8},
                        .id = 31,
                        .sar_idc = 255,
                        .sar = {64, 45},
                        .units = 1001,
                        .scale = 120000,
                        .reorder_plus1 = 4};
    struct h264_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.id, 31);
    assert_int_equal(sps.width, 1920);
    assert_int_equal(sps.height, 1080);
    assert_int_equal(sps.chroma_format, 3);
    assert_int_equal(sps.luma_depth, 10);
    assert_int_equal(sps.chroma_depth, 9);
    assert_int_equal(sps.reorder, 3);
    assert_int_equal(sps.vui.sar_num, 64);
    assert_int_equal(sps.vui.sar_den, 45);
    assert_int_equal(sps.vui.fps_num, 60000);
    assert_int_equal(sps.vui.fps_den, 1001);
    assert_int_equal(sps.vui.transfer, 16);
    assert_int_equal(sps.vui.primaries, 9);
    assert_int_equal(sps.vui.matrix, 9);
    assert_true(sps.vui.full_range);
    assert_false(sps.interlaced);
}

static void crops_in_the_units_of_its_chroma(void **state)
{
    (void)state;
    static const struct {
        uint8_t chroma;
        bool planes, fields;
        uint32_t width, height;
    } cases[] = {
        {0, false, false, 157, 153}, {1, false, false, 154, 146}, {2, false, false, 154, 153},
        {3, false, false, 157, 153}, {3, true, false, 157, 153},  {1, false, true, 154, 292},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spec spec = {.profile = 122,
                            .chroma = cases[i].chroma,
                            .mbs_wide = 10,
                            .map_units = 10,
                            .separate_planes = cases[i].planes,
                            .fields = cases[i].fields,
                            .crop = {1, 2, 3, 4}};
        struct h264_sps sps;
        assert_int_equal(parse(&spec, &sps), 0);
        assert_int_equal(sps.width, cases[i].width);
        assert_int_equal(sps.height, cases[i].height);
        assert_int_equal(sps.interlaced, cases[i].fields);
    }
}

static void reorder_is_inferred(void **state)
{
    (void)state;
    struct spec spec = {.profile = 77, .mbs_wide = 40, .map_units = 20};
    struct h264_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.reorder, VUI_REORDER_UNKNOWN);
    spec.poc_type = 2;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.reorder, 0);
    spec = (struct spec){.profile = 66, .mbs_wide = 40, .map_units = 20};
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.reorder, 0);
    spec = (struct spec){.profile = 110, .constraints = 0x10, .mbs_wide = 40, .map_units = 20};
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.reorder, 0);
    spec.constraints = 0;
    spec.reorder_plus1 = 18; /* over 16: not to be believed */
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.reorder, VUI_REORDER_UNKNOWN);
}

static void rates_that_cannot_be_are_not_said(void **state)
{
    (void)state;
    static const struct {
        uint32_t units, scale, num, den;
    } cases[] = {
        {1, 60, 30, 1},       {0, 60, 0, 0},  {1, 180000, 0, 0},
        {1, 600, 300, 1},     {1, 601, 0, 0}, {UINT32_MAX, 7, 0, 0},
        {1000, 50000, 25, 1}, {2, 1, 1, 4},   {UINT32_MAX, UINT32_MAX - 1, 2147483647, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spec spec = {.profile = 77,
                            .mbs_wide = 40,
                            .map_units = 20,
                            .units = cases[i].units,
                            .scale = cases[i].scale};
        struct h264_sps sps;
        assert_int_equal(parse(&spec, &sps), 0);
        assert_int_equal(sps.vui.fps_num, cases[i].num);
        assert_int_equal(sps.vui.fps_den, cases[i].den);
    }
}

static void a_vui_that_breaks_off_says_nothing(void **state)
{
    (void)state;
    struct spec spec = {.profile = 77, .mbs_wide = 40, .map_units = 20, .truncate = true};
    struct h264_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.width, 640);
    assert_int_equal(sps.vui.transfer, 2);
    assert_int_equal(sps.vui.fps_num, 0);
    assert_int_equal(sps.vui.sar_num, 1);
    assert_int_equal(sps.reorder, VUI_REORDER_UNKNOWN);
}

static void refuses_what_breaks_the_standard(void **state)
{
    (void)state;
    static const struct spec cases[] = {
        {.profile = 77, .mbs_wide = 1025, .map_units = 20},
        {.profile = 77, .mbs_wide = 40, .map_units = 1025},
        {.profile = 77, .mbs_wide = 40, .map_units = 600, .fields = true},
        {.profile = 77, .mbs_wide = 10, .map_units = 10, .crop = {40, 40, 0, 0}},
        {.profile = 77, .mbs_wide = 10, .map_units = 10, .crop = {0, 0, 16384, 16384}},
        {.profile = 77, .mbs_wide = 10, .map_units = 10, .id = 32},
        {.profile = 77, .mbs_wide = 10, .map_units = 10, .poc_type = 3},
        {.profile = 100, .mbs_wide = 10, .map_units = 10, .chroma = 4},
    };
    struct h264_sps sps;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(parse(&cases[i], &sps), -EINVAL);
    /* cut anywhere before the VUI */
    struct spec spec = {.profile = 100, .chroma = 1, .mbs_wide = 40, .map_units = 20};
    uint8_t bytes[512];
    struct nal nal = write_sps(&spec, bytes);
    for (nal.len = 0; nal.len < 11; nal.len++)
        assert_int_equal(h264_sps_parse(&nal, &sps), -EINVAL);
    assert_int_equal(h264_sps_parse(&nal, &sps), 0);
}

static void a_pps_names_its_sps(void **state)
{
    (void)state;
    static const uint8_t good[] = {0x68, 0x00, 0x80, 0x1a, 0xc0}; /* ids 255 and 5 */
    static const uint8_t far[] = {0x68, 0x00, 0x80, 0xbf, 0xff};  /* 256 */
    struct nal nal = {good, sizeof good};
    struct h264_pps pps;
    assert_int_equal(h264_pps_parse(&nal, &pps), 0);
    assert_int_equal(pps.id, 255);
    assert_int_equal(pps.sps_id, 5);
    nal.data = far;
    assert_int_equal(h264_pps_parse(&nal, &pps), -EINVAL);
    nal.len = 1;
    assert_int_equal(h264_pps_parse(&nal, &pps), -EINVAL);
}

static void facts_of_an_access_unit(void **state)
{
    (void)state;
    static const uint8_t aud[] = {9, 0xf0}, sps[] = {0x67, 1}, idr[] = {0x65, 0x88},
                         slice[] = {0x41, 0x9a}, broken[] = {0xe5, 0x88}, bare[] = {0x65};
    const struct nal idr_au[] = {{aud, 2}, {sps, 2}, {idr, 2}}, slice_au[] = {{aud, 2}, {slice, 2}};
    const struct nal odd[] = {{broken, 2}, {bare, 1}, {NULL, 0}};
    struct au_facts facts;
    codec_au_facts(CODEC_H264, idr_au, 3, &facts);
    assert_true(facts.has_picture && facts.idr && facts.has_parameters);
    codec_au_facts(CODEC_H264, slice_au, 2, &facts);
    assert_true(facts.has_picture && !facts.idr && !facts.has_parameters && facts.keyint == 0);
    codec_au_facts(CODEC_H264, odd, 3, &facts);
    assert_false(facts.has_picture || facts.idr);
}

static void what_starts_an_access_unit(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 32; type++) {
        const uint8_t first[] = {(uint8_t)(0x60 | type), 0x80}, later[] = {first[0], 0x40};
        const struct nal a = {first, 2}, b = {later, 2};
        bool vcl = type == 1 || type == 2 || type == 5;
        bool always = (type >= 6 && type <= 9) || (type >= 14 && type <= 18);
        assert_int_equal(codec_nal_starts_au(CODEC_H264, &a), vcl || always);
        assert_int_equal(codec_nal_starts_au(CODEC_H264, &b), always);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_past_every_optional_part),
        cmocka_unit_test(crops_in_the_units_of_its_chroma),
        cmocka_unit_test(reorder_is_inferred),
        cmocka_unit_test(rates_that_cannot_be_are_not_said),
        cmocka_unit_test(a_vui_that_breaks_off_says_nothing),
        cmocka_unit_test(refuses_what_breaks_the_standard),
        cmocka_unit_test(a_pps_names_its_sps),
        cmocka_unit_test(facts_of_an_access_unit),
        cmocka_unit_test(what_starts_an_access_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
