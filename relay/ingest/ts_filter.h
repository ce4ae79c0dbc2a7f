/* What of a publisher's bytes libavformat may see: whole packets of the tracks we carry. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing outside itself. Thread: the worker's loop. Life: init, caller's memory.
 *
 * It finds packet boundaries, reads PAT and PMT itself, picks one video and some audio tracks, and
 * passes only their packets on: a publisher's other PIDs cost two comparisons each. The demuxer
 * gets tables written by us (ts_filter_psi) and PIDs of ours (ts_way.h): it never meets a
 * stranger's descriptor, and nothing changes for it when the program does.
 */
#ifndef RELAY_INGEST_TS_FILTER_H
#define RELAY_INGEST_TS_FILTER_H

#include "codecs/codec.h"
#include "relay/ingest/psi.h"
#include "relay/ingest/ts_clock.h"
#include "relay/ingest/ts_way.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_ASIDES_MAX = 4 };

enum { TS_TYPE_METADATA = 0x15, TS_TYPE_SCTE35 = 0x86 };

/* The tracks that are carried: video first, then audio in the PMT's order. */
struct ts_layout {
    size_t count;
    struct ts_track {
        uint16_t pid;
        uint8_t type;
        enum codec_id codec;
        uint8_t audio_config; /* what audio_frame_params wants of the PMT */
        char language[12];
    } tracks[TS_TRACKS_MAX];
    struct ts_aside { /* timed metadata, which never reaches the demuxer */
        uint16_t pid;
        uint8_t type; /* TS_TYPE_METADATA, TS_TYPE_SCTE35 */
    } asides[TS_ASIDES_MAX];
    size_t aside_count;
    uint16_t pmt_pid, pcr_pid;
    uint32_t left_out_count;
    char left_out[96]; /* streams that are not carried, in words; "" */
};

/* Do the tracks of one layout go on in another? When pictures come or go, all begin anew. */
bool ts_layout_goes_on(const struct ts_layout *a, const struct ts_layout *b);

struct ts_out {
    void *ctx;
    /* head: what the demuxer is to see in place of the packet's first four bytes. */
    void (*packet)(void *ctx, const uint8_t packet[static TS_PACKET], const uint8_t head[static 4]);
    /* The set of tracks is new; packets that follow are of these. */
    void (*layout)(void *ctx, const struct ts_layout *layout);
    /* A packet with payload of the layout's aside of that index; NULL: nobody asks. */
    void (*aside)(void *aside_ctx, size_t index, const struct ts_aside *aside,
                  const uint8_t packet[static TS_PACKET]);
    void *aside_ctx;
};

struct ts_counters {
    uint64_t packets, ignored;
    uint64_t sync_lost, transport_errors, scrambled, continuity, crc;
};

struct ts_filter {
    struct ts_out out;
    uint32_t audio_max;
    uint8_t carry[8 * TS_PACKET]; /* what is not known to be packets yet, or not whole */
    size_t carried;
    bool lost; /* where packets begin is not known */
    struct psi_section pat, pmt;
    struct psi_program program;
    struct ts_layout layout;
    bool has_program, has_layout;
    struct ts_counters count;
    int8_t track_of[8192]; /* by PID; -1: not ours; from TS_TRACKS_MAX on: an aside */
    struct ts_way ways[TS_TRACKS_MAX];
    struct ts_clock clock;
};

void ts_filter_init(struct ts_filter *f, uint32_t audio_max, const struct ts_out *out);
/* Any bytes, in order. */
void ts_filter_take(struct ts_filter *f, const uint8_t *bytes, size_t len);
/* Bytes are missing here: what was carried over is worth nothing. */
void ts_filter_break(struct ts_filter *f);
/* Whoever gets the packets has begun anew: it is told the layout, and each track's next PES is its
 * first. */
void ts_filter_again(struct ts_filter *f);
/* Whether the PES that follows the one with that DTS has begun, and its DTS: the demuxer gives a
 * picture only when the next one begins, so the picture's length is known with it. */
bool ts_filter_next_dts(const struct ts_filter *f, size_t track, uint64_t dts, uint64_t *next);
/* Is the newest PES of a track whole, as far as one can tell? */
bool ts_filter_is_ended(const struct ts_filter *f, size_t track);
/* PAT and PMT for the demuxer: every track that there may be. */
void ts_filter_psi(uint8_t out[2 * TS_PACKET]);
#endif
