/* One feed's tracks on the room's timeline: access units in, aligned segments out. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the timeline, the segmenter and one CMAF track per track.
 * Thread: the worker's loop. Life: packager_new/packager_free; packager_end before free keeps what
 *         is open. Fails: -errno (memory, descriptors); the feed then ends.
 *
 * Phases: waiting (no random access point yet; audio is kept for a moment) -> running -> ended.
 * Video leads; without video for PACKAGER_VIDEO_WAIT_90K of audio the first audio track does, until
 * video comes. Every access unit from the first random access point on is in exactly one segment.
 */
#ifndef RELAY_PACKAGE_PACKAGER_H
#define RELAY_PACKAGE_PACKAGER_H

#include "codecs/codec.h"
#include "relay/link/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKAGER_TRACKS = 8, PACKAGER_TS_TRACK = LINK_TRACK_TS };
#define PACKAGER_VIDEO_WAIT_90K (2 * 90000)
#define PACKAGER_LEAD_90K       (90000 / 5) /* audio this much before the first picture is kept */

struct packager;
struct packager_track {
    enum codec_id codec;
    uint8_t audio_config; /* what audio_frame_params wants of the PMT */
    char language[12];
};
struct packager_options {
    uint32_t segment_ms, max_target_s;
    uint64_t segment_bytes;
    int64_t part_90k;           /* a part (moof + mdat) is at most this long */
    bool part_ranges;           /* parts are ranges of their segments: see cmaf_track_wait_from */
    uint32_t target_duration_s; /* the room's, when frozen; else 0 */
    int64_t start_90k;          /* where the first DTS goes */
    uint64_t first_sequence;
    bool discontinuity; /* the first segment follows others of this feed */
    bool joins;         /* video alone, beside another feed of the same encoder: raw PTS ... */
    uint64_t raw_90k;   /* ... this is start_90k, where that feed's segment 0 begins */
    bool goes_on;       /* the same: raw_90k is start_90k; each track has ... */
    int64_t from_90k[PACKAGER_TRACKS]; /* ... its units from this DTS on */
    bool ts;                           /* make a transport stream too */
    uint8_t ts_counters[LINK_TS_PIDS]; /* its next continuity counters */
};

struct packager_segment {
    uint32_t track, init_id;
    uint64_t sequence;
    int64_t start_90k, duration_90k, present_90k, capture_wall_us;
    uint32_t bytes, samples, target_duration_s, parts, iframe_bytes;
    bool independent, discontinuity, gap;
    uint64_t clock_90k;                /* timeline_clock */
    uint8_t ts_counters[LINK_TS_PIDS]; /* PACKAGER_TS_TRACK: the next ones after it */
};

struct packager_part {
    uint32_t track, init_id, part, offset, bytes, samples;
    uint64_t sequence;
    int64_t start_90k, duration_90k, present_90k, capture_wall_us;
    bool independent, discontinuity, last;
};

struct packager_out {
    void *ctx;
    /* All take fd. part: NULL when nobody wants parts; fd with part 0 only. PACKAGER_TS_TRACK has
     * neither init segment nor parts. */
    void (*track)(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                  const char *language, uint32_t bytes, int fd);
    void (*part)(void *ctx, const struct packager_part *p, int fd);
    void (*segment)(void *ctx, const struct packager_segment *s, int fd);
};

struct packager_stats {
    uint64_t in, out, early, unplayable, repaired, jumps, gop_90k;
};

struct packager_unit {
    uint32_t track;
    uint64_t raw_pts, raw_dts; /* 33 bit */
    bool has_next;             /* raw_next is the DTS of the track's next unit */
    uint64_t raw_next;
    int64_t wall_us;     /* when it arrived */
    const uint8_t *data; /* audio: a frame as audio_frame.h reads it */
    size_t len;
    const struct nal *nals; /* video */
    size_t nal_count;
};

__attribute__((warn_unused_result)) int packager_new(struct packager **out,
                                                     const struct packager_options *o,
                                                     const struct packager_track *tracks,
                                                     size_t count, const struct packager_out *cb);
void packager_free(struct packager **p);
/* Another program: tracks of the same codec go on, others begin at their next random access point.
 * The first track is of the same kind; a transport stream cannot turn. */
bool packager_can_turn(const struct packager *p);
__attribute__((warn_unused_result)) int
packager_turn(struct packager *p, const struct packager_track *tracks, size_t count);
/* Where the first DTS goes after all, while nothing has begun; else nothing changes. */
void packager_set_start(struct packager *p, int64_t start_90k);
/* One whole access unit; nothing of it is kept by reference. */
__attribute__((warn_unused_result)) int packager_take(struct packager *p,
                                                      const struct packager_unit *u);
__attribute__((warn_unused_result)) int packager_end(struct packager *p);
int64_t packager_end_90k(const struct packager *p); /* the furthest of all tracks */
uint64_t packager_next_sequence(const struct packager *p);
uint32_t packager_target_duration(const struct packager *p);
int packager_drop_splinters(struct packager *p); /* before its end, where another feed goes on */
bool packager_has_ts(const struct packager *p);  /* is a transport stream made? Of HEVC none is */
bool packager_is_left_out(const struct packager *p, uint32_t track); /* no player takes it */
/* Where a raw PTS falls on the room's timeline; false before something has tied it. */
bool packager_present_of(const struct packager *p, uint64_t raw_pts, int64_t *out_90k);
bool packager_is_apart(const struct packager *p); /* from the feed it was to join, by its clock */
void packager_stats(const struct packager *p, struct packager_stats *out);

#endif
