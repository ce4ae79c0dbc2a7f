/* What waits for one web hook: which event is next, so that each room's come in order. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_BITS = 4096 };

int hook_queue_init(struct hook_queue *q, size_t most)
{
    *q = (struct hook_queue){.most = most, .list = calloc(most, sizeof(*q->list))};
    return q->list ? 0 : -ENOMEM;
}

void hook_queue_fini(struct hook_queue *q)
{
    free(q->list);
    *q = (struct hook_queue){0};
}

/* FNV-1a. */
uint32_t hook_queue_room(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h;
}

uint64_t hook_queue_add(struct hook_queue *q, uint64_t seq, uint32_t room, int64_t now_us)
{
    uint64_t gone = 0;
    if (q->count == q->most) {
        struct hook_wait *w = q->list;
        while (w < q->list + q->count && w->busy)
            w++;
        if (w == q->list + q->count)
            return seq; /* all are under way */
        gone = w->seq;
        hook_queue_remove(q, w);
    }
    q->list[q->count++] =
        (struct hook_wait){.seq = seq, .room = room, .born_us = now_us, .due_us = now_us};
    return gone;
}

struct hook_wait *hook_queue_next(struct hook_queue *q, int64_t now_us)
{
    uint8_t waits[ROOM_BITS / 8] = {0};
    for (size_t i = 0; i < q->count; i++) {
        struct hook_wait *w = &q->list[i];
        uint32_t bit = w->room % ROOM_BITS;
        if (!w->busy && now_us >= w->due_us && !(waits[bit / 8] >> bit % 8 & 1))
            return w;
        waits[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    return NULL;
}

struct hook_wait *hook_queue_find(struct hook_queue *q, uint64_t seq)
{
    for (size_t i = 0; i < q->count; i++)
        if (q->list[i].seq == seq)
            return &q->list[i];
    return NULL;
}

void hook_queue_remove(struct hook_queue *q, struct hook_wait *w)
{
    size_t behind = (size_t)(q->list + q->count - (w + 1));
    memmove(w, w + 1, behind * sizeof(*w));
    q->count--;
}

uint64_t hook_queue_oldest(const struct hook_queue *q)
{
    return q->count ? q->list[0].seq : 0;
}
