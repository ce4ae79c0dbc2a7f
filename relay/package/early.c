/* A ring of small frames. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/early.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct frame {
    uint64_t raw_pts;
    int64_t wall_us;
    uint8_t *data;
    size_t len;
};

struct early {
    struct frame frames[EARLY_FRAMES];
    size_t first, count, bytes;
    uint64_t dropped;
    uint8_t *given; /* the frame that early_next handed out */
};

int early_new(struct early **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

static struct frame *oldest(struct early *e)
{
    return &e->frames[e->first];
}

static void take_oldest(struct early *e)
{
    e->bytes -= oldest(e)->len;
    e->first = (e->first + 1) % EARLY_FRAMES;
    e->count--;
}

static void drop_oldest(struct early *e)
{
    free(oldest(e)->data);
    take_oldest(e);
    e->dropped++;
}

void early_free(struct early **e)
{
    if (!*e)
        return;
    while ((*e)->count)
        drop_oldest(*e);
    free((*e)->given);
    free(*e);
    *e = NULL;
}

int early_add(struct early *e, uint64_t raw_pts, int64_t wall_us, const uint8_t *data, size_t len)
{
    struct frame *f;

    while (e->count && (e->count == EARLY_FRAMES || e->bytes + len > EARLY_BYTES))
        drop_oldest(e);
    f = &e->frames[(e->first + e->count) % EARLY_FRAMES];
    f->data = malloc(len);
    if (!f->data)
        return -ENOMEM;
    memcpy(f->data, data, len);
    f->len = len;
    f->raw_pts = raw_pts;
    f->wall_us = wall_us;
    e->count++;
    e->bytes += len;
    return 0;
}

bool early_next(struct early *e, uint64_t *raw_pts, int64_t *wall_us, const uint8_t **data,
                size_t *len)
{
    struct frame *f = oldest(e);

    free(e->given);
    e->given = NULL;
    if (!e->count)
        return false;
    *raw_pts = f->raw_pts;
    *wall_us = f->wall_us;
    *data = e->given = f->data;
    *len = f->len;
    take_oldest(e);
    return true;
}

int64_t early_span_90k(const struct early *e)
{
    const struct frame *last;

    if (!e->count)
        return 0;
    last = &e->frames[(e->first + e->count - 1) % EARLY_FRAMES];
    return (int64_t)((last->raw_pts - e->frames[e->first].raw_pts) << 31) >> 31;
}

uint64_t early_first(const struct early *e)
{
    return e->count ? e->frames[e->first].raw_pts : 0;
}

uint64_t early_dropped(const struct early *e)
{
    return e->dropped;
}
