/* A timer wheel: one cheap deadline per connection, thousands of them, moved at every request. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; deadlines are linked inside the caller's objects. Thread: one.
 * Life:   deadline_wheel_init; a deadline is cleared before its object goes. Fails: never.
 *
 * Putting a deadline off is one store: it stays in its slot and is filed anew when the slot is due.
 * A deadline fires up to one tick late, never early.
 */
#ifndef RELAY_WEB_DEADLINE_H
#define RELAY_WEB_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

enum { DEADLINE_SLOTS = 256, DEADLINE_TICK_US = 100000 };

/* All zero: not set. */
struct deadline {
    struct deadline *prev, *next;
    int64_t due_us, filed_us; /* filed_us: when its slot is looked at */
};

struct deadline_wheel {
    struct deadline slots[DEADLINE_SLOTS]; /* heads of rings */
    int64_t tick;                          /* slots up to this tick were looked at */
    size_t count;
};

void deadline_wheel_init(struct deadline_wheel *w, int64_t now_us);
void deadline_set(struct deadline_wheel *w, struct deadline *d, int64_t due_us);
void deadline_clear(struct deadline_wheel *w, struct deadline *d);
/* Calls fire() for each deadline that is due, after clearing it. fire() may set and clear any. */
void deadline_run(struct deadline_wheel *w, int64_t now_us,
                  void (*fire)(void *ctx, struct deadline *d), void *ctx);

#endif
