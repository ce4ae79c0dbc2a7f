/* What a path below /live/ROOM/ is answered with: now, once it has come, or not at all. */
/* SPDX-License-Identifier: MIT */
/*
 * draft-pantos-hls-rfc8216bis-22 sections 6.2.5 and 6.2.6, lifetimes by its appendix B.1.
 * Owns:   nothing. Thread: the loop's. Life: a value, over when its thread is. Fails: by answering.
 */
#ifndef RELAY_WEB_LIVE_H
#define RELAY_WEB_LIVE_H

#include "relay/base/siphash.h"
#include "relay/web/access.h"
#include "relay/web/exchange.h"
#include "relay/web/gate.h"
#include "relay/web/shown.h"
#include "relay/web/tally.h"

#include <stdbool.h>

struct live {
    struct shown *shown;
    struct tally *tally;
    /* Shows what has already been posted to this thread: a viewer may come from a thread that was
     * quicker, and must not see the room go back. parked: a request waits from now on, so what is
     * posted later must come by itself. NULL: nothing is posted. */
    void (*refresh)(void *ctx, bool parked);
    void *refresh_ctx;
    const struct access *access;          /* NULL: every room is open */
    struct gate *gate;                    /* counts links that were no good; NULL: nobody counts */
    const struct siphash_key *viewer_key; /* viewers are told apart by; NULL: nobody counts them */
    const int64_t *now_us;                /* the loop's */
    uint32_t thread;
};

/* Ends or parks the request; false: there is nothing at this path, and the request is open. */
__attribute__((warn_unused_result)) bool live_serve(const struct live *l, struct request *r);
/* The answer to a path that leads to nothing. */
void live_refuse(const struct live *l, struct request *r);
bool live_is_path(const struct request *r);

#endif
