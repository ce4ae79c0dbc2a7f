/* Tests of HEVC parameter sets that encoders on hand do not write, and of NAL unit kinds. */
/* SPDX-License-Identifier: MIT */
#include "codecs/hevc.h"
#include "tests/unit/codecs/put.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What a case says of an SPS; zero is the plain choice. */
struct spec {
    unsigned sub_layers_minus1;
    uint32_t id, chroma, width, height, depth_minus8;
    bool separate_planes, scaling, pcm, sets, long_term, hrd, field_seq, truncate, ordering;
    uint8_t source; /* progressive, interlaced */
    uint32_t window[4];
};

static void put_ptl(struct bit_writer *w, unsigned sub_layers_minus1, uint8_t source)
{
    bit_writer_put(w, 8, 0x22); /* high tier, Main 10 */
    bit_writer_put(w, 32, 0x20000000);
    bit_writer_put(w, 2, source);
    bit_writer_put(w, 30, 0x10000001);
    bit_writer_put(w, 16, 0);
    bit_writer_put(w, 8, 153);
    if (sub_layers_minus1 == 0)
        return;
    unsigned with = 0;
    for (unsigned i = 0; i < 8; i++) {
        bool present = i < sub_layers_minus1;
        bit_writer_put(w, 2, present ? 3 - i % 2 : 0); /* 3: profile and level; 2: profile only */
        with += present;
    }
    for (unsigned i = 0; i < with; i++)
        for (unsigned k = 0; k < (i % 2 ? 11u : 12u); k++)
            bit_writer_put(w, 8, 0xff);
}

static void put_scaling(struct bit_writer *w)
{
    for (unsigned size = 0; size < 4; size++) {
        for (unsigned m = 0; m < (size == 3 ? 2u : 6u); m++) {
            bit_writer_put(w, 1, m != 1);
            if (m == 1) {
                put_ue(w, 1);
                continue;
            }
            if (size > 1)
                put_se(w, 8);
            for (unsigned k = 0; k < (size == 0 ? 16u : 64u); k++)
                put_se(w, k % 3 ? 1 : -2);
        }
    }
}

/* Three sets: listed (2 pictures), predicted (keeps 2 of 3), predicted from that. */
static void put_ref_pic_sets(struct bit_writer *w)
{
    put_ue(w, 3);
    put_ue(w, 1);
    put_ue(w, 1);
    for (int i = 0; i < 2; i++) {
        put_ue(w, 0);
        bit_writer_put(w, 1, 1);
    }
    bit_writer_put(w, 1, 1);
    bit_writer_put(w, 1, 0);
    put_ue(w, 0);
    bit_writer_put(w, 1, 1); /* used */
    bit_writer_put(w, 2, 0); /* neither used nor delta */
    bit_writer_put(w, 2, 1); /* delta only */
    bit_writer_put(w, 1, 1);
    bit_writer_put(w, 1, 1);
    put_ue(w, 3);
    bit_writer_put(w, 3, 7);
}

static void put_sub_layer_hrd(struct bit_writer *w, unsigned cpbs)
{
    for (unsigned i = 0; i < cpbs; i++) {
        put_ues(w, (const uint32_t[]){1000, 2000, 3000, 4000}, 4);
        bit_writer_put(w, 1, 0);
    }
}

static void put_hrd(struct bit_writer *w, unsigned sub_layers)
{
    bit_writer_put(w, 3, 7); /* nal, vcl, sub_pic */
    bit_writer_put(w, 19, 0x2aaaa);
    bit_writer_put(w, 8, 0x34);
    bit_writer_put(w, 4, 5);
    bit_writer_put(w, 15, 0x1235);
    for (unsigned i = 0; i < sub_layers; i++) {
        unsigned cpbs = 1;
        if (i == 0) {
            bit_writer_put(w, 2, 0); /* not fixed */
            bit_writer_put(w, 1, 1); /* low_delay: no cpb_cnt */
        } else {
            bit_writer_put(w, i == 1 ? 1 : 2, 1); /* fixed: in general, or in the CVS only */
            put_ue(w, 0);
            cpbs = 2;
            put_ue(w, cpbs - 1);
        }
        put_sub_layer_hrd(w, cpbs);
        put_sub_layer_hrd(w, cpbs);
    }
}

static void put_vui(struct bit_writer *w, const struct spec *s)
{
    bit_writer_put(w, 9, 0x102); /* aspect_ratio_idc 2 */
    bit_writer_put(w, 1, 0);
    bit_writer_put(w, 6, 0x29); /* video_signal_type, video range, colour_description */
    bit_writer_put(w, 24, 0x091209);
    bit_writer_put(w, 1, 0);
    bit_writer_put(w, 1, 0);
    bit_writer_put(w, 1, s->field_seq);
    bit_writer_put(w, 1, 1);
    bit_writer_put(w, 1, 1); /* default_display_window */
    put_ues(w, (const uint32_t[]){1, 2, 3, 4}, 4);
    bit_writer_put(w, 1, 1);
    bit_writer_put(w, 32, 1001);
    bit_writer_put(w, 32, 60000);
    bit_writer_put(w, 1, 1);
    put_ue(w, 7);
    bit_writer_put(w, 1, s->hrd);
    if (s->hrd)
        put_hrd(w, s->sub_layers_minus1 + 1);
    bit_writer_put(w, 4, 0x9);
    put_ues(w, (const uint32_t[]){300, 2, 1, 15, 15}, 5);
}

static void put_tools(struct bit_writer *w, const struct spec *s)
{
    put_ues(w, (const uint32_t[]){0, 3, 0, 3, 1, 1}, 6);
    bit_writer_put(w, 1, s->scaling);
    if (s->scaling) {
        bit_writer_put(w, 1, 1);
        put_scaling(w);
    }
    bit_writer_put(w, 2, 3);
    bit_writer_put(w, 1, s->pcm);
    if (s->pcm) {
        bit_writer_put(w, 8, 0x77);
        put_ue(w, 0);
        put_ue(w, 1);
        bit_writer_put(w, 1, 1);
    }
    if (s->sets)
        put_ref_pic_sets(w);
    else
        put_ue(w, 0);
    bit_writer_put(w, 1, s->long_term);
    if (s->long_term) {
        put_ue(w, 2);
        bit_writer_put(w, 18, 0x15555); /* two of 8 + 1 bits */
    }
    bit_writer_put(w, 2, 3);
}

static struct nal write_sps(const struct spec *s, uint8_t out[2048])
{
    uint8_t raw[1024];
    struct bit_writer w;
    bit_writer_init(&w, raw, sizeof raw);
    bit_writer_put(&w, 16, 0x4201);
    bit_writer_put(&w, 4, 3);
    bit_writer_put(&w, 3, s->sub_layers_minus1);
    bit_writer_put(&w, 1, 1);
    put_ptl(&w, s->sub_layers_minus1, s->source);
    put_ue(&w, s->id);
    put_ue(&w, s->chroma);
    if (s->chroma == 3)
        bit_writer_put(&w, 1, s->separate_planes);
    put_ue(&w, s->width);
    put_ue(&w, s->height);
    bool window = s->window[0] | s->window[1] | s->window[2] | s->window[3];
    bit_writer_put(&w, 1, window);
    if (window)
        put_ues(&w, s->window, 4);
    put_ue(&w, s->depth_minus8);
    put_ue(&w, s->depth_minus8);
    put_ue(&w, 4);
    bit_writer_put(&w, 1, s->ordering);
    for (unsigned i = s->ordering ? 0 : s->sub_layers_minus1; i <= s->sub_layers_minus1; i++)
        put_ues(&w, (const uint32_t[]){5, i, 0}, 3);
    put_tools(&w, s);
    bit_writer_put(&w, 1, 1);
    if (!s->truncate)
        put_vui(&w, s);
    return (struct nal){.data = out, .len = put_end(&w, out)};
}

static int parse(const struct spec *s, struct hevc_sps *out)
{
    uint8_t bytes[2048];
    struct nal nal = write_sps(s, bytes);
    return hevc_sps_parse(&nal, out);
}

static void reads_past_every_optional_part(void **state)
{
    (void)state;
    struct spec spec = {.sub_layers_minus1 = 3,
                        .id = 15,
                        .chroma = 1,
                        .width = 1920,
                        .height = 1088,
                        .depth_minus8 = 2,
                        .scaling = true,
                        .pcm = true,
                        .sets = true,
                        .long_term = true,
                        .hrd = true,
                        .ordering = true,
                        .source = 2,
                        .window = {0, 0, 0, 4}};
    struct hevc_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.id, 15);
    assert_int_equal(sps.vps_id, 3);
    assert_int_equal(sps.sub_layers, 4);
    assert_true(sps.temporal_id_nested);
    assert_int_equal(sps.width, 1920);
    assert_int_equal(sps.height, 1080);
    assert_int_equal(sps.luma_depth, 10);
    assert_int_equal(sps.reorder, 3);
    assert_true(sps.ptl.high_tier);
    assert_int_equal(sps.ptl.profile, 2);
    assert_int_equal(sps.ptl.level, 153);
    assert_int_equal(sps.ptl.compatibility, 0x20000000);
    assert_memory_equal(sps.ptl.constraints, "\x90\x00\x00\x01\x00\x00", 6);
    assert_int_equal(sps.vui.sar_num, 12);
    assert_int_equal(sps.vui.transfer, 18);
    assert_int_equal(sps.vui.fps_num, 60000);
    assert_int_equal(sps.vui.fps_den, 1001);
    assert_int_equal(sps.vui.min_spatial_segmentation, 300);
    assert_false(sps.interlaced || sps.vui.full_range);
}

static void one_ordering_may_stand_for_all_sub_layers(void **state)
{
    (void)state;
    struct spec spec = {.sub_layers_minus1 = 2, .chroma = 1, .width = 640, .height = 360};
    struct hevc_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.sub_layers, 3);
    assert_int_equal(sps.reorder, 2);
    assert_int_equal(sps.vui.fps_num, 60000);
}

static void window_is_in_chroma_units(void **state)
{
    (void)state;
    static const struct {
        uint32_t chroma;
        bool planes;
        uint32_t width, height;
    } cases[] = {{0, false, 157, 153},
                 {1, false, 154, 146},
                 {2, false, 154, 153},
                 {3, false, 157, 153},
                 {3, true, 157, 153}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spec spec = {.chroma = cases[i].chroma,
                            .separate_planes = cases[i].planes,
                            .width = 160,
                            .height = 160,
                            .window = {1, 2, 3, 4}};
        struct hevc_sps sps;
        assert_int_equal(parse(&spec, &sps), 0);
        assert_int_equal(sps.width, cases[i].width);
        assert_int_equal(sps.height, cases[i].height);
        assert_int_equal(sps.chroma_format, cases[i].chroma);
    }
}

static void interlaced_by_fields_or_by_its_source(void **state)
{
    (void)state;
    struct spec spec = {.chroma = 1, .width = 64, .height = 64, .source = 2, .field_seq = true};
    struct hevc_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_true(sps.interlaced);
    spec.field_seq = false;
    spec.source = 1;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_true(sps.interlaced);
    spec.source = 3; /* either: each picture says for itself */
    assert_int_equal(parse(&spec, &sps), 0);
    assert_false(sps.interlaced);
}

static void a_vui_that_breaks_off_says_nothing(void **state)
{
    (void)state;
    struct spec spec = {.chroma = 1, .width = 640, .height = 360, .truncate = true};
    struct hevc_sps sps;
    assert_int_equal(parse(&spec, &sps), 0);
    assert_int_equal(sps.width, 640);
    assert_int_equal(sps.vui.transfer, 2);
    assert_int_equal(sps.vui.fps_num, 0);
    assert_int_equal(sps.vui.min_spatial_segmentation, 0);
}

static void refuses_what_breaks_the_standard(void **state)
{
    (void)state;
    static const struct spec cases[] = {
        {.chroma = 4, .width = 64, .height = 64},
        {.chroma = 1, .width = 0, .height = 64},
        {.chroma = 1, .width = 64, .height = 16385},
        {.chroma = 1, .width = 64, .height = 64, .window = {0, 32, 0, 0}},
        {.chroma = 1, .width = 64, .height = 64, .depth_minus8 = 9},
        {.chroma = 1, .width = 64, .height = 64, .id = 16},
        {.chroma = 1, .width = 64, .height = 64, .sub_layers_minus1 = 7},
    };
    struct hevc_sps sps;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(parse(&cases[i], &sps), -EINVAL);
    struct spec spec = {.chroma = 1, .width = 640, .height = 360};
    uint8_t bytes[2048];
    struct nal nal = write_sps(&spec, bytes);
    for (nal.len = 0; nal.len < 28; nal.len++)
        assert_int_equal(hevc_sps_parse(&nal, &sps), -EINVAL);
}

static void a_vps_may_have_the_rate(void **state)
{
    (void)state;
    uint8_t raw[128], out[256];
    struct bit_writer w;
    bit_writer_init(&w, raw, sizeof raw);
    bit_writer_put(&w, 16, 0x4001);
    bit_writer_put(&w, 4, 7);
    bit_writer_put(&w, 8, 0xc0);
    bit_writer_put(&w, 3, 1);
    bit_writer_put(&w, 17, 0x1ffff);
    put_ptl(&w, 1, 2);
    bit_writer_put(&w, 1, 1);
    put_ues(&w, (const uint32_t[]){4, 2, 0, 4, 2, 0}, 6);
    bit_writer_put(&w, 6, 1);
    put_ue(&w, 2);
    bit_writer_put(&w, 4, 5); /* two layer sets of two flags */
    bit_writer_put(&w, 1, 1);
    bit_writer_put(&w, 32, 1);
    bit_writer_put(&w, 32, 50);
    bit_writer_put(&w, 1, 0);
    struct nal nal = {out, put_end(&w, out)};
    struct hevc_vps vps;
    assert_int_equal(hevc_vps_parse(&nal, &vps), 0);
    assert_int_equal(vps.id, 7);
    assert_int_equal(vps.fps_num, 50);
    assert_int_equal(vps.fps_den, 1);
    nal.len = 20;
    assert_int_equal(hevc_vps_parse(&nal, &vps), -EINVAL);
}

static void a_pps_says_how_it_may_be_split(void **state)
{
    (void)state;
    for (unsigned split = 0; split < 4; split++) {
        uint8_t raw[64], out[128];
        struct bit_writer w;
        bit_writer_init(&w, raw, sizeof raw);
        bit_writer_put(&w, 16, 0x4401);
        put_ue(&w, 63);
        put_ue(&w, 15);
        bit_writer_put(&w, 7, 0x55);
        put_ue(&w, 3);
        put_ue(&w, 0);
        put_se(&w, -26);
        bit_writer_put(&w, 3, 1); /* ..., cu_qp_delta_enabled_flag */
        put_ue(&w, 1);
        put_se(&w, -12);
        put_se(&w, 12);
        bit_writer_put(&w, 4, 0xa);
        bit_writer_put(&w, 2, split);
        struct nal nal = {out, put_end(&w, out)};
        struct hevc_pps pps;
        assert_int_equal(hevc_pps_parse(&nal, &pps), 0);
        assert_int_equal(pps.id, 63);
        assert_int_equal(pps.sps_id, 15);
        assert_int_equal(pps.tiles, split >> 1);
        assert_int_equal(pps.wavefront, split & 1);
    }
}

static void only_sound_units_of_the_base_layer_count(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[3];
        size_t len;
        unsigned type;
    } cases[] = {
        {{0x26, 0x01, 0x80}, 3, HEVC_NAL_IDR_W_RADL}, {{0x26, 0x01, 0x80}, 2, HEVC_NAL_NONE},
        {{0xa6, 0x01, 0x80}, 3, HEVC_NAL_NONE},       {{0x27, 0x01, 0x80}, 3, HEVC_NAL_NONE},
        {{0x26, 0x09, 0x80}, 3, HEVC_NAL_NONE},       {{0x26, 0x00, 0x80}, 3, HEVC_NAL_NONE},
        {{0x26, 0x07, 0x80}, 3, HEVC_NAL_IDR_W_RADL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nal nal = {cases[i].bytes, cases[i].len};
        struct au_facts facts;
        assert_int_equal(hevc_nal_type(&nal), cases[i].type);
        codec_au_facts(CODEC_HEVC, &nal, 1, &facts);
        assert_int_equal(facts.idr, cases[i].type != HEVC_NAL_NONE);
    }
}

static void each_type_by_the_standards_table(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 64; type++) {
        const uint8_t first[] = {(uint8_t)(type << 1), 1, 0x80}, later[] = {first[0], 1, 0x40};
        const struct nal a = {first, 3}, b = {later, 3};
        bool vcl = type <= 9 || (type >= 16 && type <= 21);
        bool always = (type >= 32 && type <= 35) || type == 39 || (type >= 41 && type <= 44) ||
                      (type >= 48 && type <= 55);
        struct au_facts facts;
        codec_au_facts(CODEC_HEVC, &a, 1, &facts);
        assert_int_equal(facts.has_picture, vcl);
        assert_int_equal(facts.idr, type == 19 || type == 20); /* not CRA, not BLA */
        assert_int_equal(facts.has_parameters, type >= 32 && type <= 34);
        assert_int_equal(codec_nal_starts_au(CODEC_HEVC, &a), vcl || always);
        assert_int_equal(codec_nal_starts_au(CODEC_HEVC, &b), always);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_past_every_optional_part),
        cmocka_unit_test(one_ordering_may_stand_for_all_sub_layers),
        cmocka_unit_test(window_is_in_chroma_units),
        cmocka_unit_test(interlaced_by_fields_or_by_its_source),
        cmocka_unit_test(a_vui_that_breaks_off_says_nothing),
        cmocka_unit_test(refuses_what_breaks_the_standard),
        cmocka_unit_test(a_vps_may_have_the_rate),
        cmocka_unit_test(a_pps_says_how_it_may_be_split),
        cmocka_unit_test(only_sound_units_of_the_base_layer_count),
        cmocka_unit_test(each_type_by_the_standards_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
