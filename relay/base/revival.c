/* The table of the header in code. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/revival.h"

enum {
    SHORT_US = 1000000,
    SOUND_US = 10000000,
    KILLED_US = 500000,
    CRASH_US = 100000,
    CRASH_MOST_US = 5000000,
    START_US = 250000,
    START_MOST_US = 8000000,
};

static int64_t doubled(int64_t first_us, uint32_t times, int64_t most_us)
{
    int64_t us = times < 16 ? first_us << times : most_us;

    return us < most_us ? us : most_us;
}

int64_t revival_delay_us(struct revival *r, bool came_up, enum revival_end end, int64_t lived_us)
{
    r->ever_up |= came_up;
    if (end == REVIVAL_TAKEN)
        return 0;
    if (!came_up)
        return doubled(START_US, r->starts++, START_MOST_US);
    r->starts = 0;
    if (end == REVIVAL_KILLED)
        return lived_us < SHORT_US ? KILLED_US : 0;
    if (lived_us >= SOUND_US) {
        r->crashes = 0;
        return 0;
    }
    return doubled(CRASH_US, r->crashes++, CRASH_MOST_US);
}

bool revival_is_hopeless(const struct revival *r)
{
    return !r->ever_up && r->starts >= REVIVAL_TRIES;
}
