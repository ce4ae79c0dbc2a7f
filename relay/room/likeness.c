/* The marks of both sides, and what comparing them has shown. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/likeness.h"

#include <string.h>

/* Where that second's mark is; LIKENESS_SECONDS: nowhere. */
static size_t find(const struct likeness *l, size_t side, uint64_t second)
{
    for (size_t i = 0; i < LIKENESS_SECONDS && i < l->count[side]; i++)
        if (l->marks[side][i].second == second)
            return i;
    return LIKENESS_SECONDS;
}

void likeness_take(struct likeness *l, size_t side, const struct link_mark *m, int64_t now_us)
{
    size_t other = find(l, !side, m->second), place = l->count[side]++ % LIKENESS_SECONDS;
    l->marks[side][place] = *m;
    l->came_us[side][place] = now_us;
    if (other == LIKENESS_SECONDS)
        return;
    const struct link_mark *twin = &l->marks[!side][other];
    int64_t lag_us = now_us - l->came_us[!side][other];
    if (m->units > 0 && twin->units == m->units && twin->sum == m->sum) {
        l->alike = true;
        l->apart = 0;
        l->lag_us = side == 1 ? lag_us : -lag_us;
    } else if (++l->apart >= LIKENESS_APART) {
        l->alike = false;
    }
}

void likeness_forget(struct likeness *l, size_t side)
{
    l->count[side] = 0;
    l->alike = false;
    l->apart = 0;
}

int64_t likeness_lag_us(const struct likeness *l, size_t side)
{
    return side == 1 ? l->lag_us : -l->lag_us;
}

bool likeness_is(const struct likeness *l)
{
    return l->alike;
}
