/* Finds the NAL units of an Annex B byte string. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; units point into the caller's bytes. Thread: any. Life: no state.
 * Fails: never; bytes without a start code hold no unit.
 * Standards: ITU-T H.264 (08/2021) annex B, H.265 (08/2021) annex B: the same byte stream format.
 */
#ifndef CODECS_NAL_H
#define CODECS_NAL_H

#include <stddef.h>
#include <stdint.h>

/* One NAL unit without start code; points into the caller's bytes. */
struct nal {
    const uint8_t *data;
    size_t len;
};

/* Splits an Annex B byte string (3- and 4-byte start codes, trailing zeros cut) into at most max
 * units. Returns how many there are, which may be more than max: then the rest was not stored.
 * Bytes before the first start code and units without a byte are left out.
 * Hot path: runs at several GB/s on slice data. */
size_t nal_split(const uint8_t *annexb, size_t len, struct nal *out, size_t max);

#endif
