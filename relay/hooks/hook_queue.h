/* What waits for one web hook: which event is next, so that each room's come in order. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its list. Thread: one. Life: hook_queue_init / hook_queue_fini. Fails: -ENOMEM.
 *
 * Only the oldest event of a room may be sent; those of other rooms need not wait for it. Rooms are
 * told apart by a hash: two that share one wait for each other, which only takes time.
 */
#ifndef RELAY_HOOKS_HOOK_QUEUE_H
#define RELAY_HOOKS_HOOK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hook_wait {
    uint64_t seq;
    uint32_t room, tries;
    int64_t born_us, due_us; /* due: not tried before */
    uint64_t dropped;        /* how many were when it was tried, as it says */
    bool busy;               /* under way */
};

struct hook_queue {
    struct hook_wait *list; /* in order of seq */
    size_t count, most;
};

__attribute__((warn_unused_result)) int hook_queue_init(struct hook_queue *q, size_t most);
void hook_queue_fini(struct hook_queue *q);
uint32_t hook_queue_room(const char *name);
/* Behind all others. When it is full the oldest that is not under way goes: its number, or 0. */
uint64_t hook_queue_add(struct hook_queue *q, uint64_t seq, uint32_t room, int64_t now_us);
/* The next one to be sent, or NULL. */
struct hook_wait *hook_queue_next(struct hook_queue *q, int64_t now_us);
struct hook_wait *hook_queue_find(struct hook_queue *q, uint64_t seq);
void hook_queue_remove(struct hook_queue *q, struct hook_wait *w);
/* The oldest one's number, or 0. */
uint64_t hook_queue_oldest(const struct hook_queue *q);

#endif
