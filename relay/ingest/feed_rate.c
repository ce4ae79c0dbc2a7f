/* How much a feed may bring: limits.feed_mbps, or less where its agency may have less. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/feed_state.h"

void feed_check_rate(struct feed *f)
{
    const struct config *c = f->o.config;
    uint32_t most_mbps = config_feed_mbps(c, f->o.stream.room);
    uint64_t sum = 0;

    for (size_t i = 0; i < RATE_WINDOW_S; i++)
        sum += f->rate[i];
    if (sum * 8 > (uint64_t)most_mbps * 1000000 * RATE_WINDOW_S)
        feed_set_fault(f, LINK_CLOSE_LIMIT,
                       most_mbps < c->limits.feed_mbps
                           ? "more than its agency's room_mbps for 10 s: lower the encoder's "
                             "bitrate"
                           : "more than limits.feed_mbps for 10 s");
}
