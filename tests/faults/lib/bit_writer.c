/* Bits, most significant first. */
/* SPDX-License-Identifier: MIT */
#include "tests/faults/lib/bit_writer.h"

#include <assert.h>

void bit_writer_begin(struct bit_writer *w)
{
    w->bits = 0;
}

void put_bits(struct bit_writer *w, uint32_t value, unsigned count)
{
    assert(count <= 32 && w->bits + count <= 8 * sizeof(w->bytes));
    while (count-- > 0) {
        uint8_t *b = &w->bytes[w->bits / 8];
        unsigned shift = 7 - w->bits % 8;

        if (shift == 7)
            *b = 0;
        *b |= (uint8_t)((value >> count & 1) << shift);
        w->bits++;
    }
}

void put_ue(struct bit_writer *w, uint32_t value)
{
    unsigned length = 0;

    while ((value + 1) >> (length + 1))
        length++;
    put_bits(w, 0, length);
    put_bits(w, value + 1, length + 1);
}

void put_se(struct bit_writer *w, int32_t value)
{
    put_ue(w, value > 0 ? 2 * (uint32_t)value - 1 : 2 * (uint32_t)-value);
}

void put_align(struct bit_writer *w, unsigned bit)
{
    while (w->bits % 8)
        put_bits(w, bit, 1);
}

size_t put_trailing(struct bit_writer *w)
{
    put_bits(w, 1, 1);
    put_align(w, 0);
    return w->bits / 8;
}
