/* Bytes read from a viewer and not yet used up; borrowed from the thread while there are any. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/input.h"

#include <stdlib.h>
#include <string.h>

/* As many as are commonly borrowed at once; a wave of half-sent heads gives its memory back. */
enum { SPARE_MAX = 64 };

void input_pool_init(struct input_pool *pool, size_t bytes)
{
    *pool = (struct input_pool){.bytes = bytes < HTTP1_HEAD_MAX ? bytes : HTTP1_HEAD_MAX};
}

void input_pool_fini(struct input_pool *pool)
{
    while (pool->spare) {
        struct input *in = pool->spare;
        pool->spare = in->next_spare;
        free(in);
    }
    pool->spare_count = 0;
}

struct input *input_take(struct input_pool *pool)
{
    struct input *in = pool->spare;
    if (in) {
        pool->spare = in->next_spare;
        pool->spare_count--;
    } else {
        in = malloc(sizeof *in + pool->bytes);
        if (!in)
            return NULL;
    }
    in->start = in->next = in->len = 0;
    http1_init(&in->head, pool->bytes);
    return in;
}

void input_give(struct input_pool *pool, struct input **inp)
{
    struct input *in = *inp;
    *inp = NULL;
    if (!in)
        return;
    if (pool->spare_count >= SPARE_MAX) {
        free(in);
        return;
    }
    in->next_spare = pool->spare;
    pool->spare = in;
    pool->spare_count++;
}

void input_advance(struct input_pool *pool, struct input *in)
{
    in->start = in->next;
    http1_init(&in->head, pool->bytes);
}

size_t input_room(struct input_pool *pool, struct input *in)
{
    if (in->start > 0) {
        in->len -= in->start;
        memmove(in->bytes, in->bytes + in->start, in->len);
        in->next -= in->next < in->start ? in->next : in->start;
        in->start = 0;
    }
    return pool->bytes - in->len;
}
