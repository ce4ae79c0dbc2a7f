/* Two lanes into one stream: the order of units, the cuts, and lanes that stay behind. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/ts_track.h"
#include "tests/unit/codecs/clips.h"
#include "tests/unit/relay/package/ts_packets.h"

#include <fcntl.h>
#include <unistd.h>

enum { FRAME = 3000, SOUND = 1920, KEPT = 64, START = 900000 };

static struct seen {
    struct ts_packets stream;
    struct cmaf_track_segment segments[KEPT];
    size_t count, begun;
    uint8_t counters[4];
} seen;
static struct ts_track *track;

static void on_begin(void *ctx, const struct track_params *p)
{
    (void)ctx;
    assert_int_not_equal(p->codec, CODEC_NONE);
    assert_int_equal(seen.count, 0);
    seen.begun++;
}

static void on_segment(void *ctx, const struct cmaf_track_segment *s,
                       const uint8_t counters[static LINK_TS_PIDS], int fd)
{
    static uint8_t bytes[1 << 20];

    (void)ctx;
    assert_true(seen.count < KEPT && s->bytes <= sizeof bytes);
    assert_int_equal(lseek(fd, 0, SEEK_END), s->bytes);
    assert_int_equal(pread(fd, bytes, s->bytes, 0), s->bytes);
    assert_int_equal(fcntl(fd, F_GET_SEALS),
                     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
    close(fd);
    ts_packets_add(&seen.stream, bytes, s->bytes);
    memcpy(seen.counters, counters, 4);
    seen.segments[seen.count++] = *s;
}

static void make(enum codec_id video, enum codec_id audio)
{
    static const uint8_t counters[4] = {1, 2, 3, 4};
    struct ts_track_out out = {.begin = on_begin, .segment = on_segment};

    memset(&seen, 0, sizeof seen);
    assert_int_equal(ts_track_new(&track, 8, video, audio, counters, &out), 0);
}

/* Everything is out, and every counter followed the one before it. */
static void finish(void)
{
    uint8_t next[4] = {1, 2, 3, 4};

    assert_int_equal(ts_track_finish(track), 0);
    ts_packets_check(&seen.stream, next);
    assert_memory_equal(next, seen.counters, 4);
    ts_track_free(&track);
    assert_null(track);
}

static void video_bytes(int64_t dts, uint64_t sequence, bool idr, size_t len)
{
    static uint8_t nal[TS_HELD_BYTES / 16];
    struct track_params p = {.codec = CODEC_H264, .config_len = sizeof H264_BASE_RECORD};
    struct cmaf_track_written w = {.data = nal,
                                   .len = len,
                                   .sequence = sequence,
                                   .pts_90k = dts + 2 * FRAME,
                                   .dts_90k = dts,
                                   .duration_90k = FRAME,
                                   .random_access = idr};

    memcpy(p.config, H264_BASE_RECORD, sizeof H264_BASE_RECORD);
    nal[0] = 0;
    nal[1] = (uint8_t)((len - 4) >> 16);
    nal[2] = (uint8_t)((len - 4) >> 8);
    nal[3] = (uint8_t)(len - 4);
    nal[4] = idr ? 0x65 : 0x41;
    assert_int_equal(ts_track_push(track, &p, &w), 0);
}

static void video(int64_t dts, uint64_t sequence, bool idr)
{
    video_bytes(dts, sequence, idr, 40);
}

static void audio(int64_t dts, uint64_t sequence)
{
    static const uint8_t raw[24] = {0x01, 0x40, 0x20, 0x07};
    struct track_params p = {
        .codec = CODEC_AAC, .sample_rate = 48000, .config = {0x11, 0x88}, .config_len = 2};
    struct cmaf_track_written w = {.data = raw,
                                   .len = sizeof raw,
                                   .sequence = sequence,
                                   .pts_90k = dts,
                                   .dts_90k = dts,
                                   .duration_90k = SOUND,
                                   .random_access = true};

    assert_int_equal(ts_track_push(track, &p, &w), 0);
}

/* How many PES of a PID there are; their DTS grow. */
static size_t units(unsigned pid)
{
    size_t n = 0;
    int64_t last = -1;

    for (size_t i = 0; i < ts_packets_count(&seen.stream); i++) {
        struct ts_packet p = ts_packets_at(&seen.stream, i);

        if (p.pid != pid || !p.start)
            continue;
        assert_true(ts_packets_dts(&p) > last);
        last = ts_packets_dts(&p);
        n++;
    }
    return n;
}

/* All PES of the stream come in the order of their DTS. */
static void check_order(void)
{
    int64_t last = -1;

    for (size_t i = 0; i < ts_packets_count(&seen.stream); i++) {
        struct ts_packet p = ts_packets_at(&seen.stream, i);

        if ((p.pid != 0x100 && p.pid != 0x101) || !p.start)
            continue;
        assert_true(ts_packets_dts(&p) >= last);
        last = ts_packets_dts(&p);
    }
}

/* 90 pictures in 3 segments and 144 frames; sound comes `behind` pictures late. */
static void interleaved(int64_t behind)
{
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 90 + behind; i++) {
        int64_t until = START + (i - behind + 1) * FRAME;

        if (i < 90)
            video(START + i * FRAME, (uint64_t)i / 30 + 5, i % 30 == 0);
        for (int64_t n = 0; n < 141; n++)
            if (START + n * SOUND >= until - FRAME && START + n * SOUND < until)
                audio(START + n * SOUND, (uint64_t)(n * SOUND) / 90000 + 5);
    }
    finish();
    assert_int_equal(seen.begun, 1);
    assert_int_equal(units(0x100), 90);
    assert_int_equal(units(0x101), 141);
    check_order();
}

static void units_come_in_the_order_of_their_times(void **state)
{
    (void)state;
    for (int64_t behind = 0; behind < 50; behind += 7)
        interleaved(behind);
}

static void segments_are_those_of_the_leading_lane(void **state)
{
    (void)state;
    interleaved(3);
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct cmaf_track_segment *s = &seen.segments[i];

        assert_int_equal(s->track, 8);
        assert_int_equal(s->sequence, i + 5);
        assert_int_equal(s->start_90k, START + (int64_t)i * 90000);
        assert_int_equal(s->present_90k, s->start_90k + 2 * FRAME);
        assert_int_equal(s->duration_90k, 90000);
        assert_true(s->independent && !s->gap);
    }
    assert_int_equal(seen.segments[0].samples + seen.segments[1].samples + seen.segments[2].samples,
                     90 + 141);
}

static void silent_sound_is_not_waited_for_long(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 59; i++)
        video(START + i * FRAME, (uint64_t)i / 15, i % 15 == 0);
    assert_int_equal(seen.count, 0); /* it may still come */
    for (int64_t i = 59; i < 180; i++)
        video(START + i * FRAME, (uint64_t)i / 15, i % 15 == 0);
    assert_int_equal(seen.count, 11); /* all but the open one */
    for (int64_t i = 180; i < 240; i++) {
        audio(START + i * FRAME, (uint64_t)i / 15);
        video(START + i * FRAME, (uint64_t)i / 15, i % 15 == 0);
    }
    finish();
    assert_int_equal(seen.count, 16);
    assert_int_equal(units(0x100), 240);
    assert_int_equal(units(0x101), 60);
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 40; i++) /* 1.3 s, but 40 MB */
        video_bytes(START + i * FRAME, 0, i == 0, TS_HELD_BYTES / 16);
    ts_track_free(&track); /* nothing is given out, nothing is left behind */
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.count, 0);
}

static void sound_leads_where_no_picture_comes(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 300; i++)
        audio(START + i * SOUND, (uint64_t)i / 50);
    finish();
    assert_int_equal(seen.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(seen.segments[i].sequence, i);
        assert_int_equal(seen.segments[i].duration_90k, 50 * SOUND);
    }
    assert_int_equal(units(0x101), 300);
}

/* Pictures stay away, sound goes on with numbers of its own, pictures return. */
static void the_lead_changes_without_loss(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 900; i++) {
        uint64_t sequence = (uint64_t)i / 60;

        audio(START + i * FRAME, sequence);
        if (i < 100 || i >= 480)
            video(START + i * FRAME, sequence, i % 60 == 0);
    }
    finish();
    assert_int_equal(units(0x100), 900 - 380);
    assert_int_equal(units(0x101), 900);
    check_order();
    for (size_t i = 0; i < seen.count; i++) {
        assert_int_equal(seen.segments[i].sequence, i);
        assert_in_range(seen.segments[i].duration_90k, 1, 60 * FRAME);
    }
    assert_int_equal(seen.count, 15);
}

/* Pictures that take the lead over from sound may be behind it: no segment is shorter than nothing,
 * and none begins in the one before it. */
static void the_lead_goes_to_pictures_that_are_behind(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 150; i++)
        audio(START + i * SOUND, (uint64_t)i / 50);
    for (int64_t i = 0; i < 60; i++)
        video(START + 70000 + i * FRAME, 3 + (uint64_t)i / 10, i % 10 == 0);
    finish();
    for (size_t i = 0; i < seen.count; i++) {
        assert_true(seen.segments[i].duration_90k > 0);
        assert_true(i == 0 || seen.segments[i].start_90k >= seen.segments[i - 1].start_90k +
                                                                seen.segments[i - 1].duration_90k);
    }
    assert_int_equal(units(0x100), 60);
}

static void late_sound_is_written_all_the_same(void **state)
{
    (void)state;
    make(CODEC_H264, CODEC_AAC);
    for (int64_t i = 0; i < 120; i++)
        video(START + i * FRAME, (uint64_t)i / 30, i % 30 == 0);
    for (int64_t n = 0; n < 180; n++)
        audio(START + n * SOUND, (uint64_t)(n * SOUND) / 90000);
    finish();
    assert_int_equal(units(0x101), 180);
    assert_int_equal(seen.count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_come_in_the_order_of_their_times),
        cmocka_unit_test(segments_are_those_of_the_leading_lane),
        cmocka_unit_test(silent_sound_is_not_waited_for_long),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(sound_leads_where_no_picture_comes),
        cmocka_unit_test(the_lead_changes_without_loss),
        cmocka_unit_test(the_lead_goes_to_pictures_that_are_behind),
        cmocka_unit_test(late_sound_is_written_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
