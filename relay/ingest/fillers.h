/* A worker's fillers: made-up feeds for rooms that wait for their publishers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the fillers. Thread: the worker's loop. Life: fillers_new/fillers_free.
 * Fails:  what cannot be made is answered with LINK_FEED_CLOSED.
 */
#ifndef RELAY_INGEST_FILLERS_H
#define RELAY_INGEST_FILLERS_H

#include "relay/ingest/filler.h"

#include <stddef.h>

struct fillers;

__attribute__((warn_unused_result)) int fillers_new(struct fillers **out, uint32_t worker,
                                                    const struct feed_out *cb);
void fillers_free(struct fillers **f);
/* m: LINK_FILL; fd stays the caller's. */
void fillers_message(struct fillers *f, const struct config *c, const struct link_message *m,
                     int fd, int64_t now_us, int64_t wall_us);
/* Any tick: sends what is due by now. */
void fillers_tick(struct fillers *f, int64_t now_us, int64_t wall_us);
/* Who asked for them is gone. */
void fillers_clear(struct fillers *f);
size_t fillers_count(const struct fillers *f);

#endif
