/* Takes an avcC or hvcC apart, as a player would, into the NAL units that it holds. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CODECS_RECORD_H
#define TESTS_UNIT_CODECS_RECORD_H

#include "codecs/nal.h"

static inline unsigned record_take(const uint8_t *d, size_t *at, unsigned count, struct nal *out)
{
    for (unsigned i = 0; i < count; i++) {
        size_t len = (size_t)d[*at] << 8 | d[*at + 1];
        out[i] = (struct nal){.data = d + *at + 2, .len = len};
        *at += 2 + len;
    }
    return count;
}

static inline unsigned record_avcc(const uint8_t *d, struct nal *out)
{
    size_t at = 6;
    unsigned n = record_take(d, &at, d[5] & 31u, out);
    at++;
    return n + record_take(d, &at, d[at - 1], out + n);
}

static inline unsigned record_hvcc(const uint8_t *d, struct nal *out)
{
    unsigned n = 0;
    size_t at = 23;
    for (unsigned arrays = d[22]; arrays > 0; arrays--) {
        unsigned count = (unsigned)d[at + 1] << 8 | d[at + 2];
        at += 3;
        n += record_take(d, &at, count, out + n);
    }
    return n;
}

#endif
