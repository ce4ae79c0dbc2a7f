/* The checks as a table: what is measured, and from where on it is wrong. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doctor.h"

#include "codecs/codec.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNKNOWN = -1, /* nothing can be told just now */
    BEGINS_S = 3, /* a feed's tracks do not all come at once */
    SOON_S = 5,   /* what some seconds of it are enough for */
    H264_LEVEL_MOST = 52,
    HEVC_LEVEL_MOST = 51, /* times 10; phones and TVs since about 2019 */
    HEVC_LEVEL_STEP = 3,  /* H.265 A.4.1: general_level_idc is 30 times the level */
    FPS_SAID_LEAST = 10000,
    FPS_SAID_MOST = 120000, /* else it is a time base, no rate */
    LATENCY_ROUNDS = 4,
    LATENCY_STEP_MS = 50,
    LATENCY_SHARE = 33, /* hundredths that a round trip may take */
    TELL_EVERY_US = 10000000,
    LATENCY_SPARE_MS = 500, /* more, where what was agreed on is not enough */
};

/* The measure of one check, and what its sentence says. */
typedef int64_t measure_fn(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS]);

/* What is said of pictures holds while they come; without any there is nothing wrong with them. */
static int64_t of_pictures(const struct doctor_case *c, bool known, int64_t measure)
{
    if (!c->vitals->has_video)
        return 0;
    return c->vitals->video_heard && known ? measure : UNKNOWN;
}

static int64_t keyframe_interval(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->gop_longest_ms / 100;
    return of_pictures(c, true, c->vitals->gop_longest_ms);
}

static int64_t open_gop(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->open_gops;
    return of_pictures(c, true, c->vitals->open_gops);
}

static int64_t b_frames(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->b_frames;
    return of_pictures(c, true, c->vitals->b_frames);
}

static int64_t timestamps(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->dts_back;
    return c->vitals->dts_back;
}

static int64_t interlaced(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    (void)values;
    return of_pictures(c, c->vitals->codec, c->vitals->interlaced);
}

static int64_t level(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    bool hevc = c->vitals->codec == CODEC_HEVC;

    values[0] = hevc ? c->vitals->level / HEVC_LEVEL_STEP : c->vitals->level;
    values[1] = hevc ? HEVC_LEVEL_MOST : H264_LEVEL_MOST;
    return of_pictures(c, c->vitals->codec,
                       values[0] > values[1] ? (int64_t)values[0] - values[1] : 0);
}

static int64_t frame_rate(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->fps_milli / 100;
    return of_pictures(c, c->vitals->fps_milli, c->vitals->fps_milli);
}

/* Of a thousand pictures. */
static int64_t frames_missing(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    const struct link_vitals *v = c->vitals;
    uint32_t said = v->declared_fps_milli;
    bool known = v->fps_milli && !v->interlaced && !v->dropped && said >= FPS_SAID_LEAST &&
                 said <= FPS_SAID_MOST;
    uint32_t missing = v->fps_milli < said ? said - v->fps_milli : 0;

    values[0] = v->fps_milli / 100;
    values[1] = said / 100;
    return of_pictures(c, known, known ? (int64_t)missing * 1000 / said : 0);
}

/* H.264 beyond 8 bits 4:2:0 is for studios; HEVC Main 10 plays where HEVC does. */
static int64_t picture_format(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    static const uint32_t named[] = {400, 420, 422, 444};
    const struct link_vitals *v = c->vitals;
    uint32_t depth_most = v->codec == CODEC_HEVC ? 10 : 8;

    values[0] = v->bit_depth;
    values[1] = named[v->chroma_format % 4];
    return of_pictures(c, v->codec, v->bit_depth > depth_most || v->chroma_format != 1);
}

static int64_t no_video(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    (void)values;
    return !c->vitals->has_video;
}

static int64_t video_stopped(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    (void)values;
    if (c->vitals->watched_s <= BEGINS_S)
        return UNKNOWN;
    return c->vitals->has_video && !c->vitals->video_heard;
}

static int64_t no_audio(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    (void)values;
    return !c->further && c->vitals->audio_tracks == 0;
}

static int64_t audio_stopped(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    const struct link_vitals *v = c->vitals;

    if (c->further || v->watched_s <= BEGINS_S || v->audio_heard > v->audio_tracks)
        return UNKNOWN;
    values[0] = v->audio_tracks - v->audio_heard;
    values[1] = v->audio_tracks;
    return values[0];
}

static int64_t audio_apart(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    int64_t apart_ms = llabs((int64_t)c->vitals->skew_ms);

    values[0] = (uint32_t)(apart_ms / 100);
    if (!c->vitals->has_video || c->vitals->audio_tracks == 0)
        return 0;
    return c->vitals->skew_known && !c->further ? apart_ms : UNKNOWN;
}

static int64_t pcr(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    const struct link_vitals *v = c->vitals;
    bool none = v->pcrs < 2;
    uint32_t distance_ms = none ? LINK_VITALS_S * 1000 : v->pcr_longest_ms;

    values[0] = distance_ms / 100;
    return none && v->watched_s <= SOON_S ? UNKNOWN : (int64_t)distance_ms;
}

/* What SRT gave up makes such breaks too, and has a finding of its own. */
static int64_t continuity(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->ts_errors;
    return c->vitals->dropped ? UNKNOWN : (int64_t)c->vitals->ts_errors;
}

/* Thousandths of the limit. */
static int64_t bitrate(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    uint64_t bps = c->vitals->bitrate_bps < UINT32_MAX ? c->vitals->bitrate_bps : UINT32_MAX;

    values[0] = (uint32_t)(bps / 100000);
    values[1] = c->limit_mbps;
    return c->limit_mbps ? (int64_t)(bps / 1000 / c->limit_mbps) : UNKNOWN;
}

static uint32_t rtt_ms(const struct doctor_case *c)
{
    uint64_t ms = c->stats->rtt_us / 1000;

    return ms < 60000 ? (uint32_t)ms : 60000;
}

/* In microseconds, as OBS counts them: so many round trips, and `least_ms` at the least. */
static uint32_t latency_to_ask(const struct doctor_case *c, uint32_t least_ms)
{
    uint32_t ms = LATENCY_ROUNDS * rtt_ms(c);

    ms = ms > least_ms ? ms : least_ms;
    ms = (ms + LATENCY_STEP_MS - 1) / LATENCY_STEP_MS * LATENCY_STEP_MS;
    if (c->max_latency_ms && ms > c->max_latency_ms)
        ms = c->max_latency_ms;
    return ms * 1000;
}

/* The round trip in hundredths of the latency. It counts where SRT itself plays out: elsewhere no
 * packet is given up for coming late (listener.c). Where some were, it was too short in any case.
 */
static int64_t latency(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    uint32_t agreed_ms = c->latency_ms < 60000 ? c->latency_ms : 60000;
    bool proved = c->vitals->dropped > 0;
    int64_t share = agreed_ms ? (int64_t)rtt_ms(c) * 100 / agreed_ms : 0;

    values[0] = agreed_ms;
    values[1] = rtt_ms(c);
    values[2] = latency_to_ask(c, proved ? agreed_ms + LATENCY_SPARE_MS : 0);
    if (!c->classic)
        return 0;
    return proved && share <= LATENCY_SHARE ? LATENCY_SHARE + 1 : share;
}

/* Of a thousand packets. */
static int64_t loss(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    const struct link_vitals *v = c->vitals;
    uint64_t sent = (uint64_t)v->packets + v->dropped;
    uint64_t permille = sent ? (uint64_t)v->lost * 1000 / sent : 0;

    permille = permille < 1000 ? permille : 1000;
    values[0] = (uint32_t)permille;
    return sent ? (int64_t)permille : UNKNOWN;
}

static int64_t unrecovered(const struct doctor_case *c, uint32_t values[DOCTOR_PARAMETERS])
{
    values[0] = c->vitals->dropped;
    return c->vitals->dropped;
}

/* Over `amber` or `red`, for `after_s`: a finding. Not over the threshold less `margin`, for
 * `mended_s`: it is gone. What is a yes or no has red at 0 or never. */
static const struct check {
    measure_fn *measure;
    int64_t amber, red, margin;
    uint8_t after_s, mended_s;
} checks[DOCTOR_CHECKS] = {
    /* Segments end at keyframes: RFC 8216bis appendix B's target of 6 s, and some slack. */
    [DOCTOR_KEYFRAME_INTERVAL] = {keyframe_interval, 4200, 6200, 200, 3, 3},
    [DOCTOR_OPEN_GOP] = {open_gop, 0, INT64_MAX, 0, 1, 5},
    [DOCTOR_B_FRAMES] = {b_frames, 4, INT64_MAX, 0, 2, 5},
    [DOCTOR_TIMESTAMPS] = {timestamps, 2, 20, 2, 1, 5},
    [DOCTOR_INTERLACED] = {interlaced, 0, INT64_MAX, 0, 1, 3},
    [DOCTOR_LEVEL] = {level, 0, INT64_MAX, 0, 1, 3},
    [DOCTOR_FRAME_RATE] = {frame_rate, 61000, INT64_MAX, 500, 3, 5},
    /* Amber alone: a variable rate may be meant. */
    [DOCTOR_FRAMES_MISSING] = {frames_missing, 200, INT64_MAX, 50, 5, 5},
    [DOCTOR_PICTURE_FORMAT] = {picture_format, 0, 0, 0, 1, 3},
    [DOCTOR_NO_VIDEO] = {no_video, 0, INT64_MAX, 0, 3, 3},
    [DOCTOR_VIDEO_STOPPED] = {video_stopped, 0, 0, 0, 2, 3},
    [DOCTOR_NO_AUDIO] = {no_audio, 0, INT64_MAX, 0, 3, 3},
    [DOCTOR_AUDIO_STOPPED] = {audio_stopped, 0, 0, 0, 2, 3},
    [DOCTOR_AUDIO_APART] = {audio_apart, 1000, 3000, 200, 4, 5},
    /* ISO/IEC 13818-1 section 2.7.2 has 100 ms; few pictures a second may stretch that. */
    [DOCTOR_PCR] = {pcr, 500, INT64_MAX, 100, 4, 5},
    [DOCTOR_CONTINUITY] = {continuity, 2, 50, 2, 1, 5},
    [DOCTOR_BITRATE] = {bitrate, 800, 950, 50, 3, 5},
    /* A packet that was lost twice takes three ways there and two back. */
    [DOCTOR_LATENCY] = {latency, LATENCY_SHARE, 66, 5, 5, 10},
    [DOCTOR_LOSS] = {loss, 20, 100, 10, 3, 10},
    [DOCTOR_UNRECOVERED] = {unrecovered, 0, 20, 0, 1, 10},
};

static enum doctor_light light_of(const struct check *k, int64_t measure, int64_t margin)
{
    if (k->red != INT64_MAX && measure > k->red - margin)
        return DOCTOR_RED;
    return measure > k->amber - margin ? DOCTOR_AMBER : DOCTOR_GREEN;
}

/* How often in a row, as far as it matters. */
static uint8_t counted(uint8_t seconds, bool again)
{
    return again ? (uint8_t)(seconds + (seconds < UINT8_MAX)) : 0;
}

static void tell(struct doctor_finding *f, const uint32_t values[DOCTOR_PARAMETERS], int64_t now_us)
{
    memcpy(f->values, values, sizeof(f->values));
    f->told_us = now_us;
}

/* Figures that wobble would change what viewers and caches are told every second: they follow at
 * once by more than a tenth, and else now and then. */
static void note_values(struct doctor_finding *f, const uint32_t values[DOCTOR_PARAMETERS],
                        int64_t now_us)
{
    bool moved = now_us - f->told_us >= TELL_EVERY_US;

    for (size_t i = 0; i < DOCTOR_PARAMETERS; i++) {
        uint64_t was = f->values[i], is = values[i], apart = was > is ? was - is : is - was;

        moved = moved || apart * 10 > was;
    }
    if (moved)
        tell(f, values, now_us);
}

static bool judge(struct doctor_finding *f, const struct check *k, const struct doctor_case *c,
                  int64_t now_us)
{
    uint32_t values[DOCTOR_PARAMETERS] = {0};
    int64_t measure = k->measure(c, values);
    enum doctor_light up, down, to;

    if (measure == UNKNOWN)
        return false;
    up = light_of(k, measure, 0);
    down = light_of(k, measure, k->margin);
    f->worse_s = counted(f->worse_s, up > f->light);
    f->better_s = counted(f->better_s, down < f->light);
    to = f->worse_s >= k->after_s ? up : f->better_s >= k->mended_s ? down : f->light;
    if (f->light && up)
        note_values(f, values, now_us);
    if (to == f->light)
        return false;
    if (f->light == DOCTOR_GREEN)
        f->since_us = now_us;
    if (to > f->light)
        tell(f, values, now_us);
    f->light = (uint8_t)to;
    f->worse_s = f->better_s = 0;
    return true;
}

uint32_t doctor_second(struct doctor *d, const struct doctor_case *c, int64_t now_us)
{
    uint32_t changed = 0;

    d->watched_s = c->vitals->watched_s;
    if (d->watched_s == 0)
        return 0;
    d->judged_s++;
    for (size_t i = 0; i < DOCTOR_CHECKS; i++)
        if (judge(&d->findings[i], &checks[i], c, now_us))
            changed |= 1u << i;
    return changed;
}

bool doctor_knows(const struct doctor *d)
{
    return d->watched_s >= DOCTOR_WATCHED_S && d->judged_s >= DOCTOR_WATCHED_S;
}

enum doctor_light doctor_light(const struct doctor *d)
{
    enum doctor_light worst = DOCTOR_GREEN;

    for (size_t i = 0; i < DOCTOR_CHECKS; i++)
        if (d->findings[i].light > worst)
            worst = d->findings[i].light;
    return worst;
}

const char *doctor_light_word(enum doctor_light light)
{
    static const char *const words[DOCTOR_LIGHTS] = {"green", "amber", "red"};

    return words[light];
}

bool doctor_may_log(struct doctor_log *log, int64_t now_us)
{
    if (log->lines == 0 || now_us - log->minute_us >= DOCTOR_MINUTE_US)
        *log = (struct doctor_log){.minute_us = now_us};
    return ++log->lines <= DOCTOR_LINES;
}
