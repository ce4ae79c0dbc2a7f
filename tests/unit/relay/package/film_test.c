/* Films: what is believed of their bytes, and when each unit is due, loop after loop. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/film_maker.h"
#include "relay/package/slate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t *make(size_t *len)
{
    struct film_maker *m;
    uint8_t *bytes;
    const struct film_track video = {.codec = CODEC_H264};
    const struct film_track audio = {.codec = CODEC_AAC, .samples = 1024, .sample_rate = 44100};
    assert_int_equal(0, film_maker_new(&m, 4096));
    uint32_t v = film_maker_track(m, &video), a = film_maker_track(m, &audio);
    for (int i = 0; i < 3; i++)
        film_maker_add(m, v, (const uint8_t *)"\0\0\0\2AB", 6, i * 3000, i * 3000 + 1000);
    for (uint8_t i = 0; i < 4; i++)
        film_maker_add(m, a, &i, 1, 0, 0);
    assert_int_equal(0, film_maker_finish(m, 9000, &bytes, len));
    film_maker_free(&m);
    return bytes;
}

static void test_loops(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make(&len);
    struct film f;
    struct film_cursor c = {{0}};
    struct film_frame frame;
    struct nal nal;
    int64_t picture_90k = 0, sound_90k = 0, last_90k = 0;
    uint64_t pictures = 0, sounds = 0;
    assert_int_equal(0, film_open(&f, bytes, len));
    assert_false(film_next(&f, &c, 2088, &frame)); /* nothing is over yet */
    while (film_next(&f, &c, 9000 * 1000, &frame)) {
        assert_true(frame.dts_90k >= last_90k); /* in order */
        last_90k = frame.dts_90k;
        if (frame.track == 0) {
            assert_int_equal(picture_90k, frame.dts_90k);
            assert_int_equal(frame.dts_90k + 1000, frame.pts_90k);
            assert_int_equal(1, film_nals(&frame, &nal, 4));
            assert_memory_equal("AB", nal.data, 2);
            picture_90k = frame.next_90k;
            assert_int_equal(3000 * (int64_t)++pictures, picture_90k);
        } else {
            assert_int_equal(sound_90k, frame.dts_90k);
            assert_int_equal(1, frame.len);
            /* Which frame is heard follows the pictures' loop, to a frame. */
            int64_t in_loop = frame.dts_90k % 9000;
            assert_true(llabs((int64_t)frame.data[0] * 2090 - in_loop) <= 2 * 2090);
            sound_90k = frame.next_90k;
            sounds++;
            assert_int_equal((int64_t)(sounds * 1024 * 90000 / 44100), sound_90k);
        }
    }
    assert_int_equal(3000, pictures);
    assert_true(9000 * 1000 - sound_90k < 2090);
    free(bytes);
}

/* No byte of a film is believed: whatever is changed, it is refused or stays within its bounds. */
static void test_damage(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make(&len);
    unsigned refused = 0;
    for (size_t at = 0; at < len; at++) {
        for (int bit = 0; bit < 8; bit += 7) {
            struct film f;
            struct film_cursor c = {{0}};
            struct film_frame frame;
            bytes[at] ^= (uint8_t)(1 << bit);
            if (film_open(&f, bytes, len) == 0) {
                for (int i = 0; i < 50 && film_next(&f, &c, 90000, &frame); i++)
                    assert_true(frame.data >= bytes && frame.data + frame.len <= bytes + len);
            } else {
                refused++;
            }
            bytes[at] ^= (uint8_t)(1 << bit);
        }
        struct film f;
        assert_int_equal(-EINVAL, film_open(&f, bytes, at)); /* cut off */
    }
    assert_true(refused > 100);
    free(bytes);
}

static void test_maker_bounds(void **state)
{
    (void)state;
    struct film_maker *m;
    const struct film_track t = {.codec = CODEC_H264};
    uint8_t *bytes;
    size_t len;
    assert_int_equal(0, film_maker_new(&m, 8));
    film_maker_track(m, &t);
    film_maker_add(m, 0, (const uint8_t *)"123456", 6, 0, 0);
    film_maker_add(m, 0, (const uint8_t *)"123456", 6, 1, 1);
    assert_int_equal(-E2BIG, film_maker_finish(m, 10, &bytes, &len));
    film_maker_free(&m);
}

/* What is wrong with a clip is said in a sentence that ends in what to do. */
static void test_slates_refused(void **state)
{
    (void)state;
    static uint8_t clip[1024];
    uint8_t *film;
    size_t len;
    char why[400];
    assert_int_equal(-EINVAL, slate_make(clip, sizeof(clip), &film, &len, why, sizeof(why)));
    assert_non_null(strstr(why, "expected an MPEG-TS or MP4 file"));
    assert_non_null(strstr(why, "encode it anew"));
    assert_int_equal(-EINVAL,
                     slate_make(clip, SLATE_BYTES_MAX + 1u, &film, &len, why, sizeof(why)));
    assert_non_null(strstr(why, "64 MiB"));
    clip[0] = clip[188] = 0x47;
    assert_int_equal(-EINVAL, slate_make(clip, sizeof(clip), &film, &len, why, sizeof(why)));
    memcpy(clip,
           "\0\0\0\x10"
           "ftypisom",
           12);
    assert_int_equal(-EINVAL, slate_make(clip, sizeof(clip), &film, &len, why, sizeof(why)));
    assert_non_null(strstr(why, "expected"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_maker_bounds),
        cmocka_unit_test(test_slates_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
