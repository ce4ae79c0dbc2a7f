/* The pictures of all rooms: what the helper is asked for, and what becomes of its answers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what it knows of the turn that is under way; rooms stay the caller's and must outlive it.
 * Thread: control; times are CLOCK_MONOTONIC. Life: pictures_new/pictures_free.
 * Fails:  pictures_new -ENOMEM. Whatever the helper does costs pictures and nothing else.
 *
 * One keyframe is with the helper at a time: nothing queues, and what a picture has cost is known
 * before the next one begins. A room without a keyframe, or whose pictures fail, keeps its last one
 * for PICTURE_KEEP_US; one whose doors are closed keeps none.
 */
#ifndef RELAY_ROOM_PICTURES_H
#define RELAY_ROOM_PICTURES_H

#include "config/config.h"
#include "relay/link/picture_link.h"
#include "relay/room/rooms.h"

#include <stdbool.h>
#include <stdint.h>

enum { PICTURE_KEEP_US = 60000000 };

struct pictures;

__attribute__((warn_unused_result)) int pictures_new(struct pictures **out, struct rooms *rooms);
void pictures_free(struct pictures **p);
/* Every so often: takes away the pictures that nothing has followed for long, and all of them when
 * c wants none. */
void pictures_tick(struct pictures *p, const struct config *c, int64_t now_us);
/* Whose turn it is, if it is anybody's; fds stay the rooms'. The turn is under way until one of
 * the three calls below. */
bool pictures_next(struct pictures *p, const struct config *c, int64_t now_us, int64_t wall_us,
                   struct picture_ask *ask, int fds[PICTURE_ASK_FDS]);
/* It could not be sent: the room has to wait for its next turn. */
void pictures_skip(struct pictures *p);
/* Takes fd (-1: none). False: this helper is not to be believed. */
__attribute__((warn_unused_result)) bool pictures_answer(struct pictures *p, const struct config *c,
                                                         const struct picture_answer *a, int fd);
/* It died, or is another one from now on. */
void pictures_helper_gone(struct pictures *p, int64_t now_us);

/* For /metrics: counts of this process, and what rooms show now. */
struct pictures_facts {
    uint64_t made, failed, died, skipped, cpu_us;
    uint64_t shown, bytes, oldest_s; /* oldest_s: of rooms with a feed on air */
};
void pictures_facts(const struct rooms *rooms, int64_t wall_us, struct pictures_facts *out);

#endif
