/* MPEG audio headers of every layer, rate and size. */
/* SPDX-License-Identifier: MIT */
#include "codecs/mpeg_audio.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void headers(void **state)
{
    (void)state;
    static const struct {
        uint8_t head[4], version, layer;
        uint32_t bytes, samples, rate, channels;
    } cases[] = {
        {{0xff, 0xfb, 0x90, 0x64}, 1, 3, 417, 1152, 44100, 2}, /* 128 kbit/s */
        {{0xff, 0xfb, 0x92, 0x64}, 1, 3, 418, 1152, 44100, 2}, /* padded */
        {{0xff, 0xfa, 0x94, 0xc4}, 1, 3, 384, 1152, 48000, 1}, /* with its CRC */
        {{0xff, 0xfb, 0xe8, 0x00}, 1, 3, 1440, 1152, 32000, 2},
        {{0xff, 0xfd, 0xa4, 0x00}, 1, 2, 576, 1152, 48000, 2},
        {{0xff, 0xff, 0xe4, 0x00}, 1, 1, 448, 384, 48000, 2},
        {{0xff, 0xf3, 0x80, 0xc0}, 2, 3, 208, 576, 22050, 1}, /* 64 kbit/s */
        {{0xff, 0xf5, 0x84, 0x00}, 2, 2, 384, 1152, 24000, 2},
        {{0xff, 0xe3, 0x18, 0xc0}, 3, 3, 72, 576, 8000, 1}, /* 8 kbit/s */
    };
    struct mpeg_audio m;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(mpeg_audio_parse(cases[i].head, 4, &m), 0);
        assert_int_equal(m.version, cases[i].version);
        assert_int_equal(m.layer, cases[i].layer);
        assert_int_equal(m.bytes, cases[i].bytes);
        assert_int_equal(m.samples, cases[i].samples);
        assert_int_equal(m.sample_rate, cases[i].rate);
        assert_int_equal(m.channels, cases[i].channels);
        assert_int_equal(mpeg_audio_parse(cases[i].head, 3, &m), -EAGAIN);
    }
}

static void what_is_no_header(void **state)
{
    (void)state;
    static const uint8_t bad[][4] = {
        {0xfe, 0xfb, 0x90, 0x64}, {0xff, 0x7b, 0x90, 0x64}, /* sync */
        {0xff, 0xeb, 0x90, 0x64},                           /* version 1 is reserved */
        {0xff, 0xf9, 0x90, 0x64},                           /* layer 0: ADTS, for one */
        {0xff, 0xfb, 0x00, 0x64},                           /* free format */
        {0xff, 0xfb, 0xf0, 0x64},                           /* bit rate 15 */
        {0xff, 0xfb, 0x9c, 0x64},                           /* rate 3 */
    };
    struct mpeg_audio m;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(mpeg_audio_parse(bad[i], 4, &m), -EINVAL);
}

static void layers_two_and_three_are_tracks(void **state)
{
    (void)state;
    static uint8_t frame[2048];
    struct track_params p;
    memcpy(frame, "\xff\xfb\x90\x64", 4);
    assert_int_equal(mpeg_audio_params(0, frame, 417, &p), 0);
    assert_string_equal(p.rfc6381, "mp4a.40.34");
    assert_int_equal(p.object_type, 0x6b);
    assert_int_equal(p.frame_samples, 1152);
    assert_int_equal(p.config_len, 0);
    assert_int_equal(mpeg_audio_params(0, frame, 416, &p), -EINVAL);
    memcpy(frame, "\xff\xe3\x18\xc0", 4);
    assert_int_equal(mpeg_audio_params(0, frame, 72, &p), 0);
    assert_string_equal(p.rfc6381, "mp4a.40.34");
    assert_int_equal(p.object_type, 0x69);
    memcpy(frame, "\xff\xfd\xa4\x00", 4);
    assert_int_equal(mpeg_audio_params(0, frame, 576, &p), 0);
    assert_int_equal(p.codec, CODEC_MP2);
    assert_string_equal(p.rfc6381, "mp4a.40.33");
    assert_int_equal(p.object_type, 0x6b);
    assert_int_equal(p.frame_samples, 1152);
    memcpy(frame, "\xff\xff\xe4\x00", 4);
    assert_int_equal(mpeg_audio_params(0, frame, 448, &p), -ENOTSUP);
}

static void identity_follows_what_the_entry_says(void **state)
{
    (void)state;
    struct audio_frame a, b;
    assert_int_equal(mpeg_audio_frame_read((const uint8_t *)"\xff\xfb\x90\x64", 4, &a), 0);
    assert_int_equal(mpeg_audio_frame_read((const uint8_t *)"\xff\xfb\xa2\x04", 4, &b), 0);
    assert_true(a.identity == b.identity); /* bit rate, padding and joint stereo move freely */
    assert_int_equal(mpeg_audio_frame_read((const uint8_t *)"\xff\xfb\x90\xc4", 4, &b), 0);
    assert_true(a.identity != b.identity);
    assert_int_equal(mpeg_audio_frame_read((const uint8_t *)"\xff\xfb\x94\x64", 4, &b), 0);
    assert_true(a.identity != b.identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(what_is_no_header),
        cmocka_unit_test(layers_two_and_three_are_tracks),
        cmocka_unit_test(identity_follows_what_the_entry_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
