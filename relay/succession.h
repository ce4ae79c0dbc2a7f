/* One front follows another: rooms, links and viewers change hands, then the old one may go. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing but what is said below. Thread: control; both sides wait for each other.
 * Life:   a call each. Fails: -errno: the giver keeps everything and goes on, the taker must end.
 *
 * Order: the taker says VIEWERS, with a socket for them; then WHAT, rooms (room/handover.h), LINK
 * ..., DONE; and back: TAKEN. Until that is said the giver can go on as if nothing had been; from
 * then on everything is the taker's.
 */
#ifndef RELAY_SUCCESSION_H
#define RELAY_SUCCESSION_H

#include "relay/room/rooms.h"

#include <stdint.h>

/* what: HANDOVER_WITH_*. links: the worker's by index, -1: none. *viewers is where server_hand_on
 * sends viewers to, and the caller's. */
__attribute__((warn_unused_result)) int succession_give(int end, uint32_t what, struct rooms *rooms,
                                                        const int *links, uint32_t workers,
                                                        int *viewers);
/* Fills in what it was given: rooms (new and empty), links (-1: none), *viewers for server_expect,
 * *what as asked. All descriptors are the caller's. */
__attribute__((warn_unused_result)) int succession_take(int end, struct rooms *rooms, int *links,
                                                        uint32_t workers, int *viewers,
                                                        uint32_t *what);
/* Says that everything is here and serves. */
__attribute__((warn_unused_result)) int succession_taken(int end);

#endif
