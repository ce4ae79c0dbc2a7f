/* Writes the syntax elements of parameter sets, so that a test can say what no encoder would. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CODECS_PUT_H
#define TESTS_UNIT_CODECS_PUT_H

#include "codecs/bits.h"

static inline void put_ue(struct bit_writer *w, uint32_t value)
{
    unsigned bits = 0;
    while (bits < 31 && ((uint64_t)value + 1) >> (bits + 1) != 0)
        bits++;
    bit_writer_put(w, bits, 0);
    bit_writer_put(w, bits + 1, value + 1);
}

static inline void put_se(struct bit_writer *w, int32_t value)
{
    put_ue(w, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

static inline void put_ues(struct bit_writer *w, const uint32_t *values, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put_ue(w, values[i]);
}

/* rbsp_trailing_bits, then emulation prevention from raw into out; returns the length. */
static inline uint32_t put_end(struct bit_writer *w, uint8_t *out)
{
    uint32_t len = 0, zeros = 0;
    bit_writer_put(w, 1, 1);
    bit_writer_align(w);
    for (size_t i = 0; i < w->len && i < w->size; i++) {
        if (zeros >= 2 && w->data[i] <= 3) {
            out[len++] = 3;
            zeros = 0;
        }
        out[len++] = w->data[i];
        zeros = w->data[i] == 0 ? zeros + 1 : 0;
    }
    return len;
}

#endif
