/* Where a room's timeline breaks: discontinuity sequence and wall clock of each media sequence. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/epochs.h"

#include <assert.h>
#include <string.h>

void epochs_init(struct epochs *e, uint64_t first_msn, uint64_t sequence)
{
    memset(e, 0, sizeof(*e));
    e->list[0] = (struct epoch){.first_msn = first_msn, .sequence = sequence};
    e->count = 1;
}

void epochs_break(struct epochs *e, uint64_t msn)
{
    const struct epoch *newest = &e->list[e->count - 1];
    assert(msn >= newest->first_msn);
    if (msn == newest->first_msn)
        return;
    struct epoch next = {.first_msn = msn, .sequence = newest->sequence + 1};
    if (e->count == EPOCHS_KEPT) {
        memmove(&e->list[0], &e->list[1], (EPOCHS_KEPT - 1) * sizeof(e->list[0]));
        e->count--;
    }
    e->list[e->count++] = next;
}

struct epoch *epochs_at(struct epochs *e, uint64_t msn)
{
    size_t i = e->count - 1;
    while (i > 0 && e->list[i].first_msn > msn)
        i--;
    return &e->list[i];
}

struct epoch *epochs_newest(struct epochs *e)
{
    return &e->list[e->count - 1];
}

void epochs_anchor(struct epochs *e, uint64_t msn, int64_t at_90k, int64_t wall_us)
{
    struct epoch *own = epochs_at(e, msn), *before = own;
    if (own->anchored)
        return;
    while (before > e->list && !before->anchored)
        before--;
    int64_t least_us = before->anchored ? epoch_wall_us(before, UINT64_MAX, at_90k) : wall_us;
    own->anchored = true;
    own->anchor_90k = at_90k;
    own->anchor_wall_us = wall_us > least_us ? wall_us : least_us;
}

void epochs_slew(struct epochs *e, uint64_t msn, int64_t us)
{
    struct epoch *own = epochs_newest(e);
    if (!own->anchored || msn < own->first_msn)
        return;
    if (own->slew_count == EPOCH_SLEWS) {
        own->anchor_wall_us += own->slews[0].us;
        own->slew_count--;
        memmove(&own->slews[0], &own->slews[1], own->slew_count * sizeof(own->slews[0]));
    }
    own->slews[own->slew_count++] = (struct epoch_slew){.first_msn = msn, .us = us};
}

int64_t epoch_wall_us(const struct epoch *e, uint64_t msn, int64_t at_90k)
{
    int64_t wall_us = e->anchor_wall_us + ticks_to_us(at_90k - e->anchor_90k);
    for (size_t i = 0; i < e->slew_count && e->slews[i].first_msn <= msn; i++)
        wall_us += e->slews[i].us;
    return wall_us;
}

int64_t ticks_to_us(int64_t ticks_90k)
{
    return ticks_90k * 100 / 9;
}
