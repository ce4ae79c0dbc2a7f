/* Bytes read from a viewer and not yet used up; borrowed from the thread while there are any. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the pool owns the inputs nobody borrows, a few at most. Thread: one.
 * Life:   input_pool_init/fini; input_take/input_give. Fails: input_take: NULL when out of memory.
 *
 * An idle connection has no input, which is what makes it small.
 */
#ifndef RELAY_WEB_INPUT_H
#define RELAY_WEB_INPUT_H

#include "relay/web/http1.h"

#include <stddef.h>
#include <stdint.h>

struct input {
    struct input *next_spare;
    struct http1 head; /* of the request that starts at `start` */
    size_t start;      /* where the present request starts */
    size_t next;       /* where the one after it starts, once that is known */
    size_t len;        /* bytes here */
    char bytes[];      /* input_pool.bytes of them */
};

struct input_pool {
    struct input *spare;
    size_t spare_count, bytes;
};

/* bytes: the longest head; an input holds that much. */
void input_pool_init(struct input_pool *pool, size_t bytes);
void input_pool_fini(struct input_pool *pool);
struct input *input_take(struct input_pool *pool);
void input_give(struct input_pool *pool, struct input **in);
/* The present request is used up: what follows it, if anything, is the next. */
void input_advance(struct input_pool *pool, struct input *in);
/* Room behind the bytes, after moving them to the front if need be. */
size_t input_room(struct input_pool *pool, struct input *in);

#endif
