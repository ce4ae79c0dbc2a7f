/* Opus in transport streams: control headers, lengths by TOC, mappings by the PMT's code. */
/* SPDX-License-Identifier: MIT */
#include "codecs/opus.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void lengths_by_toc(void **state)
{
    (void)state;
    static const struct {
        uint8_t packet[2];
        uint32_t samples;
    } cases[] = {
        {{0 << 3, 0}, 480},          {{3 << 3, 0}, 2880},       {{12 << 3, 0}, 480},
        {{15 << 3, 0}, 960},         {{16 << 3, 0}, 120},       {{31 << 3, 0}, 960},
        {{31 << 3 | 1, 0}, 1920},    {{31 << 3 | 2, 0}, 1920},  {{31 << 3 | 3, 3}, 2880},
        {{31 << 3 | 3, 0xc3}, 2880}, {{16 << 3 | 3, 48}, 5760}, {{16 << 3 | 3, 49}, 0},
        {{31 << 3 | 3, 0}, 0},       {{3 << 3 | 1, 0}, 5760},   {{3 << 3 | 3, 3}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(opus_packet_samples(cases[i].packet, 2), cases[i].samples);
    assert_int_equal(opus_packet_samples(cases[0].packet, 0), 0);
    assert_int_equal(opus_packet_samples((const uint8_t *)"\xfb", 1), 0);
}

static void control_headers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t header, total;
    } cases[] = {
        {"\x7f\xe0\x03\xf8zz", 6, 3, 6},
        {"\x7f\xe0\xff\x00\xf8z", 6, 4, 4 + 255},
        {"\x7f\xe0\xff\xff\x01\xf8z", 7, 5, 5 + 511},
        {"\x7f\xf0\x03\x01\x38\xf8zz", 8, 5, 8},                /* start trim 312 */
        {"\x7f\xf8\x03\x01\x38\x00\x01\xf8zz", 10, 7, 10},      /* and an end trim */
        {"\x7f\xe4\x03\x02xx\xf8zz", 9, 6, 9},                  /* an extension of 2 bytes */
        {"\x7f\xfc\x03\x00\x01\x00\x01\x01x\xf8zz", 12, 9, 12}, /* all of it */
        {"\x7f\xe0\x01\xf8", 4, 3, 4},
    };
    struct audio_frame f;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        assert_int_equal(opus_frame_read(bytes, cases[i].len, &f), 0);
        assert_int_equal(f.header_bytes, cases[i].header);
        assert_int_equal(f.bytes, cases[i].total);
        assert_int_equal(f.samples, 960);
        for (size_t len = 0; len <= cases[i].header; len++)
            assert_int_equal(opus_frame_read(bytes, len, &f), -EAGAIN);
    }
}

static void what_is_no_header(void **state)
{
    (void)state;
    static uint8_t endless[400];
    struct audio_frame f;
    assert_int_equal(opus_frame_read((const uint8_t *)"\x7e\xe0\x03\xf8zz", 6, &f), -EINVAL);
    assert_int_equal(opus_frame_read((const uint8_t *)"\x7f\xc0\x03\xf8zz", 6, &f), -EINVAL);
    assert_int_equal(opus_frame_read((const uint8_t *)"\x7f\xe0\x00\xf8zz", 6, &f), -EINVAL);
    assert_int_equal(opus_frame_read((const uint8_t *)"\x7f\xe0\x03\xfb\x00z", 6, &f), -EINVAL);
    memset(endless, 0xff, sizeof endless);
    memcpy(endless, "\x7f\xe0", 2);
    assert_int_equal(opus_frame_read(endless, sizeof endless, &f), -EINVAL);
}

static void mappings(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        uint32_t channels;
        const char *tail; /* from ChannelMappingFamily on */
        size_t len;
    } cases[] = {
        {OPUS_CONFIG_UNSAID, 2, "\0", 1},
        {1, 1, "\0", 1},
        {2, 2, "\0", 1},
        {0, 2, "\xff\1\1\0\1", 5},
        {3, 3, "\1\2\1\0\2\1", 6},
        {6, 6, "\1\4\2\0\4\1\2\3\5", 9},
        {8, 8, "\1\5\3\0\6\1\2\3\4\5\7", 11},
        {0x82, 2, "\1\2\0\0\1", 5},
        {0x86, 6, "\1\6\0\0\1\2\3\4\5", 9},
    };
    const uint8_t *frame = (const uint8_t *)"\x7f\xe0\x03\xf8zz";
    static struct track_params p;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(opus_params(cases[i].code, frame, 6, &p), 0);
        assert_string_equal(p.rfc6381, "Opus");
        assert_int_equal(p.channels, cases[i].channels);
        assert_int_equal(p.config_len, 10 + cases[i].len);
        assert_int_equal(p.config[1], cases[i].channels);
        assert_memory_equal(p.config + 2, "\0\0\0\0\xbb\x80\0\0", 8);
        assert_memory_equal(p.config + 10, cases[i].tail, cases[i].len);
    }
    static const uint8_t unknown[] = {9, 0x7f, 0x80, 0x81, 0x89, 0xfe};
    for (size_t i = 0; i < sizeof unknown; i++) {
        assert_false(opus_config_is_known(unknown[i]));
        assert_int_equal(opus_params(unknown[i], frame, 6, &p), -EINVAL);
    }
    assert_int_equal(opus_params(2, frame, 5, &p), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_by_toc),
        cmocka_unit_test(control_headers),
        cmocka_unit_test(what_is_no_header),
        cmocka_unit_test(mappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
