/* Which handler, room or text a path leads to. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: the request's. Life: a value. Fails: by answering 404 or 405.
 *
 * Paths are compared raw, byte by byte: nothing is decoded, nothing normalized. `%2e`, `..` and
 * `//` name no room and no file, so they are 404 and can lead nowhere.
 */
#ifndef RELAY_WEB_ROUTE_H
#define RELAY_WEB_ROUTE_H

#include "relay/web/live.h"
#include "relay/web/server.h"

#include <stddef.h>

struct router {
    const struct route *routes; /* tried in order, before what is shown */
    size_t count;
    const struct live *live;
};

/* Ends the request, or leaves it to a handler. ctx is a struct router. */
void route_request(void *ctx, struct request *r);

#endif
