/* A request out of a parsed head: places in text become what a handler sees. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; the input stays the caller's and is borrowed. Thread: the request's. Life: the
 * handler's call. Fails: never. */
#ifndef RELAY_WEB_REQUEST_HEAD_H
#define RELAY_WEB_REQUEST_HEAD_H

#include "relay/web/exchange.h"
#include "relay/web/input.h"

/* Method, address and the fields that the front understands. */
void request_head_fill(struct request *r, struct input *in);
/* Any field's value by its name, in any case; at NULL: absent. */
struct slice request_head_field(struct input *in, const char *name);

#endif
