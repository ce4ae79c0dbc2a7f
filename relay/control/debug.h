/* /api/v1/debug: what a test of faults holds against its baseline. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; tables are constant. Thread: control. Life: pure functions. Fails: never.
 */
#ifndef RELAY_CONTROL_DEBUG_H
#define RELAY_CONTROL_DEBUG_H

#include "relay/control/schema.h"
#include "relay/control/source.h"

extern const struct schema schema_debug; /* subject: struct debug_facts, made by debug_put */
extern const struct schema schema_process;

void debug_put(struct text *t, const struct source *src);

#endif
