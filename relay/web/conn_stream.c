/* Connections that listen: a reply without an end, which news are added to as they come. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn_stream.h"

#include "relay/web/conn.h"
#include "relay/web/conn_state.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Whoever is further behind is cut: its page comes again and begins with what is then. */
enum { STREAM_QUEUE = 32, STREAM_QUEUE_BYTES = 1 << 20 };

struct stream {
    struct ring link; /* in loop->listeners */
    struct conn *conn;
    struct body *queue[STREAM_QUEUE]; /* behind what is being sent */
    unsigned first, count;
    size_t bytes;
};

static bool begin(struct conn *c)
{
    struct http_loop *l = c->loop;
    if (l->draining || l->listener_count >= CONN_LISTENERS)
        return false;
    c->stream = calloc(1, sizeof *c->stream);
    if (!c->stream)
        return false;
    c->stream->conn = c;
    ring_add(&l->listeners, &c->stream->link);
    l->listener_count++;
    tally_add(&l->tally.listeners, 1);
    return true;
}

void conn_listen(struct http_loop *l, const struct request_token *token, const struct body *first)
{
    struct conn *c = conn_held(l, token);
    if (!c)
        return;
    bool only_head = c->held->method == HTTP_HEAD;
    conn_release_stream(c, only_head || begin(c) ? first : NULL);
    conn_queue(c);
}

void conn_stream_end(struct conn *c)
{
    struct stream *s = c->stream;
    if (!s)
        return;
    ring_remove(&s->link);
    c->loop->listener_count--;
    tally_add(&c->loop->tally.listeners, -1);
    while (s->count > 0) {
        body_unref(&s->queue[s->first]);
        s->first = (s->first + 1) % STREAM_QUEUE;
        s->count--;
    }
    free(s);
    c->stream = NULL;
}

/* Its turn closes it; the kernel forgets what is unsent. */
static void cut(struct conn *c)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(event_get_fd(&c->ev), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    tally_add(&c->loop->tally.listeners_cut, !c->broken);
    c->broken = true;
}

static bool add(struct stream *s, const struct body *news)
{
    if (s->count == STREAM_QUEUE || s->bytes + news->plain_len > STREAM_QUEUE_BYTES)
        return false;
    s->queue[(s->first + s->count++) % STREAM_QUEUE] = body_ref(news);
    s->bytes += news->plain_len;
    return true;
}

void conn_tell(struct http_loop *l, const struct body *news)
{
    for (struct ring *at = l->listeners.next; at != &l->listeners; at = at->next) {
        struct stream *s = (struct stream *)((char *)at - offsetof(struct stream, link));
        if (!add(s, news))
            cut(s->conn);
        conn_queue(s->conn);
    }
}

void conn_hush(struct http_loop *l)
{
    for (struct ring *at = l->listeners.next; at != &l->listeners; at = at->next) {
        struct conn *c = ((struct stream *)((char *)at - offsetof(struct stream, link)))->conn;
        c->broken = true;
        conn_queue(c);
    }
}

bool conn_stream_take(struct conn *c)
{
    struct stream *s = c->stream;
    if (s->count == 0)
        return false;
    struct body *b = s->queue[s->first];
    s->first = (s->first + 1) % STREAM_QUEUE;
    s->count--;
    s->bytes -= b->plain_len;
    const struct reply more = {.body = b, .text = b->plain, .text_len = b->plain_len};
    outgoing_set(&c->out, "", 0, &more);
    c->out.body_ref = b;
    return true;
}
