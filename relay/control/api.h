/* /api/v1/: rooms and feeds as JSON, and the document that describes them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: a pure function. Fails: with a problem (RFC 9457).
 * Routes, answers and the OpenAPI 3.1 document come from the same tables (api.c, schema.c).
 */
#ifndef RELAY_CONTROL_API_H
#define RELAY_CONTROL_API_H

#include "relay/base/text.h"
#include "relay/control/source.h"

#define API_TYPE "application/json"

/* path: raw, "/api/v1/rooms/NAME". Returns the status; sets *type when it is a problem. */
int api_render(struct text *t, const struct source *src, const char *path, const char **type);

#endif
