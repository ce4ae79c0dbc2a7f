/* A room's last hour in figures: a ring of samples of whichever feed is on air. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   HISTORY_SAMPLES samples of 28 bytes, 20 KiB, from the first one on. Thread: control.
 * Life:   zeroed memory, history_fini. Fails: without memory nothing is kept, and it tries again.
 *
 * Seconds without a feed leave no samples: each says when it was taken.
 */
#ifndef RELAY_ROOM_HISTORY_H
#define RELAY_ROOM_HISTORY_H

#include "relay/room/session.h"

#include <stddef.h>
#include <stdint.h>

enum { HISTORY_INTERVAL_S = 5, HISTORY_SAMPLES = 3600 / HISTORY_INTERVAL_S };

/* What does not fit is the largest value that does. */
struct history_sample {
    uint32_t at_s; /* Unix time */
    uint32_t bitrate_kbps;
    uint32_t viewers;
    uint16_t fps_centi; /* frames in 100 s */
    uint16_t gop_cs;    /* 10 ms */
    uint16_t rtt_100us;
    uint16_t buffer_kib;                   /* in SRT's receive buffer */
    uint16_t lost, retransmitted, dropped; /* packets since the sample before */
    int16_t skew_ms;                       /* the sound is so far ahead; 0: not known */
};

struct history {
    struct history_sample *samples;
    size_t count, next;
    uint64_t feed; /* whose counts the next sample goes on from */
    uint64_t lost, retransmitted, dropped;
    int64_t due_us;
};

void history_fini(struct history *h);
/* A second of the feed on air, whose figures s has already; most seconds only wait. */
void history_second(struct history *h, const struct session *s, uint64_t viewers, int64_t now_us);
/* i: 0 is the oldest, below h->count. */
const struct history_sample *history_at(const struct history *h, size_t i);

#endif
