/* /metrics: everything the front counts, as Prometheus text. */
/* SPDX-License-Identifier: MIT */
/*
 * Format: Prometheus text exposition 0.0.4. Every family stands in one table with its help.
 * Labels are bounded: states, codes, workers, and rooms (at most rooms.max).
 * Owns: nothing. Thread: control. Life: a pure function. Fails: never; a failed text says so.
 */
#ifndef RELAY_CONTROL_METRICS_H
#define RELAY_CONTROL_METRICS_H

#include "relay/base/text.h"
#include "relay/control/source.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_render(struct text *t, const struct source *src);

#endif
