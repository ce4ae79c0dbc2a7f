/* A worker's fillers: made-up feeds for rooms that wait for their publishers. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/fillers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_US = 20000 }; /* finer is of no use: parts are 330 ms at least */

struct fillers {
    uint32_t worker;
    struct feed_out out;
    struct filler **list;
    size_t count, size;
    int64_t due_us;
};

int fillers_new(struct fillers **out, uint32_t worker, const struct feed_out *cb)
{
    struct fillers *f = calloc(1, sizeof(*f));

    *out = f;
    if (!f)
        return -ENOMEM;
    f->worker = worker;
    f->out = *cb;
    return 0;
}

static void drop(struct fillers *f, size_t i)
{
    filler_free(&f->list[i]);
    f->list[i] = f->list[--f->count];
}

void fillers_clear(struct fillers *f)
{
    while (f->count > 0)
        drop(f, 0);
}

void fillers_free(struct fillers **f)
{
    if (!*f)
        return;
    fillers_clear(*f);
    free((*f)->list);
    free(*f);
    *f = NULL;
}

static void refuse(struct fillers *f, const struct link_message *m)
{
    struct link_message closed = {.type = LINK_FEED_CLOSED, .worker = f->worker, .feed = m->feed};

    closed.u.closed.reason = LINK_CLOSE_LIMIT;
    strcpy(closed.u.closed.text, "the worker has no memory left");
    f->out.send(f->out.ctx, &closed, -1);
}

/* The filler of that message; made, if it is its first. f->count: there is none. */
static size_t find(struct fillers *f, const struct config *c, const struct link_message *m)
{
    size_t i = 0;

    while (i < f->count && filler_id(f->list[i]) != m->feed)
        i++;
    if (i < f->count || m->u.fill.what.piece == LINK_FILL_END)
        return i;
    if (f->count == f->size) {
        size_t size = f->size ? f->size * 2 : 16;
        struct filler **list = realloc(f->list, size * sizeof(struct filler *));

        if (!list) {
            refuse(f, m);
            return i;
        }
        f->list = list;
        f->size = size;
    }
    if (filler_new(&f->list[i], m, c, f->worker, &f->out)) {
        refuse(f, m);
        return i;
    }
    f->count++;
    return i;
}

void fillers_message(struct fillers *f, const struct config *c, const struct link_message *m,
                     int fd, int64_t now_us, int64_t wall_us)
{
    size_t i = find(f, c, m);

    if (i == f->count)
        return;
    if (!filler_take(f->list[i], m, fd, now_us, wall_us))
        drop(f, i);
    f->due_us = 0;
}

void fillers_tick(struct fillers *f, int64_t now_us, int64_t wall_us)
{
    if (f->count == 0 || now_us < f->due_us)
        return;
    f->due_us = now_us + TURN_US;
    for (size_t i = 0; i < f->count;) {
        filler_tick(f->list[i], now_us, wall_us);
        if (!filler_fault(f->list[i])) {
            i++;
            continue;
        }
        filler_end(f->list[i], filler_fault(f->list[i]));
        drop(f, i);
    }
}

size_t fillers_count(const struct fillers *f)
{
    return f->count;
}
