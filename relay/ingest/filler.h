/* A made-up feed: it shows a film in a room that has no publisher, until that has one again. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what it is made from, and its packager. Thread: the worker's loop.
 * Life:   filler_new (LINK_FILL's first piece) -> filler_take ... the last piece -> filler_tick ->
 *         filler_take with the end, or filler_end -> filler_free.
 * Fails:  filler_fault says why it cannot go on; whoever owns it then ends it.
 *
 * It goes by the room's clock (go.h), never ahead of it: what is over at an instant is sent at it.
 */
#ifndef RELAY_INGEST_FILLER_H
#define RELAY_INGEST_FILLER_H

#include "config/config.h"
#include "relay/ingest/feed.h"
#include "relay/link/message.h"

#include <stdbool.h>
#include <stdint.h>

struct filler;

/* m: LINK_FILL. */
__attribute__((warn_unused_result)) int filler_new(struct filler **out,
                                                   const struct link_message *m,
                                                   const struct config *c, uint32_t worker,
                                                   const struct feed_out *cb);
void filler_free(struct filler **f);
uint64_t filler_id(const struct filler *f);
/* A piece; fd stays the caller's. False: it was the end, and the front was told. */
bool filler_take(struct filler *f, const struct link_message *m, int fd, int64_t now_us,
                 int64_t wall_us);
/* Sends what is due. */
void filler_tick(struct filler *f, int64_t now_us, int64_t wall_us);
const char *filler_fault(const struct filler *f); /* NULL: none */
/* Closes its segments and tells the front. */
void filler_end(struct filler *f, const char *text);

#endif
