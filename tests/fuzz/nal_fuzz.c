/* Fuzzes the Annex B splitter and checks what it promises. */
/* SPDX-License-Identifier: MIT */
#include "codecs/nal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NALS = 64 };

static void check(const struct nal *nal, const uint8_t *from, const uint8_t *end)
{
    const uint8_t *d = nal->data;
    if (nal->len == 0 || d < from + 3 || d + nal->len > end)
        abort();
    if (d[-3] != 0 || d[-2] != 0 || d[-1] != 1 || d[nal->len - 1] == 0)
        abort();
    for (size_t i = 0; i + 3 <= nal->len; i++)
        if (d[i] == 0 && d[i + 1] == 0 && d[i + 2] == 1)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nal nals[NALS];
    const uint8_t *from = data;
    size_t n = nal_split(data, size, nals, NALS);
    if (n != nal_split(data, size, NULL, 0))
        abort();
    for (size_t i = 0; i < n && i < NALS; i++) {
        check(&nals[i], from, data + size);
        from = nals[i].data + nals[i].len;
    }
    return 0;
}
