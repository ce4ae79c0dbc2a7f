/* Gives the rooms of one front to the next, whole: windows, numbers, sessions, descriptors. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   giving: nothing of the rooms, which stay as they are and may go on if nobody takes them;
 *         taking: what it has been given so far. Thread: control. Life: a call; handover_taker_new
 *         to _free. Fails: -errno; then no room of the taker may be shown.
 *
 * Structures travel as they lie in memory, with their pointers left out, so both programs must lay
 * them out alike: handover_version says whether they do. A member whose meaning changes without its
 * layout must raise HANDOVER_MEANING in handover.c. Whatever has no place here (rendered texts,
 * shelves, bandwidth of nothing) is made anew.
 */
#ifndef RELAY_ROOM_HANDOVER_H
#define RELAY_ROOM_HANDOVER_H

#include "relay/base/parcel.h"
#include "relay/room/rooms.h"

#include <stdint.h>

enum {
    HANDOVER_KINDS = 100,        /* parcels of a lower kind are for handover_take */
    HANDOVER_PATIENCE_MS = 5000, /* that a parcel may take */
};

uint64_t handover_version(void);
__attribute__((warn_unused_result)) int handover_give(struct rooms *r, int end);

struct handover_taker;
/* r: newly made, without a room. */
__attribute__((warn_unused_result)) int handover_taker_new(struct handover_taker **out,
                                                           struct rooms *r);
void handover_taker_free(struct handover_taker **t);
/* A parcel in the order they were given; takes its descriptor. */
__attribute__((warn_unused_result)) int handover_take(struct handover_taker *t, struct parcel *p,
                                                      int64_t now_us, int64_t wall_us);

#endif
