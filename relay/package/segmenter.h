/* When to cut: pure decisions, no bytes. One per feed; every track follows its cuts. */
/* SPDX-License-Identifier: MIT */
/*
 * Thread: the worker's loop. Life: init, caller's memory.
 *
 * The leading track (video; audio when there is none) asks segmenter_next() for every access unit.
 * A cut gets a sequence number and a time of presentation; the other tracks cut at their first
 * sample at or after it, so that equal sequence numbers mean matching content.
 * RFC 8216bis section 4.4.3.1: EXTINF, rounded, may not exceed TARGETDURATION, which never changes.
 */
#ifndef RELAY_PACKAGE_SEGMENTER_H
#define RELAY_PACKAGE_SEGMENTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENTER_CUTS = 16 };

enum segmenter_verdict {
    SEGMENTER_GO_ON,
    SEGMENTER_CUT_HERE,   /* the new unit starts a segment */
    SEGMENTER_CUT_BEFORE, /* the unit before it does: with it the segment would grow too long */
};

struct segmenter_cut {
    uint64_t sequence;
    int64_t present_90k;     /* presentation time of the leading track's first sample */
    int64_t capture_wall_us; /* the same instant by the wall clock */
    bool discontinuity;
};

struct segmenter {
    int64_t target_90k;         /* cut at the first random access from 90 % of it on */
    uint32_t max_target_s;      /* the longest TARGETDURATION that may be declared */
    uint32_t target_duration_s; /* frozen; 0: not yet */
    uint64_t max_bytes;
    struct segmenter_cut cuts[SEGMENTER_CUTS];
    uint64_t count; /* cuts made; the newest is number count - 1 */
    uint64_t first_sequence;
    bool discontinuity; /* the next cut is one */
    bool astray;        /* the newest cut was not at a random access: the next one is taken */
};

struct segmenter_unit {
    int64_t dts_90k;
    bool random_access;
    bool must_cut; /* its parameters or its clock are new */
};

void segmenter_init(struct segmenter *s, uint32_t segment_ms, uint32_t max_target_s,
                    uint64_t max_bytes, uint32_t target_duration_s, uint64_t first_sequence);
/* start_90k: DTS of the open segment's first sample; last_90k: of the newest one in it; bytes: its
 * size so far, the new unit included. */
enum segmenter_verdict segmenter_next(const struct segmenter *s, const struct segmenter_unit *u,
                                      int64_t start_90k, int64_t last_90k, uint64_t bytes);
/* From what length on a segment is over at the next random access. */
int64_t segmenter_earliest_90k(const struct segmenter *s);
/* Notes a cut before a unit that is a random access or not; capture time runs with presentation
 * time from the cut that set the anchor. */
const struct segmenter_cut *segmenter_cut(struct segmenter *s, int64_t present_90k,
                                          int64_t capture_wall_us, bool random_access);
/* The cut that starts sequence number n, or NULL: not made yet, or forgotten. */
const struct segmenter_cut *segmenter_find(const struct segmenter *s, uint64_t sequence);
uint64_t segmenter_sequence(const struct segmenter *s);
/* Freezes TARGETDURATION at the end of the first segment: long enough for it, for segment_ms, and
 * for the encoder's own longest GOP where it says so (keyint frames at fps). */
void segmenter_freeze(struct segmenter *s, int64_t first_90k, uint32_t keyint, uint32_t fps_num,
                      uint32_t fps_den);

#endif
