/* How many watch a room, and have: what its audience counts, taken once a second and added up. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the audience is its room's. Thread: control. Life: zeroed memory, a value that
 *         travels in an upgrade with its room. Fails: never.
 *
 * The sums are the room's, from its making to its end; the peak is of what it plays now.
 */
#ifndef RELAY_ROOM_ATTENDANCE_H
#define RELAY_ROOM_ATTENDANCE_H

#include <stdint.h>

struct audience;
struct rooms;

struct attendance {
    uint64_t viewers, peak; /* now; the most at once */
    uint64_t bytes_out;     /* content below /live/ROOM/, without heads and TLS */
    uint64_t viewer_us;     /* time watched, all viewers together */
    uint64_t taken_bytes;   /* of the audience's count, in bytes_out already */
    int64_t taken_us;       /* when it was last looked at; 0: never, by this process */
    int64_t settled_us; /* until then who came over may not have asked here; -1: not yet known */
};

/* Of all rooms; now_us: of the clock that HTTP threads go by. */
void attendance_take(struct rooms *r, int64_t now_us);
/* Of one; a NULL: nobody has been shown anything yet. */
void attendance_add(struct attendance *t, const struct audience *a, int64_t now_us);
/* Something else is played from now on. */
void attendance_begin(struct attendance *t);
/* What another process has counted, which has its own audience. */
void attendance_adopt(struct attendance *t, const struct attendance *was);

#endif
