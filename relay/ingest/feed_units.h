/* The access units of a feed's tracks, through every change of its program. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   an access_units for each track. Thread: the worker's loop.
 * Life:   feed_units_init, feed_units_fini; caller's memory.
 * Fails:  -ENOMEM.
 */
#ifndef RELAY_INGEST_FEED_UNITS_H
#define RELAY_INGEST_FEED_UNITS_H

#include "relay/ingest/access_units.h"
#include "relay/ingest/ts_demux.h"

struct feed_units {
    struct access_units *units[TS_TRACKS_MAX];
    enum codec_id codecs[TS_TRACKS_MAX];
    struct access_units_count gone; /* of those that are not there any more */
    size_t max_bytes;
    access_unit_fn *fn;
    void *ctx;
};

void feed_units_init(struct feed_units *f, size_t max_bytes, access_unit_fn *fn, void *ctx);
void feed_units_fini(struct feed_units *f);
/* Tracks whose codec is the same go on where they are; the others begin anew, or end. */
__attribute__((warn_unused_result)) int feed_units_turn(struct feed_units *f,
                                                        const struct ts_layout *l);
/* torn: it is not whole, whatever the demuxer thinks. */
void feed_units_take(struct feed_units *f, const struct ts_pes *pes, bool torn);
void feed_units_count(const struct feed_units *f, struct access_units_count *out);

#endif
