/* At the door of a room that only a signed link opens: takes the token, lets in or refuses. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: the loop's. Life: within a request. Fails: by answering 403 or 429.
 *
 *   /live/~TOKEN/ROOM/index.m3u8        the address players stay below: playlists name what they
 *                                       list relative to themselves, so the token comes with it
 *   /live/ROOM/index.m3u8?token=TOKEN   for a single link. A playlist that is asked for like that
 *                                       names what it lists by the other form (admit_playlist):
 *                                       media may not be redirected
 *   /live/~TOKEN/ROOM/access            204 or 403 for caches that ask before they serve what they
 *                                       have; ?address= is the viewer whom the cache sees, and is
 *                                       believed on this machine and in private networks only
 *
 * In a path a token is written as it was signed: an escape makes it none. Who comes by way of
 * others (X-Forwarded-For, Forwarded, Via) comes from nowhere: a link that is bound to an address
 * refuses.
 *
 * What the token allows holds for the answer too: no cache keeps it beyond the token's end. It may
 * be shared only where the address is the secret: the query is left out of some caches' keys, and
 * one that is bound to viewers' addresses could be had from a cache by anybody.
 */
#ifndef RELAY_WEB_ADMIT_H
#define RELAY_WEB_ADMIT_H

#include "relay/web/exchange.h"
#include "relay/web/live.h"

#include <stdbool.h>

/* true: the request goes on, with its token taken. false: it was answered. */
__attribute__((warn_unused_result)) bool admit(const struct live *l, struct request *r);
/* The length of "~TOKEN/" at the start of what stands behind /live/ or /watch/, 0 when there is
 * none, or one with an escape in it. */
size_t admit_token_len(const char *at, size_t len);
/* Answers with a playlist, or with its twin for this token when that came in the query. */
void admit_playlist(struct request *r, const struct body *b, uint32_t shared_age_s);

#endif
