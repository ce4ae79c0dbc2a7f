/* Durations as people write them: "90", "90s", "15m", "2h". */
/* SPDX-License-Identifier: MIT */
#include "config/duration.h"

#include <errno.h>

enum { DIGITS_MAX = 9, DURATION_MAX_S = 999999999 };

/* Seconds that a unit's letter stands for; 0: none. */
static uint32_t unit_s(char letter)
{
    return letter == 's' ? 1 : letter == 'm' ? 60 : letter == 'h' ? 3600 : 0;
}

int duration_parse(const char *text, size_t len, uint32_t *out_s)
{
    uint32_t scale = len > 0 ? unit_s(text[len - 1]) : 0;
    size_t digits = scale > 0 ? len - 1 : len;
    uint64_t n = 0;
    if (digits == 0 || digits > DIGITS_MAX || (digits > 1 && text[0] == '0'))
        return -EINVAL;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    n *= scale > 0 ? scale : 1;
    if (n > DURATION_MAX_S)
        return -EINVAL;
    *out_s = (uint32_t)n;
    return 0;
}
