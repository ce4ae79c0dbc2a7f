/* Tests of the walk through AAC frames: real ones end where they end, and SBR is seen in them. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac_block.h"
#include "codecs/aac_tables.h"
#include "tests/unit/codecs/aac_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { HEADER = 7 };

static const struct frame {
    const uint8_t *data;
    size_t len;
    unsigned rate_index;
} FRAMES[] = {
    {AAC_LONG_96K, sizeof AAC_LONG_96K, 0},
    {AAC_OBS, sizeof AAC_OBS, 3},
    {AAC_SHORT, sizeof AAC_SHORT, 4},
};

static void codes_are_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= AAC_CODEBOOK_ESC; i++) {
        const struct aac_codebook *book = &AAC_CODEBOOKS[i];
        uint32_t kraft = 0, n = 0;
        for (unsigned len = 1; len <= AAC_CODE_BITS_MAX; len++) {
            kraft += (uint32_t)book->counts[len] << (AAC_CODE_BITS_MAX - len);
            n += book->counts[len];
        }
        assert_int_equal(kraft, 1u << AAC_CODE_BITS_MAX);
        if (book->extra != NULL)
            assert_int_equal(strlen(book->extra), n);
    }
}

static void bands_are_whole_quads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AAC_RATES; i++) {
        const struct aac_bands *bands[] = {&AAC_LONG_BANDS[i], &AAC_SHORT_BANDS[i]};
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(bands[k]->offsets[0], 0);
            assert_int_equal(bands[k]->offsets[bands[k]->count], k ? 128 : 1024);
            for (unsigned b = 0; b < bands[k]->count; b++) {
                assert_true(bands[k]->offsets[b] < bands[k]->offsets[b + 1]);
                assert_int_equal(bands[k]->offsets[b] % 4, 0);
            }
        }
    }
}

static void real_frames_end_in_their_last_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
        struct bits b;
        struct aac_block block;
        bits_init(&b, FRAMES[i].data + HEADER, FRAMES[i].len - HEADER);
        aac_block_read(&b, FRAMES[i].rate_index, &block);
        assert_true(block.whole);
        assert_false(block.sbr || block.has_pce);
        assert_true(bits_left(&b) < 8);
        /* and no shorter frame is whole */
        for (size_t cut = 1; cut < FRAMES[i].len - HEADER; cut++) {
            bits_init(&b, FRAMES[i].data + HEADER, FRAMES[i].len - HEADER - cut);
            aac_block_read(&b, FRAMES[i].rate_index, &block);
            assert_false(block.whole);
        }
    }
}

/* The frame with a fill element before its ID_END: `count` bytes of the extension type. */
static void walk_with_fill(const struct frame *f, unsigned count, unsigned type,
                           struct aac_block *out)
{
    uint8_t data[1024];
    struct bits b;
    struct bit_writer w;
    struct aac_block block;
    bits_init(&b, f->data + HEADER, f->len - HEADER);
    aac_block_read(&b, f->rate_index, &block);
    uint64_t end = bits_done(&b) - 3;
    bits_init(&b, f->data + HEADER, f->len - HEADER);
    bit_writer_init(&w, data, sizeof data);
    while (bits_done(&b) < end)
        bit_writer_put(&w, 1, bits_u(&b, 1));
    bit_writer_put(&w, 3, 6);
    bit_writer_put(&w, 4, count < 15 ? count : 15);
    if (count >= 15)
        bit_writer_put(&w, 8, count - 14);
    if (count > 0)
        bit_writer_put(&w, 4, type);
    for (unsigned i = 0; i + 4 < 8 * count; i++)
        bit_writer_put(&w, 1, 1);
    bit_writer_put(&w, 3, 7);
    bit_writer_align(&w);
    bits_init(&b, data, w.len);
    aac_block_read(&b, f->rate_index, out);
    assert_true(out->whole);
    assert_true(bits_left(&b) < 8);
}

static void sbr_is_seen_behind_real_spectra(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
        static const unsigned counts[] = {0, 1, 14, 15, 16, 269};
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            for (unsigned type = 0; type < 16; type++) {
                struct aac_block block;
                walk_with_fill(&FRAMES[i], counts[k], type, &block);
                assert_int_equal(block.sbr, counts[k] > 0 && (type == 13 || type == 14));
            }
        }
    }
}

static void other_elements_are_passed(void **state)
{
    (void)state;
    /* DSE aligned, of 2 bytes; DSE of 255 + 1; SCE and LFE of silence with TNS; END */
    uint8_t data[400] = {0};
    struct bit_writer w;
    bit_writer_init(&w, data, sizeof data);
    bit_writer_put(&w, 3 + 4, 4 << 4);
    bit_writer_put(&w, 1 + 8, 0x102);
    bit_writer_align(&w);
    bit_writer_put(&w, 16, 0xffff);
    bit_writer_put(&w, 3 + 4, 4 << 4 | 1);
    bit_writer_put(&w, 1 + 8, 0xff);
    bit_writer_put(&w, 8, 1);
    for (int i = 0; i < 256; i++)
        bit_writer_put(&w, 8, 0xff);
    for (int id = 0; id <= 3; id += 3) {
        bit_writer_put(&w, 3 + 4, (uint32_t)id << 4);
        bit_writer_put(&w, 8, 100);
        bit_writer_put(&w, 11, 0);    /* ics_info: a long window without bands */
        bit_writer_put(&w, 2, 1);     /* no pulse; tns */
        bit_writer_put(&w, 2 + 1, 2); /* one filter, coef_res 0 */
        bit_writer_put(&w, 6 + 5, 3); /* order 3 */
        bit_writer_put(&w, 1 + 1, 1); /* coef_compress */
        bit_writer_put(&w, 3 * 2, 0x3f);
        bit_writer_put(&w, 1, 0); /* no gain control */
    }
    bit_writer_put(&w, 3, 7);
    bit_writer_align(&w);
    struct bits b;
    struct aac_block block;
    bits_init(&b, data, w.len);
    aac_block_read(&b, 3, &block);
    assert_true(block.whole);
    assert_true(bits_left(&b) < 8);
    /* a coupling channel stops the walk */
    bits_init(&b, (const uint8_t *)"\x4f\xff\xff\xff", 4);
    aac_block_read(&b, 3, &block);
    assert_false(block.whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_complete),
        cmocka_unit_test(bands_are_whole_quads),
        cmocka_unit_test(real_frames_end_in_their_last_byte),
        cmocka_unit_test(sbr_is_seen_behind_real_spectra),
        cmocka_unit_test(other_elements_are_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
