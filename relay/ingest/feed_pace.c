/* Three counters and their sentences. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_pace.h"

const char *feed_pace_change(struct feed_pace *p)
{
    return ++p->changes > FEED_PACE_CHANGES ? "its tables or parameter sets change all the time"
                                            : NULL;
}

const char *feed_pace_news(struct feed_pace *p, uint32_t track, bool jump)
{
    if (jump && track < LINK_TRACK_SLOTS && ++p->jumps[track] > FEED_PACE_CHANGES)
        return "its clock jumps all the time";
    return ++p->news > FEED_PACE_NEWS ? "its clock runs far too fast" : NULL;
}

void feed_pace_second(struct feed_pace *p)
{
    *p = (struct feed_pace){0};
}
