/* Every check at, below and above its thresholds, and how long it takes to appear and to go. */
/* SPDX-License-Identifier: MIT */
#include "codecs/codec.h"
#include "relay/room/doctor.h"
#include "relay/room/doctor_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NEVER = UINT32_MAX };

/* A feed that is well, and its second. */
struct patient {
    struct link_vitals v;
    struct link_feed_stats s;
    struct doctor_case c;
    struct doctor d;
    int64_t now_us;
};

static void admit(struct patient *p)
{
    *p = (struct patient){
        .v = {.bitrate_bps = 6000000,
              .watched_s = 20,
              .has_video = 1,
              .audio_tracks = 2,
              .video_heard = 1,
              .audio_heard = 2,
              .gop_last_ms = 2000,
              .gop_longest_ms = 2000,
              .reorder = 2,
              .b_frames = 2,
              .codec = CODEC_H264,
              .profile = 100,
              .level = 41,
              .chroma_format = 1,
              .bit_depth = 8,
              .fps_milli = 30000,
              .declared_fps_milli = 30000,
              .skew_known = 1,
              .pcrs = 300,
              .pcr_longest_ms = 40,
              .packets = 5000},
        .s = {.rtt_us = 20000},
        .now_us = 5000000,
    };
    p->c = (struct doctor_case){.vitals = &p->v,
                                .stats = &p->s,
                                .latency_ms = 1000,
                                .max_latency_ms = 8000,
                                .limit_mbps = 100};
}

static uint32_t second(struct patient *p)
{
    p->now_us += 1000000;
    return doctor_second(&p->d, &p->c, p->now_us);
}

static void set_gop(struct patient *p, uint32_t v)
{
    p->v.gop_longest_ms = v;
}
static void set_open(struct patient *p, uint32_t v)
{
    p->v.open_gops = v;
}
static void set_b_frames(struct patient *p, uint32_t v)
{
    p->v.b_frames = v;
}
static void set_back(struct patient *p, uint32_t v)
{
    p->v.dts_back = v;
}
static void set_interlaced(struct patient *p, uint32_t v)
{
    p->v.interlaced = v;
}
static void set_level(struct patient *p, uint32_t v)
{
    p->v.level = v;
}
static void set_fps(struct patient *p, uint32_t v)
{
    p->v.fps_milli = v;
}
static void set_said(struct patient *p, uint32_t v)
{
    p->v.declared_fps_milli = v;
}
static void set_depth(struct patient *p, uint32_t v)
{
    p->v.bit_depth = v;
}
static void set_no_video(struct patient *p, uint32_t v)
{
    p->v.has_video = !v;
}
static void set_unseen(struct patient *p, uint32_t v)
{
    p->v.video_heard = !v;
}
static void set_no_audio(struct patient *p, uint32_t v)
{
    p->v.audio_tracks = p->v.audio_heard = v ? 0 : 2;
}
static void set_unheard(struct patient *p, uint32_t v)
{
    p->v.audio_heard = 2 - v;
}
static void set_apart(struct patient *p, uint32_t v)
{
    p->v.skew_ms = -(int32_t)v;
}
static void set_pcr(struct patient *p, uint32_t v)
{
    p->v.pcr_longest_ms = v;
}
static void set_errors(struct patient *p, uint32_t v)
{
    p->v.ts_errors = v;
}
static void set_bitrate(struct patient *p, uint32_t v)
{
    p->v.bitrate_bps = v * UINT64_C(100000);
}
static void set_rtt(struct patient *p, uint32_t v)
{
    p->s.rtt_us = v * UINT64_C(1000);
    p->c.classic = true;
}
static void set_lost(struct patient *p, uint32_t v)
{
    p->v.lost = v;
}
static void set_dropped(struct patient *p, uint32_t v)
{
    p->v.dropped = v;
}

/* amber, red: the largest values that are still well, or still amber. down: with it a finding goes
 * on; mends: without it goes. */
static const struct row {
    void (*set)(struct patient *p, uint32_t value);
    uint32_t amber, red, down, mends;
    uint8_t after_s, mended_s;
} rows[DOCTOR_CHECKS] = {
    [DOCTOR_KEYFRAME_INTERVAL] = {set_gop, 4200, 6200, 4001, 4000, 3, 3},
    [DOCTOR_OPEN_GOP] = {set_open, 0, NEVER, 1, 0, 1, 5},
    [DOCTOR_B_FRAMES] = {set_b_frames, 4, NEVER, 5, 4, 2, 5},
    [DOCTOR_TIMESTAMPS] = {set_back, 2, 20, 1, 0, 1, 5},
    [DOCTOR_INTERLACED] = {set_interlaced, 0, NEVER, 1, 0, 1, 3},
    [DOCTOR_LEVEL] = {set_level, 52, NEVER, 53, 52, 1, 3},
    [DOCTOR_FRAME_RATE] = {set_fps, 61000, NEVER, 60501, 60500, 3, 5},
    [DOCTOR_FRAMES_MISSING] = {set_said, 37546, NEVER, 35336, 35294, 5, 5},
    [DOCTOR_PICTURE_FORMAT] = {set_depth, 8, 8, 9, 8, 1, 3},
    [DOCTOR_NO_VIDEO] = {set_no_video, 0, NEVER, 1, 0, 3, 3},
    [DOCTOR_VIDEO_STOPPED] = {set_unseen, 0, 0, 1, 0, 2, 3},
    [DOCTOR_NO_AUDIO] = {set_no_audio, 0, NEVER, 1, 0, 3, 3},
    [DOCTOR_AUDIO_STOPPED] = {set_unheard, 0, 0, 1, 0, 2, 3},
    [DOCTOR_AUDIO_APART] = {set_apart, 1000, 3000, 801, 800, 4, 5},
    [DOCTOR_PCR] = {set_pcr, 500, NEVER, 401, 400, 4, 5},
    [DOCTOR_CONTINUITY] = {set_errors, 2, 50, 1, 0, 1, 5},
    [DOCTOR_BITRATE] = {set_bitrate, 800, 950, 751, 750, 3, 5},
    [DOCTOR_LATENCY] = {set_rtt, 339, 669, 290, 289, 5, 10},
    [DOCTOR_LOSS] = {set_lost, 104, 504, 55, 54, 3, 10},
    [DOCTOR_UNRECOVERED] = {set_dropped, 0, 20, 1, 0, 1, 10},
};

static int light(const struct patient *p, size_t check)
{
    return p->d.findings[check].light;
}

static void run(struct patient *p, int seconds)
{
    while (seconds-- > 0)
        second(p);
}

static void test_well(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    for (int i = 0; i < 60; i++)
        assert_int_equal(0, second(&p));
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    assert_int_equal(20, p.d.watched_s);
}

/* At the threshold nothing; over it a finding, but only after its seconds in a row. */
static void test_appears(void **state)
{
    (void)state;
    for (size_t k = 0; k < DOCTOR_CHECKS; k++) {
        const struct row *r = &rows[k];
        struct patient p;
        admit(&p);
        r->set(&p, r->amber);
        run(&p, 30);
        assert_int_equal(DOCTOR_GREEN, light(&p, k));
        for (int i = 0; i < 5; i++) { /* now and then is not enough */
            r->set(&p, r->amber + 1);
            run(&p, r->after_s - 1);
            r->set(&p, r->amber);
            run(&p, 1);
        }
        assert_int_equal(DOCTOR_GREEN, light(&p, k));
        r->set(&p, r->amber + 1);
        run(&p, r->after_s - 1);
        assert_int_equal(DOCTOR_GREEN, light(&p, k));
        assert_true(second(&p) >> k & 1);
        assert_int_equal(p.now_us, p.d.findings[k].since_us);
        assert_int_equal(r->red == r->amber ? DOCTOR_RED : DOCTOR_AMBER, light(&p, k));
        assert_int_equal(light(&p, k), doctor_light(&p.d));
        for (int i = 0; i < 60; i++) /* and no news of it again */
            assert_int_equal(0, second(&p));
    }
}

static void test_gets_worse(void **state)
{
    (void)state;
    for (size_t k = 0; k < DOCTOR_CHECKS; k++) {
        const struct row *r = &rows[k];
        struct patient p;
        if (r->red == NEVER || r->red == r->amber)
            continue;
        admit(&p);
        r->set(&p, r->red);
        run(&p, 30);
        assert_int_equal(DOCTOR_AMBER, light(&p, k));
        int64_t since_us = p.d.findings[k].since_us;
        r->set(&p, r->red + 1);
        run(&p, r->after_s - 1);
        assert_int_equal(DOCTOR_AMBER, light(&p, k));
        assert_int_equal(1u << k, second(&p) & 1u << k);
        assert_int_equal(DOCTOR_RED, light(&p, k));
        assert_int_equal(since_us, p.d.findings[k].since_us);
    }
}

/* A little better is not well; well is so only after its seconds in a row. */
static void test_is_mended(void **state)
{
    (void)state;
    for (size_t k = 0; k < DOCTOR_CHECKS; k++) {
        const struct row *r = &rows[k];
        struct patient p;
        admit(&p);
        r->set(&p, k == DOCTOR_FRAMES_MISSING ? 40000 : r->amber + 10 - 9 * (r->amber == 0));
        run(&p, r->after_s);
        assert_int_not_equal(DOCTOR_GREEN, light(&p, k));
        r->set(&p, r->down);
        run(&p, 60);
        assert_int_not_equal(DOCTOR_GREEN, light(&p, k));
        for (int i = 0; i < 5; i++) {
            r->set(&p, r->mends);
            run(&p, r->mended_s - 1);
            r->set(&p, r->down);
            run(&p, 1);
        }
        assert_int_not_equal(DOCTOR_GREEN, light(&p, k));
        r->set(&p, r->mends);
        run(&p, r->mended_s - 1);
        assert_int_not_equal(DOCTOR_GREEN, light(&p, k));
        assert_true(second(&p) >> k & 1);
        assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    }
}

static void test_cannot_be_told(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.v.watched_s = 0;
    p.v.has_video = p.v.audio_tracks = 0;
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    admit(&p);
    p.v.watched_s = 3; /* tracks may still come */
    p.v.video_heard = p.v.audio_heard = 0;
    p.v.pcrs = 0;
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    admit(&p);
    p.v.declared_fps_milli = 90000000; /* a time base */
    p.v.codec = 0;
    p.v.level = 255;
    p.v.skew_known = 0;
    p.v.skew_ms = 60000;
    p.c.limit_mbps = 0;
    p.v.bitrate_bps = UINT64_MAX;
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
}

/* Without SRT's own play-out nothing is given up for coming late. */
static void test_latency_without_play_out(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.c.latency_ms = 120;
    p.s.rtt_us = 900000;
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    p.c.classic = true;
    run(&p, 30);
    assert_int_equal(DOCTOR_RED, doctor_light(&p.d));
}

/* What SRT lost makes holes in the stream: one finding, not two. */
static void test_one_cause_one_finding(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.v.dropped = 30;
    p.v.ts_errors = 500;
    p.v.fps_milli = 10000;
    run(&p, 30);
    for (size_t k = 0; k < DOCTOR_CHECKS; k++)
        assert_int_equal(k == DOCTOR_UNRECOVERED ? DOCTOR_RED : DOCTOR_GREEN, light(&p, k));
}

static void test_further_renditions(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.c.further = true;
    p.v.audio_tracks = p.v.audio_heard = 0;
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
}

static void test_hevc(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.v.codec = CODEC_HEVC;
    p.v.bit_depth = 10;
    p.v.level = 153; /* 5.1 */
    run(&p, 30);
    assert_int_equal(DOCTOR_GREEN, doctor_light(&p.d));
    p.v.level = 156;
    run(&p, 1);
    assert_int_equal(DOCTOR_AMBER, light(&p, DOCTOR_LEVEL));
    assert_int_equal(52, p.d.findings[DOCTOR_LEVEL].values[0]);
    assert_int_equal(51, p.d.findings[DOCTOR_LEVEL].values[1]);
    p.v.chroma_format = 3;
    run(&p, 1);
    assert_int_equal(444, p.d.findings[DOCTOR_PICTURE_FORMAT].values[1]);
}

/* Pictures that are not there any more have nothing wrong with them. */
static void test_pictures_left(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.v.interlaced = 1;
    p.v.gop_longest_ms = 12000;
    run(&p, 5);
    assert_int_equal(DOCTOR_RED, doctor_light(&p.d));
    p.v.has_video = p.v.video_heard = 0;
    run(&p, 5);
    assert_int_equal(DOCTOR_GREEN, light(&p, DOCTOR_KEYFRAME_INTERVAL));
    assert_int_equal(DOCTOR_GREEN, light(&p, DOCTOR_INTERLACED));
    assert_int_equal(DOCTOR_AMBER, light(&p, DOCTOR_NO_VIDEO));
}

/* The number in the sentence follows what it says, but does not wobble with it. */
static void test_values(void **state)
{
    struct patient p;
    const struct doctor_finding *gop = &p.d.findings[DOCTOR_KEYFRAME_INTERVAL];
    (void)state;
    admit(&p);
    p.v.gop_longest_ms = 8000;
    run(&p, 3);
    assert_int_equal(80, gop->values[0]);
    p.v.gop_longest_ms = 8700;
    run(&p, 1);
    assert_int_equal(80, gop->values[0]);
    p.v.gop_longest_ms = 10000;
    run(&p, 1);
    assert_int_equal(100, gop->values[0]);
    p.v.gop_longest_ms = 10400;
    run(&p, 9);
    assert_int_equal(100, gop->values[0]);
    run(&p, 1);
    assert_int_equal(104, gop->values[0]);
    set_rtt(&p, 410);
    run(&p, 5);
    assert_int_equal(1000, p.d.findings[DOCTOR_LATENCY].values[0]);
    assert_int_equal(410, p.d.findings[DOCTOR_LATENCY].values[1]);
    assert_int_equal(1650000, p.d.findings[DOCTOR_LATENCY].values[2]); /* four round trips */
    admit(&p);
    set_rtt(&p, 20);
    p.v.dropped = 1; /* it was too short for what happened */
    run(&p, 5);
    assert_int_equal(DOCTOR_AMBER, light(&p, DOCTOR_LATENCY));
    assert_int_equal(1500000, p.d.findings[DOCTOR_LATENCY].values[2]);
    admit(&p);
    set_rtt(&p, 20000);
    p.c.latency_ms = 100;
    run(&p, 5);
    assert_int_equal(8000000, p.d.findings[DOCTOR_LATENCY].values[2]); /* more is refused */
}

static void test_pcr_that_never_comes(void **state)
{
    struct patient p;
    (void)state;
    admit(&p);
    p.v.pcrs = 0;
    p.v.pcr_longest_ms = 0;
    run(&p, 4);
    assert_int_equal(DOCTOR_AMBER, light(&p, DOCTOR_PCR));
    assert_int_equal(100, p.d.findings[DOCTOR_PCR].values[0]);
}

static void test_log_lines(void **state)
{
    struct doctor_log log = {0};
    (void)state;
    for (int64_t minute = 0; minute < 3; minute++) {
        int lines = 0;
        for (int i = 0; i < 100; i++)
            lines += doctor_may_log(&log, 7000000 + minute * DOCTOR_MINUTE_US + i * 100000);
        assert_int_equal(DOCTOR_LINES, lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well),
        cmocka_unit_test(test_appears),
        cmocka_unit_test(test_gets_worse),
        cmocka_unit_test(test_is_mended),
        cmocka_unit_test(test_cannot_be_told),
        cmocka_unit_test(test_latency_without_play_out),
        cmocka_unit_test(test_one_cause_one_finding),
        cmocka_unit_test(test_further_renditions),
        cmocka_unit_test(test_hevc),
        cmocka_unit_test(test_pictures_left),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_pcr_that_never_comes),
        cmocka_unit_test(test_log_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
