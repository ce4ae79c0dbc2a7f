/* /api/v1/: rooms and feeds as JSON, what can be done to them, and the document of all that. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: pure functions, but for what an action does to a room.
 * Fails: with a problem (RFC 9457).
 * Routes, answers and the OpenAPI 3.1 document come from the same tables (api.c, schema.c).
 */
#ifndef RELAY_CONTROL_API_H
#define RELAY_CONTROL_API_H

#include "relay/base/text.h"
#include "relay/control/source.h"

#include <stdbool.h>

#define API_TYPE "application/json"

/* May the answer have to wait for a disk? */
bool api_may_wait(enum http_method method, const char *path);
/* q->path: "/api/v1/rooms/NAME". Returns the status; head->type is set when it is not API_TYPE. 0:
 * the answer comes with the write head->pending. */
int api_render(struct text *t, const struct source *src, const struct asked *q,
               struct page_head *head);

#endif
