/* What a feed at rest keeps: its access units since a random access point of some seconds ago. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   copies of access units, max_bytes of them at most. Thread: the worker's loop.
 * Life:   keep_new/keep_free. Fails: -ENOMEM; past its bound, and after a silence longer than its
 *         span, it drops what it has and begins anew at the next random access point.
 */
#ifndef RELAY_INGEST_KEEP_H
#define RELAY_INGEST_KEEP_H

#include "relay/ingest/access_units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keep;

/* lead: the track whose random access points count. span_us: of arrival, this much at least. */
__attribute__((warn_unused_result)) int
keep_new(struct keep **out, uint32_t lead, enum codec_id codec, size_t max_bytes, int64_t span_us);
void keep_free(struct keep **k);
/* Copies u, which arrived at now_us (clock_mono_us). 1: it is a random access point of the leading
 * track; 0; -ENOMEM. */
__attribute__((warn_unused_result)) int keep_take(struct keep *k, const struct access_unit *u,
                                                  int64_t now_us);
bool keep_is_ready(const struct keep *k); /* there is a random access point in it */
typedef void keep_fn(void *ctx, const struct access_unit *u, int64_t arrived_us);
/* Gives everything out, in order of arrival. */
void keep_replay(struct keep *k, keep_fn *fn, void *ctx);
/* Gives out what follows the random access point that arrived nearest to at_us; of the other
 * tracks also the second before it, because sound may stand before the picture it belongs to. */
void keep_replay_from(struct keep *k, int64_t at_us, keep_fn *fn, void *ctx);

#endif
