/* What a feed is like, for the front's doctor. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_state.h"

void feed_vitals(struct feed *f, const struct link_feed_stats *now, struct link_vitals *out)
{
    measure_second(&f->measure, &f->layout, now, &f->filter.clock, out);
}
