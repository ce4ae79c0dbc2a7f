/* The marks of both sides, and what comparing them has shown. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/likeness.h"

#include <string.h>

static const struct link_mark *find(const struct likeness *l, size_t side, uint64_t second)
{
    for (size_t i = 0; i < LIKENESS_SECONDS && i < l->count[side]; i++)
        if (l->marks[side][i].second == second)
            return &l->marks[side][i];
    return NULL;
}

void likeness_take(struct likeness *l, size_t side, const struct link_mark *m)
{
    const struct link_mark *twin = find(l, !side, m->second);
    l->marks[side][l->count[side]++ % LIKENESS_SECONDS] = *m;
    if (!twin)
        return;
    if (m->units > 0 && twin->units == m->units && twin->sum == m->sum) {
        l->alike = true;
        l->apart = 0;
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

bool likeness_is(const struct likeness *l)
{
    return l->alike;
}
