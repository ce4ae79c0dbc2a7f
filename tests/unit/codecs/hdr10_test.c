/* Static HDR metadata: read from SEI, written into hvcC, and refused when it cannot be. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"
#include "codecs/hdr10.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/codecs/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What libx265 3.5 wrote for G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)
 * L(10000000,50) and max-cll 1000,400. */
static const uint8_t MASTERING[] = {0x4e, 0x01, 0x89, 0x18, 0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c,
                                    0x0b, 0xb8, 0x84, 0xd0, 0x3e, 0x80, 0x3d, 0x13, 0x40, 0x42,
                                    0x00, 0x98, 0x96, 0x80, 0x00, 0x00, 0x03, 0x00, 0x32, 0x80};
static const uint8_t LIGHT[] = {0x4e, 0x01, 0x90, 0x04, 0x03, 0xe8, 0x01, 0x90, 0x80};

static struct codec_sets sets;
static struct track_params params;

static size_t take_pq(struct nal *nals)
{
    size_t n = record_hvcc(HEVC_PQ_RECORD, nals);
    codec_sets_init(&sets, CODEC_HEVC);
    codec_sets_take(&sets, nals, n);
    return n;
}

static void reads_what_x265_writes(void **state)
{
    (void)state;
    struct nal nals[16];
    size_t n = take_pq(nals);
    uint64_t hash = sets.hash;
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_false(params.hdr10.has_mastering || params.hdr10.has_light);
    uint32_t plain = params.config_len;
    nals[n] = (struct nal){.data = MASTERING, .len = sizeof MASTERING};
    nals[n + 1] = (struct nal){.data = LIGHT, .len = sizeof LIGHT};
    assert_int_equal(codec_sets_take(&sets, nals + n, 2), 0);
    assert_true(sets.hash == hash); /* metadata alone is no new init segment */
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    const struct hdr10 *h = &params.hdr10;
    assert_true(h->has_mastering && h->has_light);
    static const uint16_t primaries[3][2] = {{13250, 34500}, {7500, 3000}, {34000, 16000}};
    assert_memory_equal(h->primaries, primaries, sizeof primaries);
    assert_int_equal(h->white[0], 15635);
    assert_int_equal(h->white[1], 16450);
    assert_int_equal(h->luminance_max, 10000000);
    assert_int_equal(h->luminance_min, 50);
    assert_int_equal(h->max_cll, 1000);
    assert_int_equal(h->max_fall, 400);
    /* hvcC: a fourth array, of two prefix SEI units that are the encoder's own, bit for bit */
    static const uint8_t array[] = {39, 0, 2};
    const uint8_t *at = params.config + plain;
    assert_int_equal(params.config[22], 4);
    assert_memory_equal(at, array, sizeof array);
    assert_int_equal(at[4], sizeof MASTERING);
    assert_memory_equal(at + 5, MASTERING, sizeof MASTERING);
    assert_memory_equal(at + 5 + sizeof MASTERING + 2, LIGHT, sizeof LIGHT);
    assert_int_equal(params.config_len, plain + 3 + 4 + sizeof MASTERING + sizeof LIGHT);
}

static void one_of_the_two(void **state)
{
    (void)state;
    struct nal nals[16], light = {.data = LIGHT, .len = sizeof LIGHT};
    take_pq(nals);
    codec_sets_take(&sets, &light, 1);
    assert_int_equal(codec_sets_params(&sets, &params), 0);
    assert_true(params.hdr10.has_light && !params.hdr10.has_mastering);
    assert_int_equal(params.config[22], 4);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    struct hdr10 h = {0};
    struct sei_message m = {.type = SEI_MASTERING_DISPLAY, .len = 24};
    hdr10_take(&h, &m); /* the brightest is not brighter than the darkest */
    assert_false(h.has_mastering);
    m.data[18] = 1;
    m.data[0] = 0xff; /* an x over 1.0 */
    hdr10_take(&h, &m);
    assert_false(h.has_mastering);
    m.data[0] = 0;
    m.len = 23;
    hdr10_take(&h, &m);
    assert_false(h.has_mastering);
    m.len = 24;
    hdr10_take(&h, &m);
    assert_true(h.has_mastering);
    m = (struct sei_message){.type = SEI_CONTENT_LIGHT, .len = 3};
    hdr10_take(&h, &m);
    assert_false(h.has_light);
}

static void zeros_are_escaped(void **state)
{
    (void)state;
    struct hdr10 h = {.has_mastering = true, .has_light = true, .luminance_max = 1};
    uint8_t out[HDR10_UNITS_BYTES];
    size_t len;
    assert_int_equal(hdr10_write_units(&h, out, &len), 2);
    assert_true(len <= sizeof out);
    size_t first = (size_t)(out[0] << 8 | out[1]);
    struct sei_reader r;
    struct sei_message m;
    for (size_t i = 4; i + 2 < 2 + first; i++)
        assert_false(out[i] == 0 && out[i + 1] == 0 && out[i + 2] < 3);
    sei_reader_init(&r, out + 4, first - 2);
    assert_true(sei_next(&r, &m));
    assert_int_equal(m.type, SEI_MASTERING_DISPLAY);
    assert_int_equal(m.len, 24);
    assert_int_equal(m.data[19], 1);
    assert_false(sei_next(&r, &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_x265_writes),
        cmocka_unit_test(one_of_the_two),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(zeros_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
