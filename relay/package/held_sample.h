/* A copy of a track's newest sample, kept until its duration is known. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: its bytes. Thread: the worker's loop. Life: zero to begin with; held_sample_fini.
 * Fails: -ENOMEM; what was held before is then lost.
 */
#ifndef RELAY_PACKAGE_HELD_SAMPLE_H
#define RELAY_PACKAGE_HELD_SAMPLE_H

#include "codecs/nal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_sample {
    uint8_t *data;
    size_t len, size;
    int64_t pts, dts; /* in the track's timescale */
    bool random_access, leans_back, full;
    uint32_t steady; /* audio: how many frames in a row came exactly after each other */
};

void held_sample_fini(struct held_sample *h);
/* ISO/IEC 14496-15 section 5.3: each NAL unit after its length in 4 bytes. */
__attribute__((warn_unused_result)) int held_sample_nals(struct held_sample *h,
                                                         const struct nal *nals, size_t n);
__attribute__((warn_unused_result)) int held_sample_bytes(struct held_sample *h,
                                                          const uint8_t *data, size_t len);

#endif
