/* A ring of things linked through themselves: first in, first out, and out from anywhere. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: one at a time. Life: ring_init for a head; a link all zero is unlinked.
 * Fails:  never. A link leaves without knowing its head, so a head may be emptied into another in
 *         one step.
 */
#ifndef RELAY_WEB_RING_H
#define RELAY_WEB_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
    struct ring *prev, *next;
};

static inline void ring_init(struct ring *head)
{
    head->prev = head->next = head;
}

static inline bool ring_is_empty(const struct ring *head)
{
    return head->next == head;
}

static inline bool ring_is_linked(const struct ring *link)
{
    return link->next != NULL;
}

/* At the end. */
static inline void ring_add(struct ring *head, struct ring *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void ring_remove(struct ring *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

/* All of from, in order, to the end of head. */
static inline void ring_move(struct ring *head, struct ring *from)
{
    if (ring_is_empty(from))
        return;
    from->next->prev = head->prev;
    head->prev->next = from->next;
    from->prev->next = head;
    head->prev = from->prev;
    ring_init(from);
}

#endif
