/* What a feed at rest keeps, how much of it, and how it gives it out. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { SPAN_US = 2000000, FRAME_US = 40000, GOP = 25 };

static struct keep *k;
static uint64_t given[4096]; /* DTS, in order; audio's with a bit of their own */
static size_t given_count;
static const uint64_t sound = UINT64_C(1) << 40;

static int begin(void **state)
{
    (void)state;
    given_count = 0;
    return keep_new(&k, 0, CODEC_H264, 100000, SPAN_US);
}

static int end(void **state)
{
    (void)state;
    keep_free(&k);
    return k != NULL;
}

/* Picture i of 25 a second, with `bytes` in its slice; each GOP begins with an IDR. */
static int picture(unsigned i, size_t bytes)
{
    static uint8_t data[200000];
    struct nal nals[2];
    struct access_unit u = {.raw_pts = i * 3600, .raw_dts = i * 3600, .nals = nals, .nal_count = 2};
    const uint8_t start[] = {9, 0xf0, 0, 0, 1, i % GOP == 0 ? 0x65 : 0x41};
    memset(data, 0xaa, sizeof(data));
    memcpy(data, start, sizeof(start));
    data[6] = (uint8_t)i | 0x80;
    nals[0] = (struct nal){data, 2};
    nals[1] = (struct nal){data + 5, bytes};
    u.data = data;
    u.len = 5 + bytes;
    return keep_take(k, &u, (int64_t)i * FRAME_US);
}

static int frame(unsigned i)
{
    uint8_t data[10] = {(uint8_t)i};
    struct access_unit u = {
        .track = 1, .raw_pts = i * 3600, .raw_dts = i * 3600, .data = data, .len = sizeof(data)};
    return keep_take(k, &u, (int64_t)i * FRAME_US);
}

static void on_unit(void *ctx, const struct access_unit *u, int64_t arrived_us)
{
    (void)ctx;
    assert_int_equal(arrived_us, (int64_t)(u->raw_dts / 3600) * FRAME_US);
    assert_true(given_count < 4096);
    given[given_count++] = u->raw_dts / 3600 | (u->track == 1 ? sound : 0);
    if (u->track == 1) {
        assert_int_equal(u->data[0], (uint8_t)(u->raw_dts / 3600));
        return;
    }
    assert_int_equal(u->nal_count, 2); /* as it came */
    assert_int_equal(u->nals[0].len, 2);
    assert_ptr_equal(u->nals[0].data, u->data);
    assert_int_equal(u->nals[1].data[1], (uint8_t)(u->raw_dts / 3600) | 0x80);
    assert_ptr_equal(u->nals[1].data + u->nals[1].len, u->data + u->len);
}

static void on_any(void *ctx, const struct access_unit *u, int64_t arrived_us)
{
    (void)ctx;
    (void)arrived_us;
    given_count += u->track == 1;
}

static void test_begins_at_a_keyframe(void **state)
{
    (void)state;
    for (unsigned i = 1; i < GOP; i++) {
        assert_int_equal(0, picture(i, 100));
        assert_int_equal(0, frame(i));
    }
    assert_false(keep_is_ready(k));
    assert_int_equal(1, picture(GOP, 100));
    assert_true(keep_is_ready(k));
    frame(GOP);
    picture(GOP + 1, 100);
    keep_replay(k, on_unit, NULL);
    assert_int_equal(3, given_count);
    assert_int_equal(GOP, given[0]);
    assert_int_equal(GOP | sound, given[1]);
    assert_int_equal(GOP + 1, given[2]);
}

/* What came before a silence is of no use after it. */
static void test_forgets_over_a_silence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++)
        assert_true(picture(i, 100) >= 0);
    assert_true(keep_is_ready(k));
    assert_int_equal(0, picture(90, 100)); /* 2.4 s later, in the middle of a GOP */
    assert_false(keep_is_ready(k));
    assert_int_equal(0, frame(91));
    assert_int_equal(1, picture(100, 100));
    assert_true(keep_is_ready(k));
    keep_replay(k, on_unit, NULL);
    assert_int_equal(1, given_count);
}

static void test_keeps_the_span(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10 * GOP + 5; i++)
        picture(i, 100);
    keep_replay(k, on_unit, NULL);
    assert_int_equal(8 * GOP, given[0]); /* two seconds before the newest keyframe */
    assert_int_equal(2 * GOP + 5, given_count);
    for (size_t i = 1; i < given_count; i++)
        assert_int_equal(given[i - 1] + 1, given[i]);
}

static void test_nearest_keyframe(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * GOP; i++) {
        frame(i);
        picture(i, 100);
    }
    keep_replay_from(k, (int64_t)(GOP + 10) * FRAME_US, on_unit, NULL);
    assert_int_equal(1 | sound, given[0]); /* sound from before it, too: who takes it decides */
    assert_int_equal(GOP, given[GOP]);
    given_count = 0;
    keep_replay_from(k, (int64_t)(GOP + 15) * FRAME_US, on_unit, NULL);
    assert_int_equal(GOP | sound, given[0]); /* no more than a second of it */
    assert_int_equal((2 * GOP - 1) | sound, given[GOP - 1]);
    assert_int_equal(2 * GOP, given[GOP + 1]);
    given_count = 0;
    keep_replay_from(k, INT64_MAX / 4, on_unit, NULL);
    assert_int_equal(GOP | sound, given[0]);
    assert_int_equal(2 * GOP, given[GOP + 1]);
}

/* The encoder began again on the same connection: what it sounded like before is not of now. */
static void test_clock_jumped_back(void **state)
{
    uint8_t data[10] = {0};
    struct access_unit old = {.track = 1, .data = data, .len = sizeof(data)};
    (void)state;
    picture(0, 100);
    for (unsigned i = 0; i < 4 * GOP; i++) { /* hours ahead of the pictures */
        old.raw_pts = old.raw_dts = 90000u * 7200 + i * 3600;
        assert_int_equal(0, keep_take(k, &old, (int64_t)i * FRAME_US));
        if (i % GOP == 0)
            picture(i, 100);
    }
    given_count = 0;
    keep_replay_from(k, (int64_t)4 * GOP * FRAME_US, on_any, NULL);
    assert_in_range(given_count, 2 * GOP - 2, 2 * GOP); /* of a second, and what follows */
}

static void test_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * GOP; i++)
        picture(i, 1900); /* two of them fit, with what it costs to keep them */
    assert_true(keep_is_ready(k));
    picture(2 * GOP, 1900);
    for (unsigned i = 2 * GOP + 1; i < 3 * GOP; i++)
        picture(i, 4500); /* a long one: alone it is too much */
    keep_replay(k, on_unit, NULL);
    assert_int_equal(0, given_count);
    assert_false(keep_is_ready(k));
    assert_int_equal(0, picture(3 * GOP - 1, 100));
    assert_int_equal(1, picture(3 * GOP, 100)); /* begins anew */
    assert_true(keep_is_ready(k));
    assert_int_equal(1, picture(4 * GOP, 150000)); /* one frame too many */
    assert_false(keep_is_ready(k));
}

/* What a thousand random access points cost behind a first group of that many units. */
static int64_t points_cpu_ns(size_t units)
{
    enum { POINTS = 1000 };
    struct access_unit u = {.track = 0, .data = (const uint8_t *)"x", .len = 1};
    struct timespec from, to;
    struct keep *many;

    assert_int_equal(keep_new(&many, 0, CODEC_AAC, (size_t)1 << 30, SPAN_US), 0);
    assert_int_equal(keep_take(many, &u, 0), 1);
    u.track = 1;
    for (size_t i = 0; i < units; i++)
        assert_int_equal(keep_take(many, &u, 0), 0);
    u.track = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (int i = 0; i < POINTS; i++)
        assert_int_equal(keep_take(many, &u, 0), 1);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    keep_free(&many);
    return (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec);
}

/* None of them walks over the group: that would be some thousand times as much, not fifty. */
static void test_points_behind_a_long_group(void **state)
{
    int64_t behind_few = INT64_MAX, behind_many = INT64_MAX;

    (void)state;
    for (int i = 0; i < 3; i++) {
        int64_t few = points_cpu_ns(10), all = points_cpu_ns(300000);

        behind_few = few < behind_few ? few : behind_few;
        behind_many = all < behind_many ? all : behind_many;
    }
    assert_true(behind_many < 50 * behind_few);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_begins_at_a_keyframe),       CASE(test_keeps_the_span),
        CASE(test_forgets_over_a_silence),     CASE(test_nearest_keyframe),
        CASE(test_clock_jumped_back),          CASE(test_is_bounded),
        CASE(test_points_behind_a_long_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
