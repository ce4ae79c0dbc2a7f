/* What all windows together may hold: who gives up how much, and when nobody more is let in. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/pressure.h"

#include "relay/base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void pressure_fini(struct pressure *p)
{
    free(p->weights);
    memset(p, 0, sizeof(*p));
}

void pressure_set(struct pressure *p, uint32_t memory_mb, uint64_t machine_bytes)
{
    p->budget_bytes = memory_mb > 0 ? (uint64_t)memory_mb << 20 : machine_bytes / 2;
    p->look_us = 0;
}

struct pressure_weight *pressure_look(struct pressure *p, size_t rooms, int64_t now_us)
{
    if (now_us < p->look_us)
        return NULL;
    if (rooms > p->size || !p->weights) {
        size_t size = rooms + 16;
        struct pressure_weight *weights = realloc(p->weights, size * sizeof(*weights));
        if (!weights)
            return NULL;
        p->weights = weights;
        p->size = size;
    }
    p->look_us = now_us + PRESSURE_LOOK_US;
    return p->weights;
}

enum { SMALL = 4 };

/* What is held when nobody holds more than level, but everybody his floor. */
static uint64_t held_at(const struct pressure *p, size_t rooms, uint64_t level)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < rooms; i++) {
        const struct pressure_weight *w = &p->weights[i];
        uint64_t bytes = w->bytes < level ? w->bytes : level;
        sum += bytes > w->floor ? bytes : w->floor;
    }
    return sum;
}

/* Rooms that have nothing yet will need what the others need. */
static uint64_t needed_by(const struct pressure *p, size_t rooms)
{
    uint64_t sum = 0, known = 0;
    for (size_t i = 0; i < rooms; i++)
        if (p->weights[i].known) {
            sum += p->weights[i].needed;
            known++;
        }
    return known > 0 ? sum + sum / known * (rooms - known) : 0;
}

/* The highest level that keeps within the budget, by halving. Small rooms keep what
 * they have even where there is none: all of them together have a quarter, and cannot help. */
static uint64_t level_of(const struct pressure *p, size_t rooms)
{
    uint64_t low = p->budget_bytes / SMALL / rooms, high = p->used_bytes;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (held_at(p, rooms, middle) <= p->budget_bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* An eighth must be free again before newcomers are: each of them takes some. */
static bool refuses(const struct pressure *p)
{
    uint64_t most = p->refusing ? p->budget_bytes / 8 * 7 : p->budget_bytes;
    return p->budget_bytes > 0 && p->needed_bytes > most;
}

uint64_t pressure_decide(struct pressure *p, size_t rooms)
{
    p->used_bytes = held_at(p, rooms, UINT64_MAX);
    p->needed_bytes = needed_by(p, rooms);
    p->refusing = refuses(p);
    if (p->budget_bytes == 0 || p->used_bytes <= p->budget_bytes)
        return UINT64_MAX;
    return level_of(p, rooms);
}

void pressure_hurry(struct pressure *p)
{
    p->look_us = 0;
}

void pressure_say(const struct pressure *p)
{
    if (p->refusing)
        log_warn("rooms",
                 "memory_full needed=%" PRIu64 " budget=%" PRIu64 " what=\"those on air go on; new "
                 "rooms are refused until an eighth is free: see limits.memory_mb\"",
                 p->needed_bytes, p->budget_bytes);
    else
        log_info("rooms", "memory_free needed=%" PRIu64 " budget=%" PRIu64, p->needed_bytes,
                 p->budget_bytes);
}
