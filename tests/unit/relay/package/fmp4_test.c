/* The init segment's colour boxes: colr, mdcv and clli are what the parameters say, or not there.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/package/fmp4.h"
#include "tests/unit/codecs/clips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t init[16384];
static size_t init_len;

static int no_bytes(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    (void)len;
    return 0;
}

static struct track_params pq(void)
{
    struct track_params p = {.codec = CODEC_HEVC,
                             .width = 320,
                             .height = 180,
                             .sar_num = 1,
                             .sar_den = 1,
                             .primaries = 9,
                             .transfer = 16,
                             .matrix = 9,
                             .config_len = sizeof HEVC_PQ_RECORD};

    memcpy(p.config, HEVC_PQ_RECORD, sizeof HEVC_PQ_RECORD);
    return p;
}

static void make(const struct track_params *p)
{
    struct fmp4 *f;

    assert_int_equal(fmp4_new(&f, p, "", init, sizeof init, &init_len, no_bytes, NULL), 0);
    fmp4_free(&f);
}

/* The body of the only box of that type, or NULL. */
static const uint8_t *body(const char *type)
{
    const uint8_t *at = memmem(init, init_len, type, 4);

    return at ? at + 4 : NULL;
}

static void colour_follows_the_vui(void **state)
{
    struct track_params p = pq();

    (void)state;
    make(&p);
    assert_non_null(body("colr"));
    assert_memory_equal(body("colr"), "nclx\0\x09\0\x10\0\x09\0", 11);
    assert_null(body("mdcv"));
    assert_null(body("clli"));
    p.full_range = true;
    p.transfer = 18;
    make(&p);
    assert_memory_equal(body("colr"), "nclx\0\x09\0\x12\0\x09\x80", 11);
    p.primaries = p.transfer = p.matrix = 2; /* said by nobody */
    make(&p);
    assert_null(body("colr"));
}

/* ISO/IEC 14496-12 12.1.6: green, blue, red in 0.00002, luminances in 0.0001 cd/m2. */
static void static_hdr_metadata(void **state)
{
    static const uint8_t mdcv[24] = {0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8,
                                     0x84, 0xd0, 0x3e, 0x80, 0x3d, 0x13, 0x40, 0x42,
                                     0x00, 0x98, 0x96, 0x80, 0x00, 0x00, 0x00, 0x32};
    struct track_params p = pq();

    (void)state;
    p.hdr10 = (struct hdr10){.has_mastering = true,
                             .has_light = true,
                             .primaries = {{13250, 34500}, {7500, 3000}, {34000, 16000}},
                             .white = {15635, 16450},
                             .luminance_max = 10000000,
                             .luminance_min = 50,
                             .max_cll = 1000,
                             .max_fall = 400};
    make(&p);
    assert_non_null(body("mdcv"));
    assert_memory_equal(body("mdcv"), mdcv, sizeof mdcv);
    assert_non_null(body("clli"));
    assert_memory_equal(body("clli"), "\x03\xe8\x01\x90", 4);
    p.hdr10.has_mastering = false;
    make(&p);
    assert_null(body("mdcv"));
    assert_non_null(body("clli"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_follows_the_vui),
        cmocka_unit_test(static_hdr_metadata),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
