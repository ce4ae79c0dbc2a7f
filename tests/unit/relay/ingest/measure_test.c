/* What made-up access units are measured as. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/measure.h"
#include "tests/unit/codecs/clips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TICKS = 3600 }; /* 25 pictures a second */

struct bench {
    struct measure m;
    struct ts_layout l;
    struct ts_clock clock;
    struct link_feed_stats s;
    struct link_vitals v;
    uint64_t damage;
    int64_t now_us;
    uint32_t missing;
};

static struct bench b;

static void begin(enum codec_id video, size_t audio)
{
    memset(&b, 0, sizeof(b));
    if (video)
        b.l.tracks[b.l.count++].codec = video;
    while (audio-- > 0)
        b.l.tracks[b.l.count++].codec = CODEC_AAC;
}

static void give(uint32_t track, const struct nal *nals, size_t n, uint64_t pts, uint64_t dts)
{
    const uint64_t mask = (UINT64_C(1) << 33) - 1;
    struct access_unit u = {
        .track = track, .raw_pts = pts & mask, .raw_dts = dts & mask, .nals = nals, .nal_count = n};
    b.missing += measure_unit(&b.m, &b.l, &u, b.damage, b.now_us);
}

static void picture(uint8_t head, uint64_t pts, uint64_t dts)
{
    const uint8_t bytes[] = {head, 0x01, 0x80};
    const struct nal n = {bytes, sizeof(bytes)};
    give(0, &n, 1, pts, dts);
}

static void sound(uint32_t track, uint64_t pts)
{
    give(track, NULL, 0, pts, pts);
}

static void second(void)
{
    b.s.packets += 100;
    b.s.bytes += 125000;
    measure_second(&b.m, &b.l, &b.s, &b.clock, &b.v);
}

enum {
    IDR = 0x65,
    P = 0x41,
    HEVC_P = 1 << 1,
    HEVC_IDR = 19 << 1,
    HEVC_CRA = 21 << 1,
    HEVC_RASL = 8 << 1
};

/* `pictures` in order, a keyframe every `gop`; every 25 of them are a second. */
static void run(uint64_t *at, int pictures, int gop)
{
    for (int i = 0; i < pictures; i++) {
        picture(i % gop == 0 ? IDR : P, *at, *at);
        *at += TICKS;
        if (i % 25 == 24)
            second();
    }
}

static void test_keyframes(void **state)
{
    uint64_t at = 60 * TICKS;
    (void)state;
    begin(CODEC_H264, 0);
    run(&at, 200, 50);
    assert_int_equal(2000, b.v.gop_last_ms);
    assert_int_equal(2000, b.v.gop_longest_ms);
    assert_int_equal(25000, b.v.fps_milli);
    assert_int_equal(0, b.v.dts_back);
    run(&at, 125, 1000); /* none comes any more: it counts while it lasts */
    assert_int_equal(2000, b.v.gop_last_ms);
    assert_int_equal(4960, b.v.gop_longest_ms);
    run(&at, 25, 1000);
    assert_int_equal(5000, b.v.gop_last_ms);
    assert_int_equal(5000, b.v.gop_longest_ms);
    run(&at, 300, 50);
    assert_int_equal(2000, b.v.gop_longest_ms); /* forgotten after ten seconds */
}

/* A GOP in whose middle the clock wraps is one GOP. */
static void test_clock_wraps(void **state)
{
    uint64_t at = (UINT64_C(1) << 33) - 10 * TICKS;
    (void)state;
    begin(CODEC_H264, 0);
    run(&at, 150, 125);
    assert_int_equal(5000, b.v.gop_last_ms);
    assert_int_equal(25000, b.v.fps_milli);
}

/* A feed that never had one waits for it since its first picture. */
static void test_no_keyframe_at_all(void **state)
{
    uint64_t at = 1000;
    (void)state;
    begin(CODEC_H264, 0);
    for (int i = 0; i < 250; i++, at += TICKS) {
        picture(P, at, at);
        if (i % 25 == 24)
            second();
    }
    assert_int_equal(9960, b.v.gop_longest_ms);
    assert_int_equal(0, b.v.gop_last_ms);
}

/* Another clock begins: neither a long GOP nor a time that goes back. */
static void test_clock_jumps(void **state)
{
    uint64_t at = 90000 * 1000;
    (void)state;
    begin(CODEC_H264, 0);
    run(&at, 100, 50);
    at += 90000 * 3600;
    run(&at, 100, 50);
    at -= 90000 * 7200;
    run(&at, 100, 50);
    assert_int_equal(2000, b.v.gop_longest_ms);
    assert_int_equal(0, b.v.dts_back);
    assert_int_equal(25000, b.v.fps_milli);
}

static void test_dts_goes_back(void **state)
{
    uint64_t at = 90000;
    (void)state;
    begin(CODEC_H264, 1);
    run(&at, 25, 25);
    picture(P, at, at);
    picture(P, at, at);                 /* the same time again */
    picture(P, at - TICKS, at - TICKS); /* and before it */
    sound(1, at);
    sound(1, at - 1);
    second();
    assert_int_equal(3, b.v.dts_back);
    at += TICKS;
    run(&at, 250, 25);
    assert_int_equal(0, b.v.dts_back);
}

/* In decoding order: P8 B4 B2 B1 B3 B6 B5 B7, as a pyramid has it. */
static void test_b_frames(void **state)
{
    static const uint64_t pyramid[] = {8, 4, 2, 1, 3, 6, 5, 7}, flat[] = {3, 1, 2};
    uint64_t at = 0;
    (void)state;
    begin(CODEC_H264, 0);
    for (int i = 0; i < 48; i++, at++)
        picture(i ? P : IDR, (at / 8 * 8 + pyramid[at % 8] + 2) * TICKS, at * TICKS);
    second();
    assert_int_equal(7, b.v.b_frames);
    assert_int_equal(3, b.v.reorder);
    begin(CODEC_H264, 0);
    for (int i = 0; i < 48; i++, at++)
        picture(i ? P : IDR, (at / 3 * 3 + flat[at % 3] + 1) * TICKS, at * TICKS);
    second();
    assert_int_equal(2, b.v.b_frames);
    assert_int_equal(1, b.v.reorder);
    begin(CODEC_H264, 0);
    run(&at, 50, 25);
    assert_int_equal(0, b.v.b_frames);
    assert_int_equal(0, b.v.reorder);
}

static void test_open_gop_h264(void **state)
{
    /* Type 6, one byte: recovery_frame_cnt 0, exact_match_flag 1 ... */
    static const uint8_t there[] = {0x06, 0x06, 0x01, 0xc4, 0x80}, slice[] = {P, 0x01, 0x80},
                         refresh[] = {0x06, 0x06, 0x01, 0x24, 0x80}, idr[] = {IDR, 0x01, 0x80};
    const struct nal open[] = {{there, 5}, {slice, 3}}, rolling[] = {{refresh, 5}, {slice, 3}},
                     closed[] = {{there, 5}, {idr, 3}};
    (void)state;
    begin(CODEC_H264, 0);
    for (uint64_t i = 0; i < 6; i++) {
        give(0, closed, 2, i * TICKS, i * TICKS);
        give(0, rolling, 2, i * TICKS + 1, i * TICKS + 1);
    }
    second();
    assert_int_equal(0, b.v.open_gops);
    for (uint64_t i = 6; i < 9; i++)
        give(0, open, 2, i * TICKS, i * TICKS);
    second();
    assert_int_equal(3, b.v.open_gops);
}

/* A CRA is one that leans on what was before when RASL pictures follow it; it counts once. */
static void test_open_gop_hevc(void **state)
{
    uint64_t at = 0;
    (void)state;
    begin(CODEC_HEVC, 0);
    for (int gop = 0; gop < 4; gop++)
        for (int i = 0; i < 10; i++, at += TICKS)
            picture(i == 0 ? gop % 2 ? HEVC_CRA : HEVC_IDR : HEVC_P, at, at);
    second();
    assert_int_equal(0, b.v.open_gops);
    assert_int_equal(400, b.v.gop_last_ms);
    for (int gop = 0; gop < 3; gop++)
        for (int i = 0; i < 10; i++, at += TICKS)
            picture(i == 0 ? HEVC_CRA : i < 4 ? HEVC_RASL : HEVC_P, at, at);
    second();
    assert_int_equal(3, b.v.open_gops);
}

/* The first set in an avcC record. */
static void give_sps(const uint8_t *avcc, uint64_t at)
{
    const uint8_t slice[] = {IDR, 0x88, 0x84};
    const struct nal nals[] = {{avcc + 8, (size_t)avcc[6] << 8 | avcc[7]}, {slice, 3}};
    give(0, nals, 2, at, at);
}

static void test_parameters(void **state)
{
    (void)state;
    begin(CODEC_H264, 0);
    give_sps(H264_HIGH1080_RECORD, 0);
    second();
    assert_int_equal(CODEC_H264, b.v.codec);
    assert_int_equal(H264_HIGH1080_RECORD[1], b.v.profile);
    assert_int_equal(H264_HIGH1080_RECORD[3], b.v.level);
    assert_int_equal(1920, b.v.width);
    assert_int_equal(1080, b.v.height);
    assert_int_equal(0, b.v.interlaced);
    assert_int_equal(1, b.v.chroma_format);
    give_sps(H264_422_RECORD, TICKS);
    second();
    assert_int_equal(2, b.v.chroma_format);
    give_sps(H264_INTER_RECORD, 2 * TICKS);
    second();
    assert_int_equal(1, b.v.interlaced);
    give_sps((const uint8_t[]){1, 2, 3, 4, 5, 6, 0, 3, 0x67, 1, 2}, 3 * TICKS); /* torn */
    second();
    assert_int_equal(1, b.v.interlaced);
}

static void test_sound(void **state)
{
    (void)state;
    begin(CODEC_H264, 2);
    for (uint64_t i = 0; i < 250; i++) {
        picture(i % 50 ? P : IDR, i * TICKS, i * TICKS);
        sound(1, i * TICKS + 90000 / 2); /* half a second ahead */
        if (i < 100)
            sound(2, i * TICKS);
        if (i % 25 == 24)
            second();
        if (i == 99) {
            assert_int_equal(2, b.v.audio_tracks);
            assert_int_equal(2, b.v.audio_heard);
        }
    }
    assert_int_equal(2, b.v.audio_tracks);
    assert_int_equal(1, b.v.audio_heard);
    assert_int_equal(1, b.v.video_heard);
    assert_int_equal(1, b.v.skew_known);
    assert_int_equal(500 - 40, b.v.skew_ms); /* the nearest that the two came */
}

static void test_sound_alone(void **state)
{
    (void)state;
    begin(CODEC_NONE, 1);
    for (uint64_t i = 0; i < 100; i++) {
        sound(0, i * 1920);
        if (i % 47 == 46)
            second();
    }
    assert_int_equal(0, b.v.has_video);
    assert_int_equal(1, b.v.audio_heard);
    assert_int_equal(0, b.v.skew_known);
    assert_int_equal(0, b.v.fps_milli);
}

/* Counts are of the last ten seconds that had packets, whatever they were before. */
static void test_connection(void **state)
{
    (void)state;
    begin(CODEC_H264, 0);
    b.s = (struct link_feed_stats){.packets = 77, .lost = 5000, .dropped = 300, .ts_errors = 9};
    picture(IDR, 0, 0);
    second();
    assert_int_equal(0, b.v.lost);
    assert_int_equal(0, b.v.dropped);
    for (int i = 0; i < 12; i++) {
        b.s.lost += 5;
        b.s.retransmitted += 4;
        b.s.dropped += 1;
        b.s.ts_errors += 2;
        second();
    }
    assert_int_equal(50, b.v.lost);
    assert_int_equal(40, b.v.retransmitted);
    assert_int_equal(10, b.v.dropped);
    assert_int_equal(20, b.v.ts_errors);
    assert_int_equal(1000, b.v.packets);
    assert_int_equal(1000000, b.v.bitrate_bps);
    assert_int_equal(13, b.v.watched_s);
    for (int i = 0; i < 30; i++) /* silence: nothing is known anew */
        measure_second(&b.m, &b.l, &b.s, &b.clock, &b.v);
    assert_int_equal(50 - 5, b.v.lost);
    assert_int_equal(14, b.v.watched_s);
    b.s.lost += 7; /* given up while nothing came */
    for (int i = 0; i < 2; i++)
        measure_second(&b.m, &b.l, &b.s, &b.clock, &b.v);
    second();
    assert_int_equal(50 - 5 + 7, b.v.lost);
}

static void test_clock(void **state)
{
    (void)state;
    begin(CODEC_H264, 0);
    picture(IDR, 0, 0);
    b.clock = (struct ts_clock){.known = true, .count = 25, .longest_90k = 18000};
    second();
    assert_int_equal(0, b.clock.count);
    assert_int_equal(0, b.clock.longest_90k);
    b.clock.count = 25;
    b.clock.longest_90k = 3600;
    second();
    assert_int_equal(50, b.v.pcrs);
    assert_int_equal(200, b.v.pcr_longest_ms);
}

static void test_before_the_first_unit(void **state)
{
    (void)state;
    begin(CODEC_H264, 1);
    for (int i = 0; i < 5; i++)
        second();
    assert_int_equal(0, b.v.watched_s);
    assert_int_equal(0, b.v.has_video);
}

/* What a loss took is counted by the usual distance, on each track for itself; what the encoder
 * left out is not. */
static void test_missing(void **state)
{
    (void)state;
    begin(CODEC_H264, 1);
    for (uint64_t i = 0; i < 10; i++) {
        picture(0x41, i * 3600, i * 3600);
        sound(1, i * 1920);
    }
    picture(0x41, 19 * 3600, 19 * 3600); /* the encoder paused */
    picture(0x41, 20 * 3600, 20 * 3600);
    picture(0x41, 21 * 3600, 21 * 3600);
    assert_int_equal(0, b.missing);
    b.damage += 7;
    picture(0x41, 22 * 3600, 22 * 3600); /* it was whole, and its turn came after the loss */
    assert_int_equal(0, b.missing);
    picture(0x41, 27 * 3600, 27 * 3600);
    assert_int_equal(4, b.missing);
    sound(1, 13 * 1920 - 1);
    assert_int_equal(7, b.missing);
    picture(0x41, 29 * 3600, 29 * 3600); /* a loss in two pieces */
    assert_int_equal(8, b.missing);
    for (uint64_t i = 30; i<100; i++, b.now_us += i> 90)
        picture(0x41, i * 3600, i * 3600); /* many in the same turn */
    picture(0x41, 103 * 3600, 103 * 3600);
    assert_int_equal(8, b.missing);
    b.damage++;
    picture(0x41, 10000 * UINT64_C(3600), 10000 * UINT64_C(3600)); /* another clock */
    assert_int_equal(8, b.missing);
}

/* Two pictures that happened to be near each other are no measure. */
static void test_missing_behind_a_short_distance(void **state)
{
    (void)state;
    begin(CODEC_H264, 0);
    for (uint64_t i = 0; i < 10; i++)
        picture(0x41, i * 3600, i * 3600);
    picture(0x41, 9 * 3600 + 90, 9 * 3600 + 90);
    b.damage++;
    picture(0x41, 14 * 3600, 14 * 3600);
    assert_int_equal(4, b.missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyframes),
        cmocka_unit_test(test_clock_wraps),
        cmocka_unit_test(test_no_keyframe_at_all),
        cmocka_unit_test(test_clock_jumps),
        cmocka_unit_test(test_dts_goes_back),
        cmocka_unit_test(test_b_frames),
        cmocka_unit_test(test_open_gop_h264),
        cmocka_unit_test(test_open_gop_hevc),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_sound_alone),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_before_the_first_unit),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_missing_behind_a_short_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
