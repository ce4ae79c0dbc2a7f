/* Multivariant playlists: what is declared of video, of audio, and of neither. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/room/actors.h"
#include "tests/unit/relay/room/golden.h"

static void announce(struct stage *s, uint32_t track, const struct track_params *params,
                     const char *language, const char *init)
{
    struct link_message m = {.type = LINK_TRACK, .worker = 1, .feed = 1};
    m.u.track.track = track;
    m.u.track.init_id = 1;
    m.u.track.init_bytes = (uint32_t)strlen(init);
    m.u.track.params = *params;
    snprintf(m.u.track.language, sizeof(m.u.track.language), "%s", language);
    stage_tell(s, &m, stage_bytes(init, strlen(init)));
}

static void deliver(struct stage *s, uint32_t tracks, uint32_t samples, bool independent)
{
    for (uint32_t track = 0; track < tracks; track++) {
        struct link_message m = stage_segment(s, 1, track, 0);
        m.u.segment.samples = samples;
        m.u.segment.independent = independent;
        m.u.segment.bytes = 1000 * (track + 1);
        stage_deliver(s, &m);
    }
}

static const struct track_params hevc = {.codec = CODEC_HEVC,
                                         .rfc6381 = "hvc1.2.4.L153.B0",
                                         .width = 3840,
                                         .height = 2160,
                                         .transfer = 16,
                                         .fps_num = 60000,
                                         .fps_den = 1001};
static const struct track_params stereo = {
    .codec = CODEC_AAC, .rfc6381 = "mp4a.40.2", .channels = 2, .sample_rate = 48000};
static const struct track_params mono = {
    .codec = CODEC_AAC, .rfc6381 = "mp4a.40.5", .channels = 1, .sample_rate = 48000};

static const struct track_params surround = {
    .codec = CODEC_AC3, .rfc6381 = "ac-3", .channels = 6, .sample_rate = 48000};

static void test_hdr_and_languages(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &hevc, "", "v");
    announce(s, 2, &mono, "en", "b"); /* before the first one: its name follows its number */
    announce(s, 1, &stereo, "zh", "a");
    deliver(s, 3, 120, true);
    stage_golden(s, "index.m3u8", "hdr-languages-index.m3u8");
}

/* A player takes a variant only when it knows all its formats: each codec has a group of its own,
 * AAC first; where no codec is known to all, the picture comes without sound too. */
static void test_codecs_apart(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &hevc, "", "v");
    announce(s, 1, &surround, "en", "b");
    announce(s, 2, &stereo, "zh", "a");
    deliver(s, 3, 120, true);
    stage_golden(s, "index.m3u8", "codecs-apart-index.m3u8");
}

static void test_codec_few_know(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &hevc, "", "v");
    announce(s, 1, &surround, "en", "b");
    deliver(s, 2, 120, true);
    stage_golden(s, "index.m3u8", "codec-few-know-index.m3u8");
}

static void test_audio_only(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &stereo, "", "a");
    deliver(s, 1, 94, true);
    stage_golden(s, "index.m3u8", "audio-only-index.m3u8");
    assert_non_null(stage_text(s, "hall", "audio.m3u8"));
    assert_non_null(strstr(stage_text(s, "hall", "status.json"), "\"video\":null"));
}

static void test_two_audio_only(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &stereo, "zh", "a");
    announce(s, 1, &mono, "en", "b");
    deliver(s, 2, 94, true);
    stage_golden(s, "index.m3u8", "two-audio-only-index.m3u8");
}

/* OBS sends a variable rate; the picture is stretched; a GOP was cut in the middle. */
static void test_measured_rate_and_shape(void **state)
{
    struct stage *s = *state;
    struct track_params k = hevc;
    k.fps_num = k.fps_den = 0;
    k.transfer = 18;
    k.width = 1440;
    k.height = 1080;
    k.sar_num = 4;
    k.sar_den = 3;
    stage_open(s, 1, "hall");
    announce(s, 0, &k, "", "v");
    deliver(s, 1, 60, false);
    const char *text = stage_text(s, "hall", "index.m3u8");
    assert_non_null(strstr(
        text, ",RESOLUTION=1920x1080,FRAME-RATE=30.000,VIDEO-RANGE=HLG,CLOSED-CAPTIONS=NONE\n"));
    assert_null(strstr(text, "INDEPENDENT"));
    assert_null(strstr(stage_text(s, "hall", "video.m3u8"), "INDEPENDENT"));
}

static void captions(struct stage *s, bool carried, uint8_t channels, uint64_t services)
{
    struct link_message m = {.type = LINK_CAPTIONS, .worker = 1, .feed = 1};
    m.u.captions.carried = carried;
    m.u.captions.channels = channels;
    m.u.captions.services = services;
    stage_tell(s, &m, -1);
    stage_pass(s, 100000);
}

/* Rule 57: NONE, then nothing while there is only padding, then what was found, for good. */
static void test_captions(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &hevc, "", "v");
    announce(s, 1, &stereo, "", "a");
    deliver(s, 2, 120, true);
    assert_non_null(strstr(stage_text(s, "hall", "index.m3u8"), ",CLOSED-CAPTIONS=NONE,"));
    captions(s, true, 0, 0);
    assert_null(strstr(stage_text(s, "hall", "index.m3u8"), "CLOSED-CAPTIONS"));
    captions(s, true, 1, 0);
    assert_non_null(strstr(stage_text(s, "hall", "index.m3u8"), "#EXT-X-VERSION:4\n"));
    captions(s, true, 0xf4, 1 | 1u << 2 | UINT64_C(1) << 63); /* no fifth channel, no service 0 */
    stage_golden(s, "index.m3u8", "captions-index.m3u8");
    captions(s, false, 0, 0); /* another session without any takes nothing back */
    stage_golden(s, "index.m3u8", "captions-index.m3u8");
}

/* Captions without video are nothing that a playlist could name. */
static void test_captions_need_video(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    announce(s, 0, &stereo, "", "a");
    captions(s, true, 1, 2);
    deliver(s, 1, 94, true);
    stage_golden(s, "index.m3u8", "audio-only-index.m3u8");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        CASE(test_codecs_apart), CASE(test_codec_few_know),      CASE(test_hdr_and_languages),
        CASE(test_audio_only),   CASE(test_two_audio_only),      CASE(test_measured_rate_and_shape),
        CASE(test_captions),     CASE(test_captions_need_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
