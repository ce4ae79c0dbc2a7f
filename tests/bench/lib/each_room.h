/* A thread for each room that is watched, from the first to the last. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its threads, which have ended when it returns. Thread: the caller's. Life: a call.
 * Fails:  false when not all threads could be started; those that were have run.
 */
#ifndef TESTS_BENCH_LIB_EACH_ROOM_H
#define TESTS_BENCH_LIB_EACH_ROOM_H

#include <stdbool.h>
#include <stddef.h>

enum { EACH_ROOM_MAX = 32 };

/* run(watch) for each of the `rooms` watches, which are `size` bytes each and adjoin. */
bool each_room(void *watches, size_t size, unsigned rooms, void *(*run)(void *watch));

#endif
