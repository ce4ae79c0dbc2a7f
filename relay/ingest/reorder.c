/* A ring of early packets, made when the first one comes. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct early_packet {
    size_t len;
    uint8_t bytes[];
};

struct reorder {
    struct reorder_out out;
    int32_t next;
    uint32_t window;
    bool holes_stay;
    struct early_packet **ring; /* [sequence % window]; NULL until something is early */
    uint32_t held;
    uint64_t missing;
};

int reorder_new(struct reorder **out, int32_t first, uint32_t window, bool holes_stay,
                const struct reorder_out *cb)
{
    struct reorder *r = calloc(1, sizeof(*r));

    *out = r;
    if (!r)
        return -ENOMEM;
    r->next = first;
    r->window = window;
    r->holes_stay = holes_stay;
    r->out = *cb;
    return 0;
}

void reorder_free(struct reorder **r)
{
    if (!*r)
        return;
    if ((*r)->ring)
        for (uint32_t i = 0; i < (*r)->window; i++)
            free((*r)->ring[i]);
    free((*r)->ring);
    free(*r);
    *r = NULL;
}

/* draft-sharabayko-srt section 3.1: sequence numbers are 31 bit and wrap. */
static int32_t distance(int32_t from, int32_t to)
{
    return (int32_t)(((uint32_t)to - (uint32_t)from) << 1) >> 1;
}

static int32_t plus(int32_t sequence, int32_t n)
{
    return (int32_t)(((uint32_t)sequence + (uint32_t)n) & 0x7fffffffu);
}

static struct early_packet **slot(struct reorder *r, int32_t sequence)
{
    return &r->ring[(uint32_t)sequence % r->window];
}

/* Gives out what adjoins. 0x80000000 need not be a multiple of the window: a slot that two numbers
 * share at the wrap is found empty or is emptied by the one that comes first. */
static void give_adjoining(struct reorder *r)
{
    struct early_packet **s;

    while (r->held && *(s = slot(r, r->next)) != NULL) {
        struct early_packet *e = *s;

        *s = NULL;
        r->held--;
        r->next = plus(r->next, 1);
        r->out.packet(r->out.ctx, e->bytes, e->len);
        free(e);
    }
    if (!r->held) {
        free(r->ring);
        r->ring = NULL;
    }
}

static void skip_hole(struct reorder *r, int32_t to)
{
    while (r->held && distance(r->next, to) > 0) {
        if (*slot(r, r->next)) {
            give_adjoining(r);
            continue;
        }
        r->missing++;
        r->next = plus(r->next, 1);
        r->out.hole(r->out.ctx);
    }
    if (distance(r->next, to) > 0) {
        r->missing += (uint64_t)distance(r->next, to);
        r->next = to;
        r->out.hole(r->out.ctx);
    }
}

static void keep(struct reorder *r, int32_t sequence, const uint8_t *bytes, size_t len)
{
    struct early_packet *e;

    if (!r->ring)
        r->ring = calloc(r->window, sizeof(struct early_packet *));
    e = r->ring ? malloc(sizeof(*e) + len) : NULL;
    if (!e || *slot(r, sequence)) { /* no memory, or a copy of one that is held */
        free(e);
        return;
    }
    e->len = len;
    memcpy(e->bytes, bytes, len);
    *slot(r, sequence) = e;
    r->held++;
}

void reorder_take(struct reorder *r, int32_t sequence, const uint8_t *bytes, size_t len)
{
    int32_t ahead = distance(r->next, sequence);

    if (ahead < 0)
        return; /* seen already */
    if (ahead > 0 && r->holes_stay && (uint32_t)ahead < r->window) {
        keep(r, sequence, bytes, len);
        return;
    }
    if (ahead > 0)
        skip_hole(r, r->holes_stay ? plus(sequence, 1 - (int32_t)r->window) : sequence);
    if (distance(r->next, sequence) > 0) {
        keep(r, sequence, bytes, len);
        give_adjoining(r);
        return;
    }
    r->next = plus(sequence, 1);
    r->out.packet(r->out.ctx, bytes, len);
    give_adjoining(r);
}

bool reorder_is_waiting(const struct reorder *r)
{
    return r->held > 0;
}

uint64_t reorder_missing(const struct reorder *r)
{
    return r->missing;
}
