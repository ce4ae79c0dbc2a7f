/* How one track's packets reach the demuxer: under a PID and a continuity counter of ours. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the worker's loop. Life: ts_way_init, caller's memory.
 * Fails:  never; what cannot be used is left out and counted.
 *
 * The demuxer takes every break of the counter for damage to the picture that is open, and would
 * drop it. We know better: a PES whose last packet was seen is whole, whatever is missing after it.
 * So it sees breaks only where a PES was torn, and no packets of one whose beginning is missing. A
 * track that moves to another PID goes on without a seam.
 */
#ifndef RELAY_INGEST_TS_WAY_H
#define RELAY_INGEST_TS_WAY_H

#include "codecs/codec.h"
#include "relay/ingest/psi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_TRACKS_MAX = 8, TS_TIMES = 8 };
/* The demuxer's PIDs: the first track's pictures; sound by its track's number. */
enum { TS_WAY_VIDEO_PID = 0x100, TS_WAY_AUDIO_PID = 0x110 };

struct ts_way {
    uint16_t pid;       /* the demuxer's */
    int8_t continuity;  /* the publisher's last counter; -1: none yet */
    uint8_t counter;    /* ours, of the next packet */
    uint8_t sample[16]; /* of the newest packet's bytes: where a PES has its time, and the last */
    bool used, ended;   /* ended: the newest PES is whole */
    bool hole;          /* packets are missing before the next one */
    bool headless;      /* its PES began in a hole */
    int32_t left;       /* bytes of a PES that says its length; 0 when it does not */
    struct ts_times {   /* DTS of the last PES headers that passed, newest at count - 1 */
        uint64_t dts[TS_TIMES];
        uint32_t count;
    } times;
};

void ts_way_init(struct ts_way *w, enum codec_kind kind, size_t track);
/* Its packets come from another PID or another encoder now. True: `out` ends the PES that is open,
 * so that it is given out before that. */
bool ts_way_turn(struct ts_way *w, uint8_t out[static TS_PACKET]);
/* A packet with `header` bytes before its payload, of which there is some. True: it is to be passed
 * on, with *head in place of its first four bytes. *breaks counts counters that do not follow. */
bool ts_way_take(struct ts_way *w, const uint8_t *p, size_t header, uint8_t head[static 4],
                 uint64_t *breaks);
/* SRT packets are missing here. True: `out` tells the demuxer, for its open PES is torn. */
bool ts_way_break(struct ts_way *w, uint8_t out[static TS_PACKET]);
bool ts_way_next_dts(const struct ts_way *w, uint64_t dts, uint64_t *next);

#endif
