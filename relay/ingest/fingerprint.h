/* A mark for each second of a feed's own clock, by which two feeds of one encoder are known. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the worker's loop. Life: zeroed memory. Fails: never.
 *
 * A long access unit is known by its length and by bytes spread over it: two encoders never agree
 * in the lengths of a second's pictures, and reading all of a 4K feed again would cost for nothing.
 */
#ifndef RELAY_INGEST_FINGERPRINT_H
#define RELAY_INGEST_FINGERPRINT_H

#include "relay/ingest/access_units.h"
#include "relay/link/standby.h"

#include <stdbool.h>

enum { FINGERPRINT_SECONDS = 4 };

struct fingerprint {
    bool begun;
    uint64_t newest, whole_from; /* seconds; those before whole_from began before us */
    struct link_mark marks[FINGERPRINT_SECONDS];
};

/* True: *out is a second that is over, for all tracks. */
bool fingerprint_take(struct fingerprint *f, const struct access_unit *u, struct link_mark *out);

#endif
