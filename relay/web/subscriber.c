/* Who listens: a reply without an end, which news are added to as they come. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/subscriber.h"

#include <stddef.h>
#include <stdlib.h>

enum { QUEUE = 32, QUEUE_BYTES = 1 << 20 };

struct subscriber {
    struct ring link; /* in loop->listeners */
    struct holder *holder;
    struct body *queue[QUEUE]; /* behind what is being sent */
    unsigned first, count;
    size_t bytes;
    uint32_t audience;
};

static _Atomic uint64_t *place(struct http_loop *l, uint32_t audience)
{
    return &l->tally.audiences[audience % BODY_AUDIENCES];
}

bool subscriber_begin(struct holder *h, uint32_t audience)
{
    struct http_loop *l = h->loop;
    if (l->draining || l->listener_count >= SUBSCRIBERS_ALL ||
        *place(l, audience) >= SUBSCRIBERS_MAX)
        return false;
    struct subscriber *s = h->subscriber = calloc(1, sizeof *s);
    if (!s)
        return false;
    s->holder = h;
    s->audience = audience;
    ring_add(&l->listeners, &s->link);
    l->listener_count++;
    tally_add(&l->tally.listeners, 1);
    tally_add(place(l, audience), 1);
    return true;
}

static struct body *next(struct subscriber *s)
{
    if (s->count == 0)
        return NULL;
    struct body *b = s->queue[s->first];
    s->first = (s->first + 1) % QUEUE;
    s->count--;
    s->bytes -= b->plain_len;
    return b;
}

void subscriber_end(struct holder *h)
{
    struct subscriber *s = h->subscriber;
    if (!s)
        return;
    ring_remove(&s->link);
    h->loop->listener_count--;
    tally_add(&h->loop->tally.listeners, -1);
    tally_add(place(h->loop, s->audience), -1);
    for (struct body *b; (b = next(s));)
        body_unref(&b);
    free(s);
    h->subscriber = NULL;
}

static bool add(struct subscriber *s, const struct body *news)
{
    if (s->count == QUEUE || s->bytes + news->plain_len > QUEUE_BYTES)
        return false;
    s->queue[(s->first + s->count++) % QUEUE] = body_ref(news);
    s->bytes += news->plain_len;
    return true;
}

bool subscriber_take(struct holder *h, struct outgoing *out)
{
    struct body *b = next(h->subscriber);
    if (!b)
        return false;
    const struct reply more = {.body = b, .text = b->plain, .text_len = b->plain_len};
    outgoing_fini(out);
    outgoing_set(out, "", 0, &more);
    out->body_ref = b;
    return true;
}

static struct subscriber *of_link(struct ring *at)
{
    return (struct subscriber *)((char *)at - offsetof(struct subscriber, link));
}

void subscriber_tell(struct http_loop *l, const struct body *news,
                     void (*told)(struct holder *h, bool added))
{
    for (struct ring *at = l->listeners.next, *after; at != &l->listeners; at = after) {
        struct subscriber *s = of_link(at);
        after = at->next; /* told may end this one */
        if (s->audience == news->audience)
            told(s->holder, add(s, news));
    }
}

void subscriber_each(struct http_loop *l, void (*visit)(struct holder *h))
{
    for (struct ring *at = l->listeners.next, *after; at != &l->listeners; at = after) {
        after = at->next; /* so may visit */
        visit(of_link(at)->holder);
    }
}
