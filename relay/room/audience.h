/* Who watches a room now, and how many bytes went out to them: counted by all HTTP threads. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   for each thread a table of viewers (tokens made by a keyed hash, never addresses).
 * Thread: audience_note and audience_sent by the thread of that index, audience_count by the
 *         control thread at any time; the reference count is atomic.
 * Life:   made with a room's first view, audience_ref/unref: its views and replies under way have
 *         it. Fails: audience_new -ENOMEM; a table that cannot grow counts a sample.
 *
 * A viewer counts from a request on for AUDIENCE_STAY_S, or while it is parked. A thread has one
 * writer for each table and nobody waits: an entry is one 64-bit word, 40 bits of the viewer's hash
 * and the second until which it counts, and what has expired is written over.
 *
 * Up to AUDIENCE_EXACT viewers the count is exact. Above it only viewers whose hash begins with
 * `depth` zeros are noted, and each stands for 2^depth (distinct sampling: Gibbons, VLDB 2001): of
 * 100,000 viewers some thousands are kept, and the count is within 7 % in 997 of 1000 cases.
 */
#ifndef RELAY_ROOM_AUDIENCE_H
#define RELAY_ROOM_AUDIENCE_H

#include <stdint.h>

enum { AUDIENCE_STAY_S = 11, AUDIENCE_EXACT = 4096 };

struct audience;

struct audience_count {
    uint64_t viewers;
    uint64_t bytes_out; /* since it was made */
};

__attribute__((warn_unused_result)) int audience_new(struct audience **out, uint32_t threads);
struct audience *audience_ref(struct audience *a);
void audience_unref(struct audience **a);
/* viewer: a hash of who asks; wait_s: it is parked so long at the most. Allocates only where a
 * table grows: three times in the life of a room and thread. */
void audience_note(struct audience *a, uint32_t thread, uint64_t viewer, int64_t now_us,
                   uint32_t wait_s);
void audience_sent(struct audience *a, uint32_t thread, uint64_t bytes);
/* now_us: of the clock that audience_note goes by. */
void audience_count(const struct audience *a, int64_t now_us, struct audience_count *out);

#endif
