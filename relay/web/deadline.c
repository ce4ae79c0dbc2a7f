/* A timer wheel: one cheap deadline per connection, thousands of them, moved at every request. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/deadline.h"

static void ring_init(struct deadline *head)
{
    head->prev = head->next = head;
}

static void ring_add(struct deadline *head, struct deadline *d)
{
    d->prev = head->prev;
    d->next = head;
    head->prev->next = d;
    head->prev = d;
}

static void ring_remove(struct deadline *d)
{
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->prev = d->next = NULL;
}

void deadline_wheel_init(struct deadline_wheel *w, int64_t now_us)
{
    for (int i = 0; i < DEADLINE_SLOTS; i++)
        ring_init(&w->slots[i]);
    w->tick = now_us / DEADLINE_TICK_US;
    w->count = 0;
}

/* Into the slot of the first tick at or after its time; what lies beyond the wheel's horizon waits
 * in the last slot and is filed again from there. */
static void file(struct deadline_wheel *w, struct deadline *d)
{
    int64_t tick = (d->due_us + DEADLINE_TICK_US - 1) / DEADLINE_TICK_US;
    if (tick <= w->tick)
        tick = w->tick + 1;
    if (tick > w->tick + DEADLINE_SLOTS - 1)
        tick = w->tick + DEADLINE_SLOTS - 1;
    d->filed_us = tick * DEADLINE_TICK_US;
    ring_add(&w->slots[tick % DEADLINE_SLOTS], d);
}

void deadline_set(struct deadline_wheel *w, struct deadline *d, int64_t due_us)
{
    d->due_us = due_us;
    if (d->next && due_us > d->filed_us - DEADLINE_TICK_US)
        return;
    if (d->next)
        ring_remove(d);
    else
        w->count++;
    file(w, d);
}

void deadline_clear(struct deadline_wheel *w, struct deadline *d)
{
    if (!d->next)
        return;
    ring_remove(d);
    w->count--;
}

/* The ring is moved aside first, so that whatever fire() files cannot be met again this time. */
static void run_slot(struct deadline_wheel *w, struct deadline *slot, int64_t now_us,
                     void (*fire)(void *, struct deadline *), void *ctx)
{
    struct deadline due;
    ring_init(&due);
    while (slot->next != slot) {
        struct deadline *d = slot->next;
        ring_remove(d);
        ring_add(&due, d);
    }
    while (due.next != &due) {
        struct deadline *d = due.next;
        ring_remove(d);
        if (d->due_us > now_us) {
            file(w, d);
            continue;
        }
        w->count--;
        fire(ctx, d);
    }
}

void deadline_run(struct deadline_wheel *w, int64_t now_us,
                  void (*fire)(void *ctx, struct deadline *d), void *ctx)
{
    int64_t until = now_us / DEADLINE_TICK_US;
    /* After a long sleep one turn of the wheel meets every slot. */
    if (until - w->tick > DEADLINE_SLOTS)
        w->tick = until - DEADLINE_SLOTS;
    while (w->tick < until) {
        w->tick++;
        run_slot(w, &w->slots[w->tick % DEADLINE_SLOTS], now_us, fire, ctx);
    }
}
