/* A made-up low-latency room whose playlist says when it was published. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Fails: moving_room_view: -errno. */
#ifndef TESTS_BENCH_LIB_MOVING_ROOM_H
#define TESTS_BENCH_LIB_MOVING_ROOM_H

#include "relay/room/view.h"

#include <stdint.h>

enum { MOVING_ROOM_PART_MS = 500 };

/* In the playlist: the wall clock in microseconds just before the view was made. No real server
 * writes it; a comment to every player. */
#define MOVING_ROOM_STAMP "#PUBLISHED-WALL-US:"

/* /live/ROOM/video.m3u8 before part `next` (of four to a segment), and the last parts. */
__attribute__((warn_unused_result)) int moving_room_view(struct room_view **out, const char *room,
                                                         uint64_t next);

#endif
