/* AC-3 and E-AC-3: real heads, access units of many substreams, and what is none. */
/* SPDX-License-Identifier: MIT */
#include "codecs/ac3.h"
#include "codecs/bits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of FFmpeg's encoders: 32 kHz mono at 32 kbit/s; 5.1 at 448 kbit/s, its fscod changed from 44.1 to
 * 48 kHz; E-AC-3 44.1 kHz stereo at 64 kbit/s. */
static const uint8_t MONO[] = {0x0b, 0x77, 0xbc, 0xb4, 0x80, 0x40, 0x2f, 0x84};
static const uint8_t SURROUND[] = {0x0b, 0x77, 0x0d, 0xce, 0x1e, 0x40, 0xeb, 0xf8};
static const uint8_t STEREO[] = {0x0b, 0x77, 0x00, 0x8a, 0x74, 0x87, 0xc0, 0x00};

static struct track_params params;
static uint8_t stream[65536];

static void heads_of_real_frames(void **state)
{
    (void)state;
    struct ac3_frame f;
    assert_int_equal(ac3_parse(MONO, sizeof MONO, &f), 0);
    assert_int_equal(f.sample_rate, 32000);
    assert_int_equal(f.bytes, 192); /* 32000 bit/s, 1536 samples */
    assert_int_equal(f.acmod, 1);
    assert_false(f.lfeon);
    assert_int_equal(ac3_parse(SURROUND, sizeof SURROUND, &f), 0);
    assert_int_equal(f.sample_rate, 48000);
    assert_int_equal(f.bytes, 1792);
    assert_int_equal(f.acmod, 7);
    assert_true(f.lfeon);
    assert_int_equal(eac3_parse(STEREO, sizeof STEREO, &f), 0);
    assert_int_equal(f.bytes, 278);
    assert_int_equal(f.blocks, 6);
    assert_int_equal(f.bsid, 16);
    assert_int_equal(f.sample_rate, 44100);
    for (size_t len = 0; len < 8; len++)
        assert_int_equal(ac3_parse(MONO, len, &f), -EAGAIN);
}

static void every_ac3_size(void **state)
{
    (void)state;
    uint8_t head[8];
    struct ac3_frame f;
    memcpy(head, SURROUND, sizeof head);
    for (unsigned code = 0; code < 64; code++) {
        for (unsigned fscod = 0; fscod < 4; fscod++) {
            head[4] = (uint8_t)(fscod << 6 | code);
            int rc = ac3_parse(head, sizeof head, &f);
            assert_int_equal(rc, code < 38 && fscod < 3 ? 0 : -EINVAL);
        }
    }
    /* Table 4.13 at 44.1 kHz: 69 and 70 words for 32 kbit/s, 1393 and 1394 for 640 */
    static const struct {
        uint8_t code;
        uint32_t bytes;
    } at_44100[] = {{0, 138}, {1, 140}, {36, 2786}, {37, 2788}};
    for (size_t i = 0; i < 4; i++) {
        head[4] = (uint8_t)(1 << 6 | at_44100[i].code);
        assert_int_equal(ac3_parse(head, sizeof head, &f), 0);
        assert_int_equal(f.bytes, at_44100[i].bytes);
    }
    head[4] = SURROUND[4];
    for (unsigned bsid = 0; bsid < 32; bsid++) {
        head[5] = (uint8_t)(bsid << 3);
        assert_int_equal(ac3_parse(head, sizeof head, &f), bsid <= 8 ? 0 : -EINVAL);
    }
}

static void an_ac3_track(void **state)
{
    (void)state;
    memset(stream, 0, 1792);
    memcpy(stream, SURROUND, sizeof SURROUND);
    assert_int_equal(ac3_params(0, stream, 1791, &params), -EINVAL);
    assert_int_equal(ac3_params(0, stream, 1792, &params), 0);
    assert_string_equal(params.rfc6381, "ac-3");
    assert_int_equal(params.channels, 6);
    assert_int_equal(params.frame_samples, 1536);
    assert_int_equal(params.config_len, 3);
    assert_memory_equal(params.config, "\x10\x3d\xe0", 3);
}

/* One syncframe with as little bsi as there can be. */
struct made {
    unsigned type, id, blocks_code, acmod, lfe, bytes;
    int chanmap;    /* -1: none */
    int bsmod, joc; /* -1: not said */
};

static size_t put(uint8_t *out, const struct made *m)
{
    struct bit_writer w;
    memset(out, 0, m->bytes);
    bit_writer_init(&w, out, m->bytes);
    bit_writer_put(&w, 16, 0x0b77);
    bit_writer_put(&w, 2, m->type);
    bit_writer_put(&w, 3, m->id);
    bit_writer_put(&w, 11, m->bytes / 2 - 1);
    bit_writer_put(&w, 2, 0);
    bit_writer_put(&w, 2, m->blocks_code);
    bit_writer_put(&w, 3, m->acmod);
    bit_writer_put(&w, 1, m->lfe);
    bit_writer_put(&w, 5, 16);
    for (unsigned i = 0; i < (m->acmod == 0 ? 2u : 1u); i++)
        bit_writer_put(&w, 6, 31 << 1); /* dialnorm, compre */
    if (m->type == 1) {
        bit_writer_put(&w, 1, m->chanmap >= 0);
        if (m->chanmap >= 0)
            bit_writer_put(&w, 16, (uint32_t)m->chanmap);
    }
    bit_writer_put(&w, 1, 0); /* mixmdate */
    bit_writer_put(&w, 1, m->bsmod >= 0);
    if (m->bsmod >= 0) {
        bit_writer_put(&w, 3, (uint32_t)m->bsmod);
        bit_writer_put(&w, 2, 0);
        if (m->acmod == 2)
            bit_writer_put(&w, 4, 0);
        if (m->acmod >= 6)
            bit_writer_put(&w, 2, 0);
        bit_writer_put(&w, m->acmod == 0 ? 2 : 1, 0);
        bit_writer_put(&w, 1, 0); /* sourcefscod */
    }
    if (m->type == 0 && m->blocks_code != 3)
        bit_writer_put(&w, 1, 0); /* convsync */
    bit_writer_put(&w, 1, m->joc >= 0);
    if (m->joc >= 0) {
        bit_writer_put(&w, 6, 1);
        bit_writer_put(&w, 8, 1);
        bit_writer_put(&w, 8, (uint32_t)m->joc);
    }
    bit_writer_align(&w);
    return m->bytes;
}

static void units_end_after_six_blocks(void **state)
{
    (void)state;
    static const struct {
        unsigned code, frames;
    } cases[] = {{3, 1}, {2, 2}, {1, 3}, {0, 6}};
    struct eac3_unit u;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made m = {0, 0, cases[i].code, 2, 0, 64, -1, -1, -1};
        size_t len = 0;
        for (unsigned k = 0; k < 2 * cases[i].frames; k++)
            len += put(stream + len, &m);
        assert_int_equal(eac3_unit_read(stream, len, &u), 0);
        assert_int_equal(u.bytes, 64 * cases[i].frames);
        for (size_t cut = 0; cut < 64 * cases[i].frames; cut++)
            assert_int_equal(eac3_unit_read(stream, cut, &u), -EAGAIN);
        assert_int_equal(eac3_unit_read(stream, 64 * cases[i].frames, &u), 0);
        /* part of a next sync word: it may be a dependent substream's */
        assert_int_equal(eac3_unit_read(stream, 64 * cases[i].frames + 1, &u), -EAGAIN);
        stream[64 * cases[i].frames] = 0xff;
        assert_int_equal(eac3_unit_read(stream, 64 * cases[i].frames + 1, &u), 0);
    }
}

static void dependent_substreams_belong_to_the_unit(void **state)
{
    (void)state;
    /* 7.1: 5.1 and a dependent stereo pair Lrs/Rrs (chanmap bit 6), twice over */
    struct made main = {0, 0, 3, 7, 1, 128, -1, 2, -1};
    struct made pair = {1, 0, 3, 2, 0, 96, 1 << (15 - 6), -1, 14};
    size_t len = 0;
    for (int i = 0; i < 2; i++) {
        len += put(stream + len, &main);
        len += put(stream + len, &pair);
    }
    struct audio_frame f;
    assert_int_equal(eac3_frame_read(stream, len, &f), 0);
    assert_int_equal(f.bytes, 224);
    assert_int_equal(f.samples, 1536);
    assert_int_equal(eac3_params(0, stream, 224, &params), 0);
    assert_string_equal(params.rfc6381, "ec-3");
    assert_int_equal(params.channels, 8);
    /* 56 kbit/s, one program: fscod 0, bsid 16, bsmod 2, acmod 7, lfe; one dependent, chan_loc
     * bit 1; then joint object coding of complexity 14 */
    static const uint8_t dec3[] = {0x01, 0xc0, 0x20, 0x2f, 0x02, 0x02, 0x01, 0x0e};
    assert_int_equal(params.config_len, sizeof dec3);
    assert_memory_equal(params.config, dec3, sizeof dec3);
    uint64_t identity = f.identity;
    assert_int_equal(eac3_frame_read(stream, 128, &f), 0); /* without it, another track */
    assert_true(f.identity != identity);
}

static void several_programs(void **state)
{
    (void)state;
    struct made first = {0, 0, 3, 2, 0, 64, -1, -1, -1}, second = {0, 1, 3, 1, 0, 64, -1, 5, -1};
    size_t len = put(stream, &first);
    len += put(stream + len, &second);
    struct eac3_unit u;
    assert_int_equal(eac3_unit_read(stream, len, &u), 0);
    assert_int_equal(u.programs, 2);
    assert_int_equal(u.bytes, 128);
    assert_int_equal(eac3_params(0, stream, len, &params), 0);
    assert_int_equal(params.channels, 2);
    assert_int_equal(params.config_len, 2 + 3 + 3);
    assert_int_equal(params.config[1] & 7, 1);
}

static void what_is_no_unit(void **state)
{
    (void)state;
    static const struct made bad[][2] = {
        {{1, 0, 3, 2, 0, 64, -1, -1, -1}, {0, 0, 3, 2, 0, 64, -1, -1, -1}}, /* dependent first */
        {{0, 1, 3, 2, 0, 64, -1, -1, -1}, {0, 0, 3, 2, 0, 64, -1, -1, -1}}, /* id 1 first */
        {{3, 0, 3, 2, 0, 64, -1, -1, -1}, {0, 0, 3, 2, 0, 64, -1, -1, -1}}, /* reserved type */
        {{0, 0, 2, 2, 0, 64, -1, -1, -1}, {0, 0, 3, 2, 0, 64, -1, -1, -1}}, /* 3 + 6 blocks */
        {{0, 0, 2, 2, 0, 64, -1, -1, -1}, {0, 2, 2, 2, 0, 64, -1, -1, -1}}, /* id 1 left out */
        {{0, 0, 2, 2, 0, 64, -1, -1, -1}, {1, 1, 2, 2, 0, 64, -1, -1, -1}},
    };
    struct eac3_unit u;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = put(stream, &bad[i][0]);
        len += put(stream + len, &bad[i][1]);
        assert_int_equal(eac3_unit_read(stream, len, &u), -EINVAL);
    }
    /* dependent frames without end: bounded */
    struct made head = {0, 0, 0, 2, 0, 4096, -1, -1, -1}, more = {1, 0, 0, 2, 0, 4096, -1, -1, -1};
    size_t len = put(stream, &head);
    while (len + 4096 <= sizeof stream)
        len += put(stream + len, &more);
    assert_int_equal(eac3_unit_read(stream, len, &u), -EINVAL);
    for (unsigned bsid = 0; bsid < 32; bsid++) {
        put(stream, &bad[0][1]);
        stream[5] = (uint8_t)(bsid << 3);
        assert_int_equal(eac3_unit_read(stream, 64, &u), bsid >= 11 && bsid <= 16 ? 0 : -EINVAL);
    }
    put(stream, &bad[0][1]);
    stream[4] = 0xf0; /* fscod 3, fscod2 3 */
    assert_int_equal(eac3_unit_read(stream, 64, &u), -EINVAL);
    stream[4] = 0xd4; /* half of 44.1 kHz */
    assert_int_equal(eac3_unit_read(stream, 64, &u), 0);
    assert_int_equal(u.sample_rate, 22050);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_real_frames),
        cmocka_unit_test(every_ac3_size),
        cmocka_unit_test(an_ac3_track),
        cmocka_unit_test(units_end_after_six_blocks),
        cmocka_unit_test(dependent_substreams_belong_to_the_unit),
        cmocka_unit_test(several_programs),
        cmocka_unit_test(what_is_no_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
