/* Tests of ADTS headers and AudioSpecificConfig. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac.h"
#include "codecs/bits.h"
#include "tests/unit/codecs/aac_frames.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct track_params params;

static void put_header(struct bit_writer *w, unsigned profile, unsigned rate_index,
                       unsigned channels, unsigned bytes)
{
    bit_writer_put(w, 16, 0xfff1);
    bit_writer_put(w, 2, profile);
    bit_writer_put(w, 4, rate_index);
    bit_writer_put(w, 1, 0);
    bit_writer_put(w, 3, channels);
    bit_writer_put(w, 4, 0);
    bit_writer_put(w, 13, bytes);
    bit_writer_put(w, 11, 0x7ff);
    bit_writer_put(w, 2, 0);
}

/* SCE of silence. */
static void put_silence(struct bit_writer *w)
{
    bit_writer_put(w, 3 + 4, 0);
    bit_writer_put(w, 8, 100);
    bit_writer_put(w, 11, 0);
    bit_writer_put(w, 3, 0);
}

static void put_sbr(struct bit_writer *w)
{
    bit_writer_put(w, 3 + 4, 6 << 4 | 2);
    bit_writer_put(w, 16, 0xd000);
}

static size_t write_frame(uint8_t *out, size_t size, unsigned rate_index, bool sbr)
{
    uint8_t body[64];
    struct bit_writer w;
    bit_writer_init(&w, body, sizeof body);
    put_silence(&w);
    if (sbr)
        put_sbr(&w);
    bit_writer_put(&w, 3, 7);
    bit_writer_align(&w);
    size_t len = w.len;
    bit_writer_init(&w, out, size);
    put_header(&w, 1, rate_index, 1, (unsigned)(7 + len));
    memcpy(out + 7, body, len);
    return 7 + len;
}

static void header_of_a_real_frame(void **state)
{
    (void)state;
    struct adts h;
    assert_int_equal(adts_parse(AAC_OBS, sizeof AAC_OBS, &h), 0);
    assert_int_equal(h.header_bytes, 7);
    assert_int_equal(h.frame_bytes, sizeof AAC_OBS);
    assert_int_equal(h.object_type, 2);
    assert_int_equal(h.sample_rate, 48000);
    assert_int_equal(h.channel_configuration, 2);
    assert_int_equal(h.blocks, 1);
    for (size_t len = 0; len < 7; len++)
        assert_int_equal(adts_parse(AAC_OBS, len, &h), -EAGAIN);
}

static void a_crc_makes_the_header_longer(void **state)
{
    (void)state;
    uint8_t frame[16];
    struct adts h;
    memcpy(frame, AAC_OBS, sizeof frame);
    frame[1] &= 0xfe;
    assert_int_equal(adts_parse(frame, 8, &h), -EAGAIN);
    assert_int_equal(adts_parse(frame, 9, &h), 0);
    assert_int_equal(h.header_bytes, 9);
    frame[6] |= 3; /* four blocks: three positions and the CRC */
    assert_int_equal(adts_parse(frame, 15, &h), 0);
    assert_int_equal(h.header_bytes, 15);
    assert_int_equal(h.blocks, 4);
}

static void what_is_no_header(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t clear, set;
    } cases[] = {
        {0, 0x01, 0},    {1, 0x10, 0}, {1, 0, 0x02}, {1, 0, 0x04}, /* sync, layer */
        {2, 0x3c, 0x34}, {2, 0, 0x3c},                             /* rate index 13, 15 */
    };
    uint8_t frame[7];
    struct adts h;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(frame, AAC_OBS, 7);
        frame[cases[i].at] = (uint8_t)((frame[cases[i].at] & ~cases[i].clear) | cases[i].set);
        assert_int_equal(adts_parse(frame, 7, &h), -EINVAL);
    }
    for (unsigned bytes = 0; bytes < 10; bytes++) {
        struct bit_writer w;
        bit_writer_init(&w, frame, sizeof frame);
        put_header(&w, 1, 3, 2, bytes);
        assert_int_equal(adts_parse(frame, 7, &h), bytes > 7 ? 0 : -EINVAL);
    }
}

static void plain_lc_from_its_frame(void **state)
{
    (void)state;
    struct adts h;
    assert_int_equal(adts_parse(AAC_OBS, sizeof AAC_OBS, &h), 0);
    assert_int_equal(aac_params(&h, AAC_OBS, sizeof AAC_OBS, &params), 0);
    assert_int_equal(params.codec, CODEC_AAC);
    assert_string_equal(params.rfc6381, "mp4a.40.2");
    assert_int_equal(params.sample_rate, 48000);
    assert_int_equal(params.core_sample_rate, 48000);
    assert_int_equal(params.channels, 2);
    assert_int_equal(params.frame_samples, 1024);
    assert_int_equal(params.config_len, 2);
    assert_memory_equal(params.config, "\x11\x90", 2); /* as libavformat writes it */
    assert_int_equal(aac_params(&h, AAC_OBS, sizeof AAC_OBS - 1, &params), -EINVAL);
    h.object_type = 1;
    assert_int_equal(aac_params(&h, AAC_OBS, sizeof AAC_OBS, &params), -EINVAL);
}

static void a_broken_frame_counts_as_plain(void **state)
{
    (void)state;
    uint8_t frame[64];
    struct adts h;
    size_t len = write_frame(frame, sizeof frame, 6, true);
    frame[9] ^= 0xff;
    frame[10] ^= 0xff;
    assert_int_equal(adts_parse(frame, len, &h), 0);
    assert_int_equal(aac_params(&h, frame, len, &params), 0);
    assert_int_equal(params.object_type, 2);
}

static void sbr_is_found_and_signalled(void **state)
{
    (void)state;
    static const struct {
        unsigned rate_index;
        bool sbr;
        const char *name;
        uint32_t rate, core;
        const char *config;
        size_t len;
    } cases[] = {
        {6, false, "mp4a.40.2", 24000, 24000, "\x13\x08", 2},
        {6, true, "mp4a.40.5", 48000, 24000, "\x2b\x09\x88\x00", 4},
        {7, true, "mp4a.40.5", 44100, 22050, "\x2b\x8a\x08\x00", 4},
        {3, true, "mp4a.40.5", 96000, 48000, "\x29\x88\x08\x00", 4},
        {2, true, "mp4a.40.2", 64000, 64000, "\x11\x08", 2}, /* 128 kHz cannot be meant */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[64];
        struct adts h;
        size_t len = write_frame(frame, sizeof frame, cases[i].rate_index, cases[i].sbr);
        assert_int_equal(adts_parse(frame, len, &h), 0);
        assert_int_equal(aac_params(&h, frame, len, &params), 0);
        assert_string_equal(params.rfc6381, cases[i].name);
        assert_int_equal(params.sample_rate, cases[i].rate);
        assert_int_equal(params.core_sample_rate, cases[i].core);
        assert_int_equal(params.channels, 1);
        assert_int_equal(params.config_len, cases[i].len);
        assert_memory_equal(params.config, cases[i].config, cases[i].len);
    }
}

static void channels_may_stand_in_a_pce(void **state)
{
    (void)state;
    /* The element as FFmpeg wrote it for 6.1, with its comment; libavformat's config of it. */
    static const uint8_t pce[] = {0x04, 0xc8, 0x48, 0x00, 0x20, 0x00, 0xc4, 0x40};
    static const uint8_t config[] = {0x11, 0x80, 0x04, 0xc8, 0x48, 0x00,
                                     0x20, 0x00, 0xc4, 0x40, 0x00};
    uint8_t frame[64];
    struct bit_writer w;
    struct adts h;
    bit_writer_init(&w, frame, sizeof frame);
    put_header(&w, 1, 3, 0, 7 + 14);
    bit_writer_put(&w, 3, 5);
    for (unsigned i = 0; i < 7; i++)
        bit_writer_put(&w, 8, pce[i]);
    bit_writer_put(&w, 2, pce[7] >> 6);
    bit_writer_align(&w);
    bit_writer_put(&w, 8, 4);
    bit_writer_put(&w, 32, 0x4c617663);
    bit_writer_put(&w, 8, 7 << 5);
    assert_int_equal(w.len, 7 + 14);
    assert_int_equal(adts_parse(frame, w.len, &h), 0);
    assert_int_equal(aac_params(&h, frame, w.len, &params), 0);
    assert_int_equal(params.channels, 7);
    assert_int_equal(params.config_len, sizeof config);
    assert_memory_equal(params.config, config, sizeof config);
    /* a frame without one cannot be told */
    size_t len = write_frame(frame, sizeof frame, 3, false);
    frame[3] &= 0x3f;
    assert_int_equal(adts_parse(frame, len, &h), 0);
    assert_int_equal(h.channel_configuration, 0);
    assert_int_equal(aac_params(&h, frame, len, &params), -EINVAL);
}

static void configs_of_every_signalling(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint8_t object_type;
        uint32_t rate, core, channels, samples;
    } cases[] = {
        {"\x11\x90", 2, 2, 48000, 48000, 2, 1024},
        {"\x11\xb0", 2, 2, 48000, 48000, 6, 1024},
        {"\x11\xb8", 2, 2, 48000, 48000, 8, 1024},
        {"\x11\x94", 2, 2, 48000, 48000, 2, 960},
        {"\x11\x90\x56", 3, 2, 48000, 48000, 2, 1024}, /* trailing bytes are no extension */
        {"\x11\x90\x00\x00\x00", 5, 2, 48000, 48000, 2, 1024},
        {"\x2b\x11\x88\x00", 4, 5, 48000, 24000, 2, 1024},
        {"\xeb\x09\x88\x00", 4, 29, 48000, 24000, 2, 1024},
        {"\x13\x10\x56\xe5\x98", 5, 5, 48000, 24000, 2, 1024}, /* the sync extension */
        {"\x13\x10\x56\xe5\x18", 5, 2, 24000, 24000, 2, 1024}, /* which says: no SBR */
        {"\x13\x08\x56\xe5\x9d\x48\x80", 7, 29, 48000, 24000, 2, 1024},
        {"\x13\x08\x56\xe5\x9d\x48\x00", 7, 5, 48000, 24000, 1, 1024}, /* no PS */
        {"\x17\x80\x3e\x80\x10", 5, 2, 32000, 32000, 2, 1024},         /* the rate in 24 bits */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        assert_int_equal(aac_params_from_config(bytes, cases[i].len, &params), 0);
        assert_int_equal(params.object_type, cases[i].object_type);
        assert_int_equal(params.sample_rate, cases[i].rate);
        assert_int_equal(params.core_sample_rate, cases[i].core);
        assert_int_equal(params.channels, cases[i].channels);
        assert_int_equal(params.frame_samples, cases[i].samples);
        /* what was written says the same */
        struct track_params first = params;
        assert_int_equal(aac_params_from_config(first.config, first.config_len, &params), 0);
        assert_memory_equal(&params, &first, sizeof first);
    }
}

static void configs_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"", 0},
        {"\x11", 1},
        {"\x09\x90", 2},             /* Main */
        {"\x21\x90", 2},             /* LTP */
        {"\x16\x90", 2},             /* rate index 13 */
        {"\x11\xc0", 2},             /* channel configuration 8, reserved */
        {"\x11\x92", 2},             /* dependsOnCoreCoder */
        {"\x11\x80\x00\x00", 4},     /* a PCE that breaks off */
        {"\x17\x80\x00\x00\x90", 5}, /* 1 Hz */
        {"\xf8\x59\x90", 3},         /* object type 34 */
        {"\x2b\x11\x84\x00", 4},     /* SBR over Main */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            aac_params_from_config((const uint8_t *)cases[i].bytes, cases[i].len, &params),
            -EINVAL);
}

static void a_pce_counts_to_48_channels(void **state)
{
    (void)state;
    for (unsigned pairs = 8; pairs <= 45; pairs++) { /* of front, side and back: 15 each at most */
        const unsigned in[3] = {pairs < 15 ? pairs : 15,
                                pairs < 15   ? 0
                                : pairs < 30 ? pairs - 15
                                             : 15,
                                pairs < 30 ? 0 : pairs - 30};
        uint8_t asc[64];
        struct bit_writer w;
        bit_writer_init(&w, asc, sizeof asc);
        bit_writer_put(&w, 5 + 4 + 4 + 3, 2 << 11 | 3 << 7); /* AAC-LC, 48 kHz, see the PCE */
        bit_writer_put(&w, 4 + 2 + 4, 1 << 4 | 3);
        for (unsigned i = 0; i < 3; i++)
            bit_writer_put(&w, 4, in[i]);
        bit_writer_put(&w, 2 + 3 + 4 + 3, 0); /* no LFE, data, coupling or mixdown */
        for (unsigned i = 0; i < pairs; i++)
            bit_writer_put(&w, 5, 1 << 4 | (i & 15));
        bit_writer_align(&w);
        bit_writer_put(&w, 8, 0);
        assert_int_equal(aac_params_from_config(asc, w.len, &params), pairs <= 24 ? 0 : -EINVAL);
        if (pairs <= 24)
            assert_int_equal(params.channels, 2 * pairs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_of_a_real_frame),
        cmocka_unit_test(a_crc_makes_the_header_longer),
        cmocka_unit_test(what_is_no_header),
        cmocka_unit_test(plain_lc_from_its_frame),
        cmocka_unit_test(a_broken_frame_counts_as_plain),
        cmocka_unit_test(sbr_is_found_and_signalled),
        cmocka_unit_test(channels_may_stand_in_a_pce),
        cmocka_unit_test(a_pce_counts_to_48_channels),
        cmocka_unit_test(configs_of_every_signalling),
        cmocka_unit_test(configs_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
