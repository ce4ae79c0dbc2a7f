/* The hole in a room while no feed is live, and what fills it: gaps, or a worker's filler. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   what it is filled from, and messages of the next feed that wait for the filler's end.
 * Thread: control. Life: zeroed; hole_begin .. hole_end, as often as it likes; hole_fini.
 * Fails:  a filler that cannot be had, or that dies, leaves gaps: the list goes on in any case.
 *
 * The room's clock runs on through a hole: point base_90k of the timeline is instant base_us, and
 * fillers and the next feed (LINK_FEED_GO) all go by it. Phases:
 *   NONE     no hole
 *   GAP      EXT-X-GAP, made here, at each tick what is due
 *   FILLED   a worker was asked and sends what a feed sends; if it dies another one is asked
 *   CLOSING  the next feed's first picture is there: the filler was told to end where that begins,
 *            and what the feed sends waits until it has, CLOSING_US at most
 */
#ifndef RELAY_ROOM_HOLE_H
#define RELAY_ROOM_HOLE_H

#include "relay/room/hole_source.h"
#include "relay/room/intake.h"
#include "relay/room/rooms_out.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOLE_HELD = 64 }; /* messages that wait; more end the wait */

enum hole_phase { HOLE_NONE, HOLE_GAP, HOLE_FILLED, HOLE_CLOSING };

struct hole_held {
    struct link_message m;
    int fd;
};

struct hole {
    enum hole_phase phase;
    int64_t base_90k, base_us;
    int64_t gap_90k;        /* of the gap that is open, listed so far */
    int64_t wall_offset_us; /* the wall clock's, as of the last tick */
    int64_t heard_us, closing_us;
    unsigned asked; /* fillers, in this hole */
    struct session filler;
    struct hole_source source;
    struct hole_held *held; /* of HOLE_HELD */
    size_t held_count, held_next;
};

/* What a hole may touch of its room. */
struct hole_room {
    struct intake in; /* its session is not used */
    const struct rooms_out *out;
    uint64_t *fillers; /* counts all of the process: their feed numbers */
    uint64_t *faults;
};

/* When the timeline's end was now, by the clock of a hole that begins now, or within a target
 * duration of what was listed last. */
int64_t hole_base_us(const struct presentation *p, int64_t now_us);
/* The room's last feed is gone, and what it had open is closed; or the next one brings nothing.
 * Nothing, when there is a hole. */
void hole_begin(struct hole *h, const struct hole_room *room, int64_t now_us);
/* Nothing more will be filled: what is open is closed, the filler stopped, all is freed. */
void hole_end(struct hole *h, const struct hole_room *room, int64_t now_us);
void hole_fini(struct hole *h);
bool hole_is_open(const struct hole *h);
/* Where on the timeline the next feed starts, and when that is. */
void hole_go(const struct hole *h, const struct presentation *p, struct link_go *go,
             int64_t now_us);
bool hole_has_feed(const struct hole *h, uint64_t feed, uint32_t *worker);
/* m: the filler's; takes fd. True: lists may have changed. */
bool hole_message(struct hole *h, const struct hole_room *room, const struct link_message *m,
                  int fd, int64_t now_us);
/* m: of the room's feed. True: m and fd were kept until the filler has ended. False: they are the
 * caller's to use, and so is what hole_next_held has, before them. */
bool hole_hold(struct hole *h, const struct hole_room *room, const struct link_message *m, int fd,
               int64_t now_us);
/* After the hole has ended: the oldest message that was kept, and its descriptor or -1. */
bool hole_next_held(struct hole *h, struct link_message *m, int *fd);
void hole_worker_lost(struct hole *h, const struct hole_room *room, uint32_t worker,
                      int64_t now_us);
/* Every 100 ms. True: lists may have changed. */
bool hole_tick(struct hole *h, const struct hole_room *room, int64_t now_us, int64_t wall_us);

#endif
