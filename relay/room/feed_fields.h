/* A feed's counters as a table: for sums over feeds, the API, its documentation and the metrics. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; the table is constant. Thread: any. Life: pure functions. Fails: never.
 */
#ifndef RELAY_ROOM_FEED_FIELDS_H
#define RELAY_ROOM_FEED_FIELDS_H

#include "relay/link/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed_field {
    const char *name;   /* in JSON; its unit is in it */
    size_t offset;      /* in struct link_feed_stats; always uint64_t */
    bool gauge;         /* a value now; else a count since the feed opened */
    const char *metric; /* without prefix, in base units; NULL: not among the metrics */
    double scale;       /* metric = value x scale */
    const char *help;
};

extern const struct feed_field feed_fields[];
extern const size_t feed_field_count;

uint64_t feed_field_value(const struct link_feed_stats *s, const struct feed_field *f);
/* Adds the counts of s to sum; gauges are left alone. */
void feed_fields_add(struct link_feed_stats *sum, const struct link_feed_stats *s);

#endif
