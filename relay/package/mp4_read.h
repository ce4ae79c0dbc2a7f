/* Reads back what cmaf_track wrote: an init segment's codec, and a segment's first sample. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; points into the caller's bytes. Thread: any. Life: no state.
 * Fails:  -EINVAL; the bytes may be another worker's, and are believed in nothing.
 * Standards: ISO/IEC 14496-12 (boxes), 14496-14 and 14496-1 7.2.6 (esds).
 */
#ifndef RELAY_PACKAGE_MP4_READ_H
#define RELAY_PACKAGE_MP4_READ_H

#include "codecs/track_params.h"

#include <stddef.h>
#include <stdint.h>

struct mp4_track {
    enum codec_id codec;
    uint32_t channels, sample_rate; /* sound, as the sample entry says them */
    uint8_t object_type;            /* MP2, MP3 */
    const uint8_t *record;          /* avcC, hvcC, AudioSpecificConfig, or what dac3 ... hold */
    size_t record_len;
};

/* The only track of an init segment. */
int mp4_read_init(const uint8_t *bytes, size_t len, struct mp4_track *out);
/* The first sample of the first fragment of a segment with one track. */
int mp4_read_first_sample(const uint8_t *bytes, size_t len, const uint8_t **sample,
                          size_t *sample_len);

#endif
