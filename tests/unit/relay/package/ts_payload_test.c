/* Samples become what a transport stream carries: start codes, delimiters, parameter sets, ADTS. */
/* SPDX-License-Identifier: MIT */
#include "codecs/aac.h"
#include "relay/package/ts_payload.h"
#include "tests/unit/codecs/clips.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t out[1 << 16];
static size_t out_len;

static struct track_params h264(void)
{
    struct track_params p = {.codec = CODEC_H264, .config_len = sizeof H264_BASE_RECORD};

    memcpy(p.config, H264_BASE_RECORD, sizeof H264_BASE_RECORD);
    return p;
}

static struct track_params aac(const char *config, size_t len)
{
    struct track_params p = {.codec = CODEC_AAC, .config_len = (uint32_t)len};

    memcpy(p.config, config, len);
    return p;
}

/* The types of the NAL units in out, one hexadecimal digit each. */
static const char *types(void)
{
    static char text[32];
    struct nal nals[16];
    size_t n = nal_split(out, out_len, nals, 16);

    for (size_t i = 0; i < n; i++)
        text[i] = "0123456789abcdef"[nals[i].data[0] & 0xf];
    text[n] = '\0';
    return text;
}

static void a_delimiter_and_sets_are_put_in_front(void **state)
{
    static const uint8_t idr[] = {0, 0, 0, 3, 0x65, 0x88, 0x84};
    struct track_params p = h264();
    struct nal nals[4];
    size_t sps = (size_t)p.config[6] << 8 | p.config[7];

    (void)state;
    assert_int_equal(ts_payload_write(&p, idr, sizeof idr, true, out, &out_len), 0);
    assert_string_equal(types(), "9785");
    assert_true(out_len <= sizeof idr + TS_PAYLOAD_MORE);
    nal_split(out, out_len, nals, 4);
    assert_int_equal(nals[1].len, sps);
    assert_memory_equal(nals[1].data, p.config + 8, sps);
    assert_memory_equal(nals[3].data, idr + 4, 3);
    assert_int_equal(ts_payload_write(&p, idr, sizeof idr, false, out, &out_len), 0);
    assert_string_equal(types(), "95");
}

static void what_is_there_stays_as_it_is(void **state)
{
    static const uint8_t whole[] = {0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x67, 0x42,
                                    0, 0, 0, 2, 0x68, 0xce, 0, 0, 0, 2, 0x65, 0x88};
    struct track_params p = h264();

    (void)state;
    assert_int_equal(ts_payload_write(&p, whole, sizeof whole, true, out, &out_len), 0);
    assert_string_equal(types(), "9785");
    assert_int_equal(out_len, sizeof whole);
    assert_memory_equal(out + 4, whole + 4, 2);
    assert_memory_equal(out + 22, whole + 22, 2);
    /* its own delimiter stays in front of sets that are put in */
    memcpy(out, whole, 6);
    {
        static const uint8_t bare[] = {0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x65, 0x88};

        assert_int_equal(ts_payload_write(&p, bare, sizeof bare, true, out, &out_len), 0);
        assert_string_equal(types(), "9785");
        assert_int_equal(out[5], 0x10);
    }
}

static void lengths_that_lie_are_refused(void **state)
{
    static const uint8_t over[] = {0, 0, 0, 9, 0x65, 0x88};
    struct track_params p = h264();

    (void)state;
    assert_int_equal(ts_payload_write(&p, over, sizeof over, true, out, &out_len), -EINVAL);
    assert_int_equal(ts_payload_write(&p, over, 3, true, out, &out_len), -EINVAL);
}

static void adts_says_what_the_config_says(void **state)
{
    static const uint8_t raw[24] = {0x01, 0x40, 0x20, 0x07};
    struct track_params lc = aac("\x11\x90", 2);              /* LC, 48 kHz, 2 channels */
    struct track_params he = aac("\x2b\x11\x88\x00", 4);      /* SBR, 24 kHz core of 48 kHz, 2 */
    struct track_params odd = aac("\x17\x80\x5d\xc0\x10", 5); /* LC, an escaped 48 kHz */
    struct adts h;

    (void)state;
    assert_int_equal(ts_payload_write(&lc, raw, sizeof raw, true, out, &out_len), 0);
    assert_int_equal(out_len, sizeof raw + 7);
    assert_int_equal(adts_parse(out, out_len, &h), 0);
    assert_int_equal(h.frame_bytes, out_len);
    assert_int_equal(h.object_type, 2);
    assert_int_equal(h.sample_rate, 48000);
    assert_int_equal(h.channel_configuration, 2);
    assert_memory_equal(out + 7, raw, sizeof raw);
    assert_int_equal(ts_payload_write(&he, raw, sizeof raw, true, out, &out_len), 0);
    assert_int_equal(adts_parse(out, out_len, &h), 0);
    assert_int_equal(h.object_type, 2);
    assert_int_equal(h.sample_rate, 24000);
    assert_int_equal(ts_payload_write(&odd, raw, sizeof raw, true, out, &out_len), -EINVAL);
    assert_int_equal(ts_payload_write(&lc, raw, 8190, true, out, &out_len), -EINVAL);
}

static void other_frames_stay_as_they_are(void **state)
{
    static const uint8_t frame[] = {0x0b, 0x77, 1, 2, 3};
    struct track_params p = {.codec = CODEC_AC3};

    (void)state;
    assert_int_equal(ts_payload_write(&p, frame, sizeof frame, true, out, &out_len), 0);
    assert_int_equal(out_len, sizeof frame);
    assert_memory_equal(out, frame, sizeof frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delimiter_and_sets_are_put_in_front),
        cmocka_unit_test(what_is_there_stays_as_it_is),
        cmocka_unit_test(lengths_that_lie_are_refused),
        cmocka_unit_test(adts_says_what_the_config_says),
        cmocka_unit_test(other_frames_stay_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
