/* Fuzzes the bit reader: the input is both the program and the bytes that it reads. */
/* SPDX-License-Identifier: MIT */
#include "codecs/bits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A read; returns whether it said anything but 0. */
static bool read_one(struct bits *b, uint8_t op)
{
    switch (op >> 5) {
    case 0:
    case 1:
        return bits_u(b, op % 33) != 0;
    case 2:
        return bits_ue(b) != 0;
    case 3:
        return bits_se(b) != 0;
    case 4:
        return bits_flag(b);
    case 5:
        bits_skip(b, (uint64_t)(op & 31) << (op & 31));
        return false;
    default:
        return bits_ue_max(b, op & 31) > (op & 31u);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const size_t ops = data[0] < size - 1 ? data[0] : size - 1;
    struct bits b;
    if (data[1] & 1)
        bits_init_nal(&b, data + 1, size - 1);
    else
        bits_init(&b, data + 1, size - 1);
    for (size_t i = 0; i < ops; i++) {
        const bool failed = b.error;
        const bool said = read_one(&b, data[1 + i]);
        if ((failed && (said || !b.error)) || bits_done(&b) > (size - 1) * 8)
            abort();
    }
    return 0;
}
