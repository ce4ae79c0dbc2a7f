/* Finds the NAL units of an Annex B byte string. */
/* SPDX-License-Identifier: MIT */
#include "codecs/nal.h"

#include <string.h>

/* The first byte of the next 00 00 01 in [p, end), or NULL. memchr looks for the 01: a slice has
 * fewer of them than zeros, and it is the only byte of a start code that never repeats. */
static const uint8_t *start_code(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *one = end - p > 2 ? p + 2 : end;
    while ((one = memchr(one, 1, (size_t)(end - one))) != NULL) {
        if (one[-1] == 0 && one[-2] == 0)
            return one - 2;
        one++;
    }
    return NULL;
}

size_t nal_split(const uint8_t *annexb, size_t len, struct nal *out, size_t max)
{
    if (len < 4)
        return 0;
    const uint8_t *const end = annexb + len;
    const uint8_t *code = start_code(annexb, end);
    size_t n = 0;
    while (code != NULL) {
        const uint8_t *unit = code + 3;
        code = start_code(unit, end);
        const uint8_t *stop = code != NULL ? code : end;
        /* B.1.1: zero_byte of the next start code and trailing_zero_8bits; 7.4.1: a unit never
         * ends in 00 itself. */
        while (stop > unit && stop[-1] == 0)
            stop--;
        if (stop == unit)
            continue;
        if (n < max)
            out[n] = (struct nal){.data = unit, .len = (size_t)(stop - unit)};
        n++;
    }
    return n;
}
