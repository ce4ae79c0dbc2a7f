/* How urgent an answer is among the others of its connection. */
/* SPDX-License-Identifier: MIT */
/*
 * RFC 9218. Owns: nothing. Thread: any; pure. Life: values. Fails: never.
 *
 * A browser says u=1 for whatever a script fetches, so that a wish in a request can make an answer
 * less urgent than its kind, but not more; PRIORITY_UPDATE, which names one stream, is obeyed.
 */
#ifndef RELAY_WEB_H2_URGENCY_H
#define RELAY_WEB_H2_URGENCY_H

#include "relay/web/exchange.h"

#include <stdint.h>

enum {
    H2_NO_WISH = 0xff,
    H2_URGENCY_PLAYLIST = 1, /* and init segments: nothing plays before them */
    H2_URGENCY_PART = 2,
    H2_URGENCY_SEGMENT = 3, /* what section 4.1 gives to everything */
};

uint32_t h2_urgency(const struct request *r, const struct reply *reply);

#endif
