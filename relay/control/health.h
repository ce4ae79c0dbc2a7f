/* Is the relay ready to take publishers? For load balancers and supervisors. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: a pure function. Fails: never.
 */
#ifndef RELAY_CONTROL_HEALTH_H
#define RELAY_CONTROL_HEALTH_H

#include "relay/base/text.h"
#include "relay/control/source.h"

#define HEALTH_TYPE "text/plain; charset=utf-8"

/* 200 when every worker is up, else 503 and which ones are not. */
int health_render_ready(struct text *t, const struct source *src);

#endif
