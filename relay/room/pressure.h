/* What all windows together may hold: who gives up how much, and when nobody more is let in. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its array of weights. Thread: control. Life: zero to begin with; pressure_fini.
 * Fails:  without memory for the weights this look is left out. It decides; rooms.c does.
 *
 * limits.memory_mb, or half of what the process may count on: the other half is for what SRT has
 * under way, sockets' buffers, viewers who still read what left a window, and the programs.
 */
#ifndef RELAY_ROOM_PRESSURE_H
#define RELAY_ROOM_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PRESSURE_LOOK_US = 1000000,
    PRESSURE_SAY_US = 60000000, /* a room's line in the log */
    PRESSURE_SEGMENTS = 2048,   /* that go at one look; the rest at the next tick */
};

/* One room's. */
struct pressure_weight {
    uint64_t bytes;  /* its windows hold */
    uint64_t floor;  /* of these must stay, for a live list */
    uint64_t needed; /* what floor will be when its lists are as long as they must be */
    bool known;      /* it has media to tell that by */
};

struct pressure {
    uint64_t budget_bytes; /* 0: no limit */
    uint64_t used_bytes, needed_bytes;
    bool refusing;
    int64_t look_us;
    struct pressure_weight *weights;
    size_t size;
};

void pressure_fini(struct pressure *p);
/* memory_mb: as configured; machine_bytes: 0 is unknown. */
void pressure_set(struct pressure *p, uint32_t memory_mb, uint64_t machine_bytes);
/* Weights to be filled in, one for each room; NULL: it is not time for another look. */
struct pressure_weight *pressure_look(struct pressure *p, size_t rooms, int64_t now_us);
/* From the weights: what is used and needed, whether newcomers are refused, and how many bytes no
 * window may hold more than (its floor aside) so that all together keep within the budget: the
 * largest give up first. UINT64_MAX: nobody has to. */
uint64_t pressure_decide(struct pressure *p, size_t rooms);
/* There is more to do than one look may: the next one is due at once. */
void pressure_hurry(struct pressure *p);
/* To the log: new rooms are refused now, or not any more. */
void pressure_say(const struct pressure *p);

#endif
