/* Counters and their sentences. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_pace.h"

#include "relay/base/clock.h"

/* Where the clock is quick, so are feeds. */
static bool is_over(uint32_t count, uint32_t most)
{
    return count > most * clock_scale();
}

const char *feed_pace_change(struct feed_pace *p)
{
    return is_over(++p->changes, FEED_PACE_CHANGES)
               ? "its tables or parameter sets change all the time"
               : NULL;
}

const char *feed_pace_news(struct feed_pace *p, uint32_t track, bool jump)
{
    if (jump && track < LINK_TRACK_SLOTS && is_over(++p->jumps[track], FEED_PACE_CHANGES))
        return "its clock jumps all the time";
    return is_over(++p->news, FEED_PACE_NEWS) ? "its clock runs far too fast" : NULL;
}

bool feed_pace_mark(struct feed_pace *p)
{
    return !is_over(++p->marks, FEED_PACE_MARKS);
}

void feed_pace_second(struct feed_pace *p)
{
    *p = (struct feed_pace){0};
}
