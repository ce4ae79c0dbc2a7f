/* One track's output: samples in, sealed segments out. It follows the segmenter's cuts. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its muxer, the open segment, and a copy of the newest sample while its duration is not
 *         known (ISO/IEC 14496-12 has no open-ended samples).
 * Thread: the worker's loop. Life: cmaf_track_new/cmaf_track_free. Fails: -errno; the feed then
 * ends.
 */
#ifndef RELAY_PACKAGE_CMAF_TRACK_H
#define RELAY_PACKAGE_CMAF_TRACK_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cmaf_track;

struct cmaf_track_segment {
    uint32_t track, init_id;
    uint64_t sequence;
    int64_t start_90k, duration_90k, present_90k;
    uint32_t bytes, samples;
    bool independent, gap;
    uint32_t parts;        /* how many of it were given out */
    uint32_t iframe_bytes; /* from its start to the end of its first sample, when that is an IDR */
};

struct cmaf_track_part {
    uint32_t track, init_id, part, offset, bytes, samples;
    uint64_t sequence;
    int64_t start_90k, duration_90k, present_90k;
    bool independent; /* holds a random access point */
    bool last;        /* its segment is given out next */
};

/* A sample as it was muxed: NAL units after their lengths in 4 bytes, or one raw audio frame. */
struct cmaf_track_written {
    const uint8_t *data; /* valid during the call */
    size_t len;
    uint64_t sequence; /* of its segment */
    int64_t pts_90k, dts_90k, duration_90k;
    bool random_access, leans_back;
};

struct cmaf_track_out {
    void *ctx;
    uint32_t number; /* of the first fragment; 0: 1 */
    /* NULL when nobody wants samples. 0, or -errno that ends the feed. */
    int (*sample)(void *ctx, uint32_t track, const struct cmaf_track_written *s);
    /* All take fd; part (which may be NULL) has one with part 0 only: the growing file. */
    void (*track)(void *ctx, uint32_t track, uint32_t init_id, const struct track_params *p,
                  uint32_t bytes, int fd);
    void (*part)(void *ctx, const struct cmaf_track_part *p, int fd);
    void (*segment)(void *ctx, const struct cmaf_track_segment *s, int fd);
};

struct cmaf_track_sample {
    const struct nal *nals; /* video: what the access unit is made of */
    size_t nal_count;
    const uint8_t *data; /* audio: one raw frame */
    size_t len;
    int64_t pts_90k, dts_90k;
    bool random_access;
    bool leans_back; /* needs what came before the segment's random access point */
};

__attribute__((warn_unused_result)) int cmaf_track_new(struct cmaf_track **out, uint32_t track,
                                                       const char *language, int64_t part_90k,
                                                       const struct cmaf_track_out *cb);
/* From that DTS on a full part waits for the sample behind it, which may begin the next segment:
 * the part is then given out with its segment's end. Else none waits. */
void cmaf_track_wait_from(struct cmaf_track *r, int64_t from_90k);
/* Drops what is open; call cmaf_track_finish first to keep it. */
void cmaf_track_free(struct cmaf_track **r);
/* New parameters from the next sample on: closes the muxer (the open segment must be closed) and
 * announces a new init segment. */
__attribute__((warn_unused_result)) int cmaf_track_set_params(struct cmaf_track *r,
                                                              const struct track_params *p);
const struct track_params *cmaf_track_params(const struct cmaf_track *r); /* NULL before */
/* Writes the held sample with its duration known, then holds this one. */
__attribute__((warn_unused_result)) int cmaf_track_push(struct cmaf_track *r,
                                                        const struct cmaf_track_sample *s);
/* Writes the held sample at once: the next one will be at next_90k. */
__attribute__((warn_unused_result)) int cmaf_track_release(struct cmaf_track *r, int64_t next_90k);
/* The same for audio, whose frames say how long they are; not while its timestamps say otherwise.
 */
__attribute__((warn_unused_result)) int cmaf_track_release_frame(struct cmaf_track *r);
/* Is a sample held back? */
bool cmaf_track_holds(const struct cmaf_track *r);
/* Ends the open segment before the held sample (which then starts the next one) or after it, the
 * next sample being at next_90k. The segment after it has sequence number `sequence`. Skipped
 * numbers in between become gaps of gap_90k each. */
__attribute__((warn_unused_result)) int cmaf_track_cut_before_held(struct cmaf_track *r,
                                                                   uint64_t sequence);
__attribute__((warn_unused_result)) int cmaf_track_cut(struct cmaf_track *r, uint64_t sequence,
                                                       int64_t next_90k);
/* Where the first segment belongs. */
void cmaf_track_start(struct cmaf_track *r, uint64_t sequence);
/* Ends the open segment; the last sample gets the duration of the one before it. */
__attribute__((warn_unused_result)) int cmaf_track_finish(struct cmaf_track *r);
/* Before it, where another feed goes on: what would be a short part within a segment is dropped. */
__attribute__((warn_unused_result)) int cmaf_track_drop_splinter(struct cmaf_track *r);
/* A number without media. */
void cmaf_track_gap(struct cmaf_track *r, int64_t start_90k, int64_t duration_90k);

bool cmaf_track_is_started(const struct cmaf_track *r);
bool cmaf_track_is_empty(const struct cmaf_track *r);            /* nothing held, no open segment */
uint32_t cmaf_track_segment_samples(const struct cmaf_track *r); /* the held one included */
uint64_t cmaf_track_sequence(const struct cmaf_track *r);        /* of the open segment */
int64_t cmaf_track_segment_start_90k(const struct cmaf_track *r);
int64_t cmaf_track_held_90k(const struct cmaf_track *r); /* DTS of the newest sample */
int64_t cmaf_track_held_pts_90k(const struct cmaf_track *r);
int64_t cmaf_track_end_90k(const struct cmaf_track *r);        /* where the next one would be */
uint64_t cmaf_track_segment_bytes(const struct cmaf_track *r); /* the held sample included */
uint64_t cmaf_track_written(const struct cmaf_track *r);       /* samples in segments so far */

#endif
