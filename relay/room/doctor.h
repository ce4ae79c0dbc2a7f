/* What is wrong with a feed, judged once a second by what its worker measured. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: control. Life: a value, zero to begin with; it goes where its feed goes.
 * Fails:  never. Pure: no log, no clock, no configuration.
 *
 * A check gives a measure that is the worse the larger it is, and the table its thresholds: over
 * one it must stay for some seconds before there is a finding, and below it by a margin for some
 * seconds before that is over. What cannot be told leaves a check as it was.
 */
#ifndef RELAY_ROOM_DOCTOR_H
#define RELAY_ROOM_DOCTOR_H

#include "relay/link/stats.h"
#include "relay/link/vitals.h"

#include <stdbool.h>
#include <stdint.h>

enum doctor_check {
    DOCTOR_KEYFRAME_INTERVAL,
    DOCTOR_OPEN_GOP,
    DOCTOR_B_FRAMES,
    DOCTOR_TIMESTAMPS,
    DOCTOR_INTERLACED,
    DOCTOR_LEVEL,
    DOCTOR_FRAME_RATE,
    DOCTOR_FRAMES_MISSING,
    DOCTOR_PICTURE_FORMAT,
    DOCTOR_NO_VIDEO,
    DOCTOR_VIDEO_STOPPED,
    DOCTOR_NO_AUDIO,
    DOCTOR_AUDIO_STOPPED,
    DOCTOR_AUDIO_APART,
    DOCTOR_PCR,
    DOCTOR_CONTINUITY,
    DOCTOR_BITRATE,
    DOCTOR_LATENCY,
    DOCTOR_LOSS,
    DOCTOR_UNRECOVERED,
    DOCTOR_CHECKS
};

enum doctor_light { DOCTOR_GREEN, DOCTOR_AMBER, DOCTOR_RED, DOCTOR_LIGHTS };

enum {
    DOCTOR_PARAMETERS = 3, /* of a sentence */
    DOCTOR_WATCHED_S = 10, /* after that a feed without findings is known to be well */
    DOCTOR_LINES = 20,     /* of log, a room and minute */
    DOCTOR_MINUTE_US = 60000000,
};

/* One feed's second. */
struct doctor_case {
    const struct link_vitals *vitals;
    const struct link_feed_stats *stats;
    bool further; /* a further rendition: sound is not its business */
    bool classic; /* SRT's own play-out, which gives up what comes late */
    uint32_t latency_ms, max_latency_ms;
    uint32_t limit_mbps; /* 0: none */
};

struct doctor_finding {
    int64_t since_us, told_us;          /* told: the values are as they were then */
    uint32_t values[DOCTOR_PARAMETERS]; /* as doctor_words.h reads them */
    uint8_t light, worse_s, better_s;   /* enum doctor_light; seconds that ask for another one */
};

struct doctor {
    struct doctor_finding findings[DOCTOR_CHECKS];
    uint32_t watched_s; /* by its worker ... */
    uint32_t judged_s;  /* ... and by this doctor: a front that was killed begins anew */
};

/* How much a room has logged of late; zero to begin with. */
struct doctor_log {
    int64_t minute_us;
    uint32_t lines;
};

/* The checks whose light changed, a bit each. */
uint32_t doctor_second(struct doctor *d, const struct doctor_case *c, int64_t now_us);
/* It was watched for long enough: without findings it is well. */
bool doctor_knows(const struct doctor *d);
/* The worst of it. */
enum doctor_light doctor_light(const struct doctor *d);
const char *doctor_light_word(enum doctor_light light); /* "amber" */
/* May one more line be written? */
bool doctor_may_log(struct doctor_log *log, int64_t now_us);

#endif
