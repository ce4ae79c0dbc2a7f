/* How long the parts of a segment should be. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/part_length.h"

enum {
    ROUNDING = 2000, /* 15 pictures at 30/s, in whole ms, fit in 0.5 s; at 29.97/s they do not */
};

/* Parts as few as can be, but no splinter: of 50 pictures at 25/s not 12, 12, 12, 12 and 2. Players
 * are still busy with the part before it when it comes, which is when hls.js 1.7 loses count. */
int64_t part_length_even(int64_t part, int64_t length, uint32_t samples)
{
    int64_t sample = length / samples;
    int64_t most = sample > 0 ? (part + part / ROUNDING) / sample * sample : 0;
    int64_t parts = most > 0 ? (length + most - sample / 2) / most : 1;

    return parts > 0 ? (length + parts - 1) / parts : length;
}
