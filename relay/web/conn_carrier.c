/* HTTP/1.1 as the carrier of requests: from a parsed head to a handler's call, and back. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn_state.h"
#include "relay/web/exchange.h"
#include "relay/web/reply.h"
#include "relay/web/request_head.h"
#include "relay/web/watcher.h"

#include <errno.h>
#include <stdlib.h>

enum { US_PER_MS = 1000 };

int conn_push(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    uint64_t before = outgoing_left(&c->out), content = outgoing_content(&c->out);
    int rc = c->tls ? tls_push(c->tls, &c->out, l->record, &l->turn_bytes)
                    : outgoing_push(&c->out, event_get_fd(&c->ev), &l->turn_bytes);
    tally_add(&l->tally.bytes_out, (int64_t)(before - outgoing_left(&c->out)));
    if (c->out.audience)
        audience_sent(c->out.audience, l->thread, content - outgoing_content(&c->out));
    c->blocked = rc == -EAGAIN;
    return rc;
}

bool conn_is_old(const struct conn *c)
{
    const struct http_loop *l = c->at.loop;
    int64_t max_age_us = (int64_t)l->config->http.max_age_ms * US_PER_MS;
    return max_age_us && l->now_us - c->born_us >= max_age_us;
}

/* Most replies are gone when this returns; what is not is kept and sent by the connection. */
static void send_reply(struct request *r, struct reply *reply)
{
    struct conn *c = conn_of(r->owner);
    struct http_loop *l = c->at.loop;
    /* the end of a reply that has none is the connection's */
    c->last = c->last || r->is_last || c->at.subscriber || conn_is_leaving(c) || conn_is_old(c);
    holder_answer(&c->at, reply);
    reply->head.close = c->last;
    reply->head.keep_alive = c->http10;
    size_t head_len = reply_head_write(&reply->head, l->head);
    outgoing_set(&c->out, l->head, head_len, reply);
    conn_set_phase(c, CONN_SENDING);
    int rc = conn_push(c);
    if (rc == -EAGAIN || rc == -EBUSY) {
        deadline_set(&l->wheel, &c->at.deadline,
                     http_loop_send_deadline(l, outgoing_left(&c->out)));
        rc = outgoing_keep(&c->out);
    }
    c->broken = rc != 0;
}

static struct slice field(const struct request *r, const char *name)
{
    const struct conn *c = conn_of(r->owner);
    return c->in ? request_head_field(c->in, name) : (struct slice){0};
}

static const struct carrier http1_carrier = {send_reply, holder_hold, holder_wait, field};

static struct request request_bare(struct conn *c)
{
    return (struct request){.carrier = &http1_carrier, .owner = &c->at, .peer = c->peer};
}

static void handle(struct conn *c, struct request *r)
{
    conn_set_phase(c, CONN_HANDLING);
    holder_handle(&c->at, r);
    if (r->state == REQUEST_HELD)
        conn_set_phase(c, CONN_HELD);
}

void conn_carry(struct conn *c)
{
    const struct http1 *p = &c->in->head;
    struct request r = request_bare(c);
    request_head_fill(&r, c->in);
    if (c->body)
        r.body = (struct slice){c->body, p->content_length};
    r.body_too_long = p->content_length > REQUEST_BODY_MAX;
    if (c->adopted && !r.user_agent.at) /* which has not kept who asked */
        r.viewer = WATCHER_NOBODY;
    c->adopted = false;
    c->http10 = p->minor == 0;
    /* RFC 9112 section 9.3 */
    c->last = p->close || (c->http10 && !p->keep_alive);
    handle(c, &r);
    free(c->body);
    c->body = NULL;
}

void conn_refuse(struct conn *c, int status)
{
    struct request r = request_bare(c);
    if (c->in)
        r.method = c->in->head.method;
    c->last = true;
    c->lingers = true;
    if (c->phase == CONN_HANDSHAKE)
        reply_status(&r, status, 0, "This port speaks TLS: the address begins with https://");
    else
        reply_refuse(&r, status);
}

void conn_release(struct conn *c, int status, const struct body *body)
{
    struct request r = request_bare(c);
    holder_release(&c->at, &r, status, body);
}

void conn_release_stream(struct conn *c, const struct body *first)
{
    struct request r = request_bare(c);
    holder_listen(&c->at, &r, first);
}

void conn_give_up(struct conn *c)
{
    struct request r = request_bare(c);
    holder_give_up(&c->at, &r);
}

void conn_retry(struct conn *c)
{
    struct request r = request_bare(c);
    conn_set_phase(c, CONN_HANDLING);
    holder_retry(&c->at, &r);
    if (r.state == REQUEST_HELD)
        conn_set_phase(c, CONN_HELD);
}
