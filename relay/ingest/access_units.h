/* PES payloads to access units: splits what carries several, joins audio that came in pieces. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a partial audio frame, bounded (audio_units.h).
 * Thread: the worker's loop. Life: access_units_new/access_units_free. Fails: -ENOMEM.
 *
 * ISO/IEC 13818-1 section 2.14 (H.264), 2.17 (HEVC): a PES packet may carry parts of access units;
 * real encoders send one each, and that way costs no copy and no wait; the rest of a picture that
 * comes in a further PES is counted as corrupt. Audio frames may span PES packets.
 */
#ifndef RELAY_INGEST_ACCESS_UNITS_H
#define RELAY_INGEST_ACCESS_UNITS_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_units;

struct access_unit {
    uint32_t track;
    uint64_t raw_pts, raw_dts;
    const uint8_t *data; /* audio: a frame as audio_frame.h reads it; video: Annex B */
    size_t len;
    const struct nal *nals; /* video */
    size_t nal_count;
    bool last; /* nothing follows it in its PES */
};

typedef void access_unit_fn(void *ctx, const struct access_unit *u);

struct access_units_count {
    uint64_t corrupt, oversize, lost_sync;
};

__attribute__((warn_unused_result)) int access_units_new(struct access_units **out, uint32_t track,
                                                         enum codec_id codec, size_t max_bytes,
                                                         access_unit_fn *fn, void *ctx);
void access_units_free(struct access_units **a);
/* One PES payload, or (has_time false) a further piece of the one before. */
void access_units_take(struct access_units *a, const uint8_t *data, size_t len, bool has_time,
                       uint64_t raw_pts, uint64_t raw_dts, bool corrupt);
void access_units_count(const struct access_units *a, struct access_units_count *out);

#endif
