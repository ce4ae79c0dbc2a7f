/* Parts: they adjoin, add up to their segment, keep to PART-TARGET, and come without waiting. */
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

enum { TARGET_90K = 45000, KEPT = 64 };

static struct packager *p;
static struct packager_part parts[KEPT];
static size_t count, first; /* first: of the open segment */
static size_t segments;

static void on_track(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *params,
                     const char *language, uint32_t bytes, int fd)
{
    (void)ctx, (void)track, (void)init_id, (void)params, (void)language, (void)bytes;
    close(fd);
}

static void on_part(void *ctx, const struct packager_part *part, int fd)
{
    (void)ctx;
    assert_true(count < KEPT);
    assert_int_equal(part->part, count - first);
    assert_int_equal(part->part == 0, fd >= 0);
    assert_in_range(part->duration_90k, 1, TARGET_90K);
    if (part->part > 0) {
        const struct packager_part *before = &parts[count - 1];

        assert_int_equal(part->offset, before->offset + before->bytes);
        assert_int_equal(part->start_90k, before->start_90k + before->duration_90k);
        assert_true(before->duration_90k * 100 >= TARGET_90K * 85); /* only the last is shorter */
    }
    parts[count++] = *part;
    if (fd >= 0) {
        assert_true(lseek(fd, 0, SEEK_END) >= part->bytes);
        close(fd);
    }
}

static void on_segment(void *ctx, const struct packager_segment *s, int fd)
{
    int64_t sum_90k = 0;
    uint32_t bytes = 0, samples = 0;

    (void)ctx;
    for (size_t i = first; i < count; i++) {
        sum_90k += parts[i].duration_90k;
        bytes += parts[i].bytes;
        samples += parts[i].samples;
        assert_int_equal(parts[i].sequence, s->sequence);
    }
    assert_int_equal(s->parts, count - first);
    assert_int_equal(s->duration_90k, sum_90k);
    assert_int_equal(s->bytes, bytes);
    assert_int_equal(s->samples, samples);
    assert_true(parts[first].independent);
    assert_in_range(s->iframe_bytes, 1, parts[first].bytes);
    for (size_t i = first; i < count; i++)
        assert_true(!parts[i].last || i + 1 == count);
    first = count;
    segments++;
    close(fd);
}

static int begin(bool ranges)
{
    static const struct packager_track video[] = {{.codec = CODEC_H264}};
    struct packager_out out = {.track = on_track, .part = on_part, .segment = on_segment};
    struct packager_options o = {.segment_ms = 2000,
                                 .max_target_s = 10,
                                 .segment_bytes = 1 << 24,
                                 .part_90k = TARGET_90K,
                                 .part_ranges = ranges,
                                 .start_90k = 900000};

    count = first = segments = 0;
    return packager_new(&p, &o, video, 1, &out);
}

static int set_up(void **state)
{
    (void)state;
    return begin(false);
}

static int set_up_ranges(void **state)
{
    (void)state;
    return begin(true);
}

static int tear_down(void **state)
{
    (void)state;
    packager_free(&p);
    return 0;
}

/* A picture that lasts step, which the next PES's header says when it is announced. */
static void picture(uint64_t dts, int64_t step, bool idr, bool announced)
{
    const uint8_t *record = H264_BASE_RECORD;
    size_t sps = (size_t)record[6] << 8 | record[7], at = 8 + sps + 1, n = 0;
    uint8_t slice[40] = {idr ? 0x65 : 0x41, 0x88, 0x84};
    struct nal nals[3];
    struct packager_unit u = {.raw_pts = dts,
                              .raw_dts = dts,
                              .has_next = announced,
                              .raw_next = dts + (uint64_t)step,
                              .nals = nals,
                              .data = slice,
                              .len = sizeof(slice)};

    if (idr) {
        nals[n++] = (struct nal){.data = record + 8, .len = sps};
        nals[n++] =
            (struct nal){.data = record + at + 2, .len = (size_t)record[at] << 8 | record[at + 1]};
    }
    nals[n++] = (struct nal){.data = slice, .len = sizeof(slice)};
    u.nal_count = n;
    assert_int_equal(packager_take(p, &u), 0);
}

static void test_full_ones_do_not_wait(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 15; i++)
        picture(i * 3000, 3000, i == 0, true);
    assert_int_equal(count, 1); /* the 15th picture ends it: no 16th was needed */
    assert_int_equal(parts[0].duration_90k, TARGET_90K);
    for (uint64_t i = 15; i < 200; i++)
        picture(i * 3000, 3000, i % 60 == 0, true);
    assert_int_equal(packager_end(p), 0);
    assert_int_equal(segments, 4);
}

static void test_unannounced_ones_wait(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 15; i++)
        picture(i * 3000, 3000, i == 0, false);
    assert_int_equal(count, 0);
    picture(15 * 3000, 3000, false, false);
    assert_int_equal(count, 1);
    assert_int_equal(packager_end(p), 0);
}

/* After two pictures of 0.2 s a third would not fit, but a short one does: 0.4 s is too little. */
static void test_rate_varies(void **state)
{
    static const int64_t steps[] = {18000, 18000, 4500, 4500, 18000, 18000, 9000};
    uint64_t dts = 0;

    (void)state;
    for (size_t i = 0; i < 70; i++) {
        int64_t step = steps[i % 7];

        picture(dts, step, i % 14 == 0, true);
        dts += (uint64_t)step;
    }
    assert_int_equal(packager_end(p), 0);
    assert_int_equal(parts[0].duration_90k, TARGET_90K);
    assert_int_equal(segments, 5);
}

/* The fourth part may be the segment's last one. As a range of it the part comes with the segment's
 * end, or with the picture that shows that it goes on; the hint of the next one is then right. */
static void test_the_last_one_waits(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 60; i++)
        picture(i * 3000, 3000, i == 0, true);
    assert_int_equal(count, 3);
    picture(60 * 3000, 3000, false, true); /* no keyframe yet */
    assert_int_equal(count, 4);
    assert_int_equal(parts[3].duration_90k, TARGET_90K);
    for (uint64_t i = 61; i < 75; i++)
        picture(i * 3000, 3000, false, true);
    assert_int_equal(count, 4);
    assert_int_equal(segments, 0);
    picture(75 * 3000, 3000, true, true);
    assert_int_equal(count, 5);
    assert_true(parts[4].last && !parts[3].last);
    assert_int_equal(segments, 1);
    for (uint64_t i = 76; i < 90; i++)
        picture(i * 3000, 3000, false, true);
    assert_int_equal(count, 6); /* the first one of the next segment waits for nothing */
    for (uint64_t i = 90; i < 135; i++)
        picture(i * 3000, 3000, false, true);
    picture(140 * 3000, 3000, true, true); /* behind a hole: the part is as long as it is */
    assert_int_equal(segments, 2);
    assert_int_equal(parts[count - 1].duration_90k, TARGET_90K);
    assert_int_equal(packager_end(p), 0);
}

/* What the second segment's parts hold, once the first one showed how long segments are. */
static void expect_samples(uint64_t step, uint64_t pictures, const uint32_t *want, size_t n)
{
    size_t second;

    for (uint64_t i = 0; i <= 2 * pictures; i++)
        picture(i * step, (int64_t)step, i % pictures == 0, true);
    assert_int_equal(segments, 2);
    for (second = 0; parts[second].sequence == parts[0].sequence; second++)
        ;
    for (size_t i = 0; i < n; i++) {
        assert_true(second + i < count);
        assert_int_equal(parts[second + i].samples, want[i]);
    }
    assert_int_equal(first, second + n);
    assert_int_equal(packager_end(p), 0);
}

static void test_no_splinters(void **state)
{
    static const uint32_t pal[] = {11, 11, 11, 11, 6}, ntsc[] = {13, 13, 13, 13, 8};
    uint32_t whole[] = {12, 12, 12, 12, 2};

    (void)state;
    expect_samples(3600, 50, pal, 5);
    for (size_t i = 0; i < 5; i++) /* of the first one nothing was known yet */
        assert_int_equal(parts[i].samples, whole[i]);
    packager_free(&p);
    assert_int_equal(begin(false), 0);
    expect_samples(3003, 60, ntsc, 5);
}

static void test_what_fits_stays_whole(void **state)
{
    static const uint32_t thirty[] = {15, 15, 15, 15}, film[] = {12, 12, 12, 12};

    (void)state;
    expect_samples(3000, 60, thirty, 4);
    packager_free(&p);
    assert_int_equal(begin(false), 0);
    expect_samples(3750, 48, film, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_ones_do_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unannounced_ones_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rate_varies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_splinters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_fits_stays_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_one_waits, set_up_ranges, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
