/* Who asks for a room's media, as far as viewers are told apart: without cookies, by a keyed hash.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the request's. Life: a pure function. Fails: never.
 *
 * A viewer is an address (of IPv6 its /64, which is one household's) and a User-Agent; where a
 * signed link opened the room, the address and the link's token. What others say of the address
 * (X-Forwarded-For, Forwarded) is not believed: anybody may write it. Players of one kind behind
 * one NAT are one viewer, and so is a cache.
 */
#ifndef RELAY_WEB_WATCHER_H
#define RELAY_WEB_WATCHER_H

#include "relay/base/siphash.h"
#include "relay/web/exchange.h"

#include <stdint.h>

/* Who a request is from that came over with its viewer from another process, without its name. */
#define WATCHER_NOBODY UINT64_MAX

/* Never 0 and never nobody. The request must have been admitted (admit.h). */
uint64_t watcher_id(const struct siphash_key *key, const struct request *r);

#endif
