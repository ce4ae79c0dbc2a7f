/* One track's fragmented MP4 by libavformat: the segmenter decides when, this knows how. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the muxer's context and buffers. Thread: the worker's loop. Life: fmp4_new/fmp4_free.
 * Fails:  -ENOMEM, -EINVAL (parameters the muxer refuses), -EIO (the sink failed).
 *
 * ISO/IEC 14496-12 and 23000-19 (CMAF): one track a file, moof + mdat per flush, default base is
 * moof, tfdt in the track's timescale: 90000 for video, the core sample rate for audio.
 */
#ifndef RELAY_PACKAGE_FMP4_H
#define RELAY_PACKAGE_FMP4_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fmp4;
/* Receives the bytes of a fragment, in order; 0 or -errno, which ends the flush. */
typedef int fmp4_sink(void *ctx, const uint8_t *bytes, size_t len);

struct fmp4_sample {
    const uint8_t *data; /* length-prefixed NAL units, or one audio frame */
    size_t len;
    int64_t pts, dts, duration; /* in the track's timescale */
    bool sync;
};

/* Writes ftyp + moov into init (at most init_size bytes), its length to *init_len. language:
 * RFC 5646 or "". */
__attribute__((warn_unused_result)) int fmp4_new(struct fmp4 **out, const struct track_params *p,
                                                 const char *language, uint8_t *init,
                                                 size_t init_size, size_t *init_len,
                                                 fmp4_sink *sink, void *ctx);
void fmp4_free(struct fmp4 **f);
uint32_t fmp4_timescale(const struct fmp4 *f);
/* The next fragment's number (mfhd), which is 1 at first. */
void fmp4_number(struct fmp4 *f, uint32_t number);
/* Of a fragment: to the end of its first sample, which has `first` bytes: it starts with a moof,
 * then the mdat's header. 0: it is none, or first is 0. */
uint32_t fmp4_iframe_bytes(const uint8_t *bytes, size_t len, uint32_t first);
/* Adds a sample to the fragment; copies it. */
__attribute__((warn_unused_result)) int fmp4_write(struct fmp4 *f, const struct fmp4_sample *s);
/* Gives the fragment (nothing when empty) to the sink. */
__attribute__((warn_unused_result)) int fmp4_flush(struct fmp4 *f);

#endif
