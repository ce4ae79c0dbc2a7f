/* How many watch a room, and have: what its audience counts, taken once a second and added up. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/attendance.h"

#include "relay/room/audience.h"
#include "relay/room/room_inside.h"
#include "relay/room/rooms.h"

void attendance_add(struct attendance *t, const struct audience *a, int64_t now_us)
{
    struct audience_count n = {0};
    if (a)
        audience_count(a, now_us, &n);
    /* those of last time watched until now, come or gone in between as they may be */
    if (t->taken_us && now_us > t->taken_us)
        t->viewer_us += t->viewers * (uint64_t)(now_us - t->taken_us);
    t->taken_us = now_us;
    if (t->settled_us < 0)
        t->settled_us = now_us + AUDIENCE_STAY_S * INT64_C(1000000);
    if (now_us >= t->settled_us || n.viewers > t->viewers)
        t->viewers = n.viewers;
    t->peak = n.viewers > t->peak ? n.viewers : t->peak;
    t->bytes_out += n.bytes_out - t->taken_bytes;
    t->taken_bytes = n.bytes_out;
}

void attendance_begin(struct attendance *t)
{
    t->peak = t->viewers;
}

void attendance_adopt(struct attendance *t, const struct attendance *was)
{
    *t = *was;
    t->taken_bytes = 0;
    t->taken_us = 0;
    t->settled_us = -1;
}

void attendance_take(struct rooms *r, int64_t now_us)
{
    for (size_t i = 0; i < rooms_count(r); i++) {
        struct room *room = rooms_grasp(r, room_name(rooms_at(r, i)));
        attendance_add(&room->attendance, room->showcase.audience, now_us);
    }
}
