/* The transport stream: tables first, counters that go on, clocks that keep time. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/ts_mux.h"
#include "tests/unit/relay/package/ts_packets.h"

#include <stdlib.h>

enum { FRAME = 3600, SOUND = 1920 };

static struct ts_packets seen;
static struct ts_mux *mux;

static int on_packets(void *ctx, const uint8_t *packets, size_t len)
{
    (void)ctx;
    ts_packets_add(&seen, packets, len);
    return 0;
}

static void make(enum codec_id video, enum codec_id audio, const uint8_t counters[static 4])
{
    assert_int_equal(ts_mux_new(&mux, video, audio, 48000, counters, on_packets, NULL), 0);
    ts_mux_begin(mux);
}

static void video(int64_t dts, bool sync)
{
    uint8_t data[500] = {0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, sync ? 0x65 : 0x41, 0x88};
    struct ts_mux_unit u = {data, sizeof data, dts + 2 * FRAME, dts, true, sync};

    assert_int_equal(ts_mux_write(mux, &u), 0);
}

static void audio(int64_t dts)
{
    uint8_t data[31] = {0xff, 0xf1, 0x4c, 0x40, 0x03, 0xff, 0xfc, 0x01, 0x40, 0x20, 0x07};
    struct ts_mux_unit u = {data, sizeof data, dts, dts, false, true};

    assert_int_equal(ts_mux_write(mux, &u), 0);
}

static void end_segment(void)
{
    assert_int_equal(ts_mux_flush(mux), 0);
}

static void tables_stand_at_the_head_of_every_segment(void **state)
{
    static const uint8_t zero[4];

    (void)state;
    seen.len = 0;
    make(CODEC_H264, CODEC_AAC, zero);
    for (int64_t segment = 0; segment < 3; segment++) {
        size_t head = ts_packets_count(&seen);

        for (int64_t i = 0; i < 4; i++) { /* sound first: its times are lower */
            audio(900000 + (segment * 4 + i) * FRAME - 100);
            video(900000 + (segment * 4 + i) * FRAME, i == 0);
        }
        end_segment();
        ts_mux_begin(mux);
        assert_int_equal(ts_packets_at(&seen, head).pid, 0);
        assert_int_equal(ts_packets_at(&seen, head + 1).pid, 0x1000);
    }
    /* the PMT: PCR on video; H.264 (0x1b) at 0x100, AAC in ADTS (0x0f) at 0x101 */
    assert_memory_equal(ts_packets_at(&seen, 1).data + 9, "\xe1\x00\xf0\x00\x1b\xe1\x00", 7);
    assert_memory_equal(ts_packets_at(&seen, 1).data + 18, "\x0f\xe1\x01", 3);
    ts_mux_free(&mux);
    assert_null(mux);
}

static void counters_go_on_in_another_muxer(void **state)
{
    uint8_t next[4] = {3, 15, 14, 7}, carried[4] = {3, 15, 14, 7};

    (void)state;
    seen.len = 0;
    for (int64_t session = 0; session < 3; session++) {
        make(CODEC_H264, session == 1 ? CODEC_AC3 : CODEC_AAC, carried);
        for (int64_t i = 0; i < 30; i++) {
            video(900000 + (session * 30 + i) * FRAME, i % 10 == 0);
            audio(900000 + (session * 30 + i) * FRAME);
        }
        end_segment();
        ts_mux_counters(mux, carried);
        ts_mux_free(&mux);
    }
    ts_packets_check(&seen, next);
    assert_memory_equal(next, carried, 4);
}

/* Every PCR is TS_MUX_DELAY_90K before its unit, grows, and is never 100 ms after the last. */
static void check_clock(int64_t first_dts)
{
    int64_t last = -1;

    for (size_t n = 0; n < ts_packets_count(&seen); n++) {
        struct ts_packet p = ts_packets_at(&seen, n);

        if (!p.pcr)
            continue;
        if (last < 0)
            assert_int_equal(p.pcr_90k, (first_dts - TS_MUX_DELAY_90K) & 0x1ffffffff);
        else
            assert_in_range((p.pcr_90k - last) & 0x1ffffffff, 1, 9000);
        if (p.start)
            assert_int_equal((ts_packets_dts(&p) - p.pcr_90k) & 0x1ffffffff, TS_MUX_DELAY_90K);
        last = p.pcr_90k;
    }
    assert_true(last >= 0);
}

static void the_clock_goes_on_between_rare_pictures(void **state)
{
    static const uint8_t zero[4];
    uint8_t next[4] = {0};

    (void)state;
    seen.len = 0;
    make(CODEC_H264, CODEC_NONE, zero);
    for (int64_t i = 0; i < 20; i++)
        video(900000 + i * 80000, true);
    end_segment();
    check_clock(900000);
    ts_packets_check(&seen, next);
    ts_mux_free(&mux);
    seen.len = 0;
    make(CODEC_H264, CODEC_AAC, zero); /* and where pictures stay away */
    video(900000, true);
    for (int64_t i = 0; i < 200; i++)
        audio(900000 + i * SOUND);
    end_segment();
    check_clock(900000);
    ts_mux_free(&mux);
}

static void sound_alone_brings_its_own_clock(void **state)
{
    static const uint8_t zero[4];

    (void)state;
    seen.len = 0;
    make(CODEC_NONE, CODEC_MP3, zero);
    for (int64_t i = 0; i < 100; i++)
        audio(900000 + i * SOUND);
    end_segment();
    check_clock(900000);
    assert_memory_equal(ts_packets_at(&seen, 1).data + 13, "\x03\xe1\x01", 3);
    ts_mux_free(&mux);
}

/* Sound before the first picture may overlap what another muxer sent: no PCR goes with it. */
static void the_first_clock_is_the_first_pictures(void **state)
{
    static const uint8_t zero[4];

    (void)state;
    seen.len = 0;
    make(CODEC_H264, CODEC_AAC, zero);
    for (int64_t i = 8; i > 0; i--)
        audio(900000 - i * SOUND);
    for (int64_t i = 0; i < 10; i++)
        video(900000 + i * FRAME, i == 0);
    end_segment();
    check_clock(900000);
    ts_mux_free(&mux);
}

static void timestamps_wrap(void **state)
{
    static const uint8_t zero[4];
    const int64_t wrap = INT64_C(1) << 33;
    int64_t expected = wrap - 20 * FRAME;

    (void)state;
    seen.len = 0;
    make(CODEC_H264, CODEC_AAC, zero);
    for (int64_t i = 0; i < 60; i++) {
        video(wrap - 20 * FRAME + i * FRAME, i % 20 == 0);
        audio(wrap - 20 * FRAME + i * FRAME);
    }
    end_segment();
    check_clock(wrap - 20 * FRAME);
    for (size_t n = 0; n < ts_packets_count(&seen); n++) {
        struct ts_packet p = ts_packets_at(&seen, n);

        if (p.pid != 0x100 || !p.start)
            continue;
        assert_int_equal(ts_packets_dts(&p), expected & (wrap - 1));
        expected += FRAME;
    }
    assert_int_equal(expected, wrap + 40 * FRAME);
    ts_mux_free(&mux);
}

static void what_hls_does_not_take_is_not_carried(void **state)
{
    (void)state;
    assert_true(ts_mux_carries(CODEC_H264));
    assert_true(ts_mux_carries(CODEC_EAC3));
    assert_false(ts_mux_carries(CODEC_HEVC));
    assert_false(ts_mux_carries(CODEC_OPUS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_stand_at_the_head_of_every_segment),
        cmocka_unit_test(counters_go_on_in_another_muxer),
        cmocka_unit_test(the_clock_goes_on_between_rare_pictures),
        cmocka_unit_test(sound_alone_brings_its_own_clock),
        cmocka_unit_test(the_first_clock_is_the_first_pictures),
        cmocka_unit_test(timestamps_wrap),
        cmocka_unit_test(what_hls_does_not_take_is_not_carried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
