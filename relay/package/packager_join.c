/* A feed beside another one of the same encoder: it starts where that one's segments do. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"

#include <stdlib.h>

/*
 * Both feeds cut at the first IDR from 90 % of segment_ms on, and their IDRs are the same
 * pictures. So one point where a segment of the other feed begins is enough to know all that
 * follow, as long as no IDR since then was missed. Whoever started both ends checks the outcome:
 * RFC 8216bis section 6.2.4, matching content has matching timestamps.
 */
enum {
    NEAR_90K = 900,        /* the same instant: less than half a frame at 50 a second */
    APART_90K = 60 * 90000 /* no network is that slow */
};

void packager_join_init(struct packager *p)
{
    p->join.raw_90k = p->options.raw_90k;
    p->join.start_90k = p->options.start_90k;
}

int64_t packager_join_distance(const struct packager *p, const struct packager_unit *u)
{
    return timeline_distance(p->join.raw_90k, u->raw_pts);
}

bool packager_join_at(struct packager *p, const struct packager_unit *u, bool can_begin)
{
    struct packager_join *j = &p->join;
    int64_t distance = packager_join_distance(p, u);
    int64_t least = p->segmenter.target_90k * 9 / 10;

    if (!j->seen) {
        j->seen = true;
        j->late = distance > least;
        j->apart = llabs(distance) > APART_90K;
    }
    if (!can_begin || j->late || j->apart || distance < -NEAR_90K)
        return false;
    if (distance <= NEAR_90K)
        return true;
    if (distance < least)
        return false;
    j->raw_90k = u->raw_pts;
    j->start_90k += distance;
    p->segmenter.first_sequence++;
    return true;
}

bool packager_is_apart(const struct packager *p)
{
    return p->join.apart;
}
