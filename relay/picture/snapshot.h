/* A keyframe as a small JPEG: decoded, scaled to the wall's size, encoded. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the JPEG's bytes, malloc's. Thread: one. Life: snapshot_make ... snapshot_fini.
 * Fails:  -EINVAL: no picture comes of it; -ENOTSUP: no decoder, or a picture that is too large;
 *         -E2BIG: the JPEG is longer than PICTURE_BYTES_MAX; -ENOMEM.
 *
 * Its bytes are strangers': this runs in the helper's sandbox alone.
 */
#ifndef RELAY_PICTURE_SNAPSHOT_H
#define RELAY_PICTURE_SNAPSHOT_H

#include "codecs/track_params.h"

#include <stddef.h>
#include <stdint.h>

struct snapshot {
    uint8_t *jpeg;
    size_t len;
    uint32_t width,
        height; /* at most PICTURE_WIDTH_MAX and _HEIGHT_MAX, in the aspect ratio shown */
};

/* record: avcC or hvcC's contents; sample: one random access picture as an MP4 holds it. */
__attribute__((warn_unused_result)) int snapshot_make(struct snapshot *out, enum codec_id codec,
                                                      const uint8_t *record, size_t record_len,
                                                      const uint8_t *sample, size_t sample_len);
/* libav writes nothing to stderr from here on: what strangers send would fill the log. */
void snapshot_quiet(void);
void snapshot_fini(struct snapshot *s);

#endif
