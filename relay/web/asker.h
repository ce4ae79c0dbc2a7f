/* Who asks: is it somebody on this machine, speaking for itself? */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the request's. Life: pure functions. Fails: never.
 */
#ifndef RELAY_WEB_ASKER_H
#define RELAY_WEB_ASKER_H

#include "relay/web/request.h"

#include <stdbool.h>

/* From this machine, and neither by way of a proxy on it that speaks for somebody else, nor by a
 * page of another site in a browser on it: such a page says its Origin (Fetch standard), or has
 * made its own name lead here, which Host then says. */
bool asker_is_here(const struct request *r);
/* The token of "Authorization: Bearer TOKEN" (RFC 6750 section 2.1), or NULL. */
const char *asker_token(const struct request *r);

#endif
