/* What of a publisher's program is not carried, in words for the log, the status and the API. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing outside itself. Thread: the worker's loop. Life: zeroed by the caller. Fails:
 * never.
 */
#ifndef RELAY_INGEST_LEFT_OUT_H
#define RELAY_INGEST_LEFT_OUT_H

#include "relay/ingest/ts_filter.h"
#include "relay/link/message.h"
#include "relay/package/packager.h"

#include <stdbool.h>
#include <stdint.h>

struct left_out {
    uint32_t count;       /* streams */
    char text[LINK_TEXT]; /* "" when there are none */
};

/* Looks at what the tables announce and, packager may be NULL, at what the frames turned out to
 * be. True when it is not what it was: then it is logged, and m is filled in as a LINK_PROGRAM. */
bool left_out_update(struct left_out *l, const char *log_name, const struct ts_layout *layout,
                     const struct packager *packager, struct link_message *m);

#endif
