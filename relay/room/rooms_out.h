/* Where the rooms' news go: the HTTP threads and the workers, as the wiring connects them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; ctx is the wiring's. Thread: control. Life: outlives the rooms. Fails: never:
 * what cannot be delivered is the receiver's to count.
 */
#ifndef RELAY_ROOM_ROOMS_OUT_H
#define RELAY_ROOM_ROOMS_OUT_H

#include "relay/link/message.h"
#include "relay/room/view.h"

#include <stdbool.h>
#include <stdint.h>

#define ROOMS_OUT_ALL UINT32_MAX /* every worker that is up */

struct rooms_out {
    void *ctx;
    void (*show)(void *ctx, const struct room_view *v); /* takes its own reference */
    void (*hide)(void *ctx, const char *room);
    void (*publish)(void *ctx, const char *path, const struct body *b); /* "/live/rooms.json" */
    /* False: it is down, or too far behind; of all, none was reached. */
    bool (*send)(void *ctx, uint32_t worker, const struct link_message *m);
    /* The same to one worker with a descriptor, which stays the caller's. False: it is down. NULL:
     * there are no fillers. */
    bool (*pass)(void *ctx, uint32_t worker, const struct link_message *m, int fd);
    /* The checked clip of that file, the receiver's own; -1: there is none. bytes: its size. */
    int (*slate)(void *ctx, const char *file, uint32_t *bytes);
    uint32_t workers; /* how many may be asked to fill */
    uint32_t threads; /* that answer viewers; 0: nobody counts these */
};

#endif
