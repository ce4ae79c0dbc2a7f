/* Audio of other codecs than AAC in the packager: parameters that change, tracks nobody can play.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager.h"
#include "tests/unit/codecs/clips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEPT = 40, HOLE = 60000 };

static struct {
    struct packager_segment segments[KEPT];
    size_t count;
    struct track_params params[8];
    uint32_t inits;
    uint64_t samples;
} seen;
static struct packager *p;

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     const char *language, uint32_t bytes, int fd)
{
    (void)ctx, (void)track, (void)language;
    assert_int_equal(lseek(fd, 0, SEEK_END), bytes);
    close(fd);
    assert_int_equal(init_id, seen.inits + 1);
    assert_true(seen.inits < 8);
    seen.params[seen.inits++] = *params;
}

static void on_any_track(void *ctx, uint32_t track, uint32_t init_id,
                         const struct track_params *params, const char *language, uint32_t bytes,
                         int fd)
{
    (void)ctx, (void)track, (void)init_id, (void)params, (void)language, (void)bytes;
    close(fd);
}

static void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    (void)ctx;
    assert_true(seen.count < KEPT);
    seen.segments[seen.count++] = *s;
    seen.samples += s->samples;
    if (fd >= 0)
        close(fd);
}

static void make(enum codec_id codec)
{
    struct packager_track track = {.codec = codec, .audio_config = 2};
    struct packager_out out = {.track = on_track, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .start_90k = 900000};

    memset(&seen, 0, sizeof(seen));
    assert_int_equal(packager_new(&p, &o, &track, 1, &out), 0);
}

static void take(const uint8_t *frame, size_t len, int64_t raw)
{
    struct packager_unit u = {.raw_pts = (uint64_t)raw,
                              .raw_dts = (uint64_t)raw,
                              .wall_us = raw * 100 / 9,
                              .data = frame,
                              .len = len};

    assert_int_equal(packager_take(p, &u), 0);
}

/* 32 kbit/s at 48 kHz; acmod 1 or 2 */
static void ac3(unsigned acmod, int64_t raw)
{
    uint8_t frame[128] = {0x0b, 0x77, 0, 0, 0, 0x40};

    frame[6] = (uint8_t)(acmod << 5);
    take(frame, sizeof(frame), raw);
}

static void test_a_change_makes_a_new_init(void **state)
{
    struct packager_stats s;

    (void)state;
    make(CODEC_AC3);
    for (int64_t i = 0; i < 300; i++)
        ac3(i < 150 ? 2 : 1, i * 2880);
    assert_int_equal(packager_end(p), 0);
    packager_stats(p, &s);
    packager_free(&p);
    assert_int_equal(seen.inits, 2);
    assert_string_equal(seen.params[0].rfc6381, "ac-3");
    assert_int_equal(seen.params[0].channels, 2);
    assert_int_equal(seen.params[1].channels, 1);
    assert_int_equal(seen.samples, 300);
    assert_int_equal(s.out, 300);
    for (size_t i = 1; i < seen.count; i++) {
        const struct packager_segment *now = &seen.segments[i], *before = now - 1;

        assert_int_equal(now->sequence, before->sequence + 1);
        assert_int_equal(now->start_90k, before->start_90k + before->duration_90k);
        assert_int_equal(now->discontinuity, now->init_id != before->init_id);
    }
    assert_int_equal(seen.segments[seen.count - 1].init_id, 2);
}

/* Sound that changes begins a number of its own; whoever goes on after it must not use it again.
 * And the last frame before that is a frame long, though the one before it lasted through a hole.
 */
static void test_numbers_given_are_not_given_again(void **state)
{
    static const uint8_t idr[] = {0x65, 0x88, 0x80, 0x40};
    struct packager_track tracks[] = {{.codec = CODEC_H264}, {.codec = CODEC_AC3}};
    struct packager_out out = {.track = on_any_track, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = 45000,
                                 .start_90k = 900000};
    struct nal nals[] = {{.data = H264_BASE_RECORD + 8, .len = 25},
                         {.data = H264_BASE_RECORD + 36, .len = 4},
                         {.data = idr, .len = sizeof(idr)}};
    struct packager_unit u = {.data = idr, .len = sizeof(idr), .nals = nals, .nal_count = 3};
    uint64_t most = 0;

    (void)state;
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(packager_new(&p, &o, tracks, 2, &out), 0);
    assert_int_equal(packager_take(p, &u), 0);
    for (int64_t i = 0; i < 4; i++) { /* its second number begins before the video's does */
        uint8_t frame[128] = {0x0b, 0x77, 0, 0, 0, 0x40, i < 2 ? 0x40 : 0x20};
        struct packager_unit a = {
            .track = 1, .raw_pts = (uint64_t)(i * 2880 + (i > 0) * HOLE), .data = frame};

        a.raw_dts = a.raw_pts;
        a.len = sizeof(frame);
        assert_int_equal(packager_take(p, &a), 0);
    }
    assert_int_equal(packager_end(p), 0);
    for (size_t i = 0; i < seen.count; i++)
        most = seen.segments[i].sequence > most ? seen.segments[i].sequence : most;
    for (size_t i = 0; i < seen.count; i++)
        if (seen.segments[i].track == 1 && seen.segments[i].sequence == 0)
            assert_int_equal(seen.segments[i].duration_90k, 2 * 2880 + HOLE);
    assert_int_equal(most, 1);
    assert_int_equal(packager_next_sequence(p), 2);
    packager_free(&p);
}

static void test_lengths_of_opus_vary(void **state)
{
    static const struct {
        uint8_t toc;
        int64_t ticks;
    } packets[] = {{31 << 3, 1800}, {30 << 3, 900}, {3 << 3, 5400}, {16 << 3, 225}};
    uint8_t unit[] = {0x7f, 0xe0, 5, 0, 1, 2, 3, 4};
    int64_t raw = 0;

    (void)state;
    make(CODEC_OPUS);
    for (int i = 0; i < 400; i++) {
        unit[3] = packets[i % 4].toc;
        take(unit, sizeof(unit), raw);
        raw += packets[i % 4].ticks;
    }
    assert_int_equal(packager_end(p), 0);
    packager_free(&p);
    assert_int_equal(seen.inits, 1);
    assert_int_equal(seen.samples, 400);
    for (size_t i = 1; i < seen.count; i++)
        assert_int_equal(seen.segments[i].start_90k,
                         seen.segments[i - 1].start_90k + seen.segments[i - 1].duration_90k);
}

static void test_layer_one_is_left_out(void **state)
{
    static uint8_t frame[448] = {0xff, 0xff, 0xe4, 0x00};
    struct packager_stats s;

    (void)state;
    make(CODEC_MP3);
    assert_false(packager_is_left_out(p, 0));
    for (int i = 0; i < 100; i++)
        take(frame, sizeof(frame), i * 720);
    assert_true(packager_is_left_out(p, 0));
    assert_false(packager_is_left_out(p, 1));
    packager_stats(p, &s);
    assert_int_equal(s.unplayable, 100);
    assert_int_equal(packager_end(p), 0);
    packager_free(&p);
    assert_int_equal(seen.inits + seen.count, 0);
}

static void test_garbage_is_counted(void **state)
{
    static const uint8_t junk[64] = {0x0b, 0x77, 0, 0, 0xff, 0xff};
    struct packager_stats s;

    (void)state;
    make(CODEC_AC3);
    for (int64_t i = 0; i < 100; i++) {
        ac3(2, i * 2880);
        take(junk, i % (int64_t)sizeof(junk), i * 2880 + 1);
    }
    packager_stats(p, &s);
    assert_int_equal(s.unplayable, 100);
    assert_int_equal(packager_end(p), 0);
    packager_free(&p);
    assert_int_equal(seen.samples, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_makes_a_new_init),
        cmocka_unit_test(test_numbers_given_are_not_given_again),
        cmocka_unit_test(test_lengths_of_opus_vary),
        cmocka_unit_test(test_layer_one_is_left_out),
        cmocka_unit_test(test_garbage_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
