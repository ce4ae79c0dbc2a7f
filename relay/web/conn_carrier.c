/* HTTP/1.1 as the carrier of requests: from a parsed head to a handler's call, and back. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/web/conn_state.h"
#include "relay/web/exchange.h"
#include "relay/web/field.h"
#include "relay/web/reply.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { US_PER_MS = 1000, US_PER_S = 1000000, RETRY_AFTER_S = 2 };

static const struct {
    int status;
    const char *sentence;
} refusals[] = {
    {408, "The request did not arrive in time."},
    {411, "Bodies need a Content-Length here."},
    {413, "The request body is too large."},
    {414, "The address is too long."},
    {417, "Only 100-continue can be expected."},
    {429, "Too many connections from your address."},
    {431, "The request's header fields are too large."},
    {501, "This method or coding is not known here."},
    {503, "The server is full; please come back in a moment."},
    {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
};

static const char *refusal(const struct conn *c, int status)
{
    if (c->phase == CONN_HANDSHAKE)
        return "This port speaks TLS: the address begins with https://";
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].status == status)
            return refusals[i].sentence;
    return "This is not a request that can be understood.";
}

int conn_push(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    uint64_t before = outgoing_left(&c->out);
    int rc = c->tls ? tls_push(c->tls, &c->out, l->record, &l->turn_bytes)
                    : outgoing_push(&c->out, event_get_fd(&c->ev), &l->turn_bytes);
    tally_add(&l->tally.bytes_out, (int64_t)(before - outgoing_left(&c->out)));
    c->blocked = rc == -EAGAIN;
    return rc;
}

/* A viewer must take a reply at min_rate at least, but has send_timeout in any case. */
static int64_t send_deadline(const struct conn *c)
{
    const struct config *cfg = c->at.loop->config;
    int64_t us = (int64_t)cfg->http.send_timeout_ms * US_PER_MS;
    if (cfg->http.min_rate_bytes) {
        int64_t fair = (int64_t)(outgoing_left(&c->out) * US_PER_S / cfg->http.min_rate_bytes);
        us = fair > us ? fair : us;
    }
    return c->at.loop->now_us + us;
}

static bool is_last(const struct conn *c)
{
    const struct http_loop *l = c->at.loop;
    int64_t max_age_us = (int64_t)l->config->http.max_age_ms * US_PER_MS;
    return c->last || conn_is_leaving(c) || (max_age_us && l->now_us - c->born_us >= max_age_us);
}

static void count(struct http_loop *l, int status)
{
    tally_add(&l->tally.requests, 1);
    if (status < TALLY_CODES)
        tally_add(&l->tally.by_code[status], 1);
}

/* Most replies are gone when this returns; what is not is kept and sent by the connection. */
static void send_reply(struct request *r, struct reply *reply)
{
    struct conn *c = conn_of(r->owner);
    struct http_loop *l = c->at.loop;
    c->last = is_last(c);
    holder_answered(&c->at);
    reply->head.close = c->last;
    reply->head.keep_alive = c->http10;
    reply->head.date = http_date_now(&l->dates, l->now_us);
    if (reply->modified_wall_us)
        reply->head.modified = http_date_text(&l->dates, reply->modified_wall_us);
    size_t head_len = reply_head_write(&reply->head, l->head);
    outgoing_set(&c->out, l->head, head_len, reply);
    conn_set_phase(c, CONN_SENDING);
    count(l, reply->head.status);
    int rc = conn_push(c);
    if (rc == -EAGAIN || rc == -EBUSY) {
        deadline_set(&l->wheel, &c->at.deadline, send_deadline(c));
        rc = outgoing_keep(&c->out);
    }
    c->broken = rc != 0;
}

static struct slice slice_of(char *base, const struct http1_span *s)
{
    return (struct slice){base + s->at, s->len};
}

static struct slice field(const struct request *r, const char *name)
{
    const struct conn *c = conn_of(r->owner);
    if (!c->in)
        return (struct slice){0};
    const struct http1 *p = &c->in->head;
    char *base = c->in->bytes + c->in->start;
    size_t len = strlen(name);
    for (unsigned i = 0; i < p->field_count; i++)
        if (p->fields[i].name.len == len &&
            strncasecmp(base + p->fields[i].name.at, name, len) == 0)
            return slice_of(base, &p->fields[i].value);
    return (struct slice){0};
}

static const struct carrier http1_carrier = {send_reply, holder_hold, holder_wait, field};

static struct slice known(struct input *in, enum http1_known id)
{
    unsigned n = in->head.known[id];
    if (!n)
        return (struct slice){0};
    return slice_of(in->bytes + in->start, &in->head.fields[n - 1].value);
}

static struct request request_bare(struct conn *c)
{
    return (struct request){.carrier = &http1_carrier, .owner = &c->at, .peer = c->peer};
}

static struct request request_whole(struct conn *c)
{
    struct input *in = c->in;
    const struct http1 *p = &in->head;
    char *base = in->bytes + in->start;
    struct request r = request_bare(c);
    struct slice accepts = known(in, HTTP1_ACCEPT_ENCODING);
    r.method = p->method;
    r.gzip = accepts.at && field_accepts_gzip(accepts.at, accepts.len);
    if (p->path.len)
        r.path = slice_of(base, &p->path);
    if (p->query.len)
        r.query = slice_of(base, &p->query);
    r.if_none_match = known(in, HTTP1_IF_NONE_MATCH);
    r.if_range = known(in, HTTP1_IF_RANGE);
    r.range = known(in, HTTP1_RANGE);
    return r;
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
    struct request r = request_whole(c);
    c->http10 = p->minor == 0;
    /* RFC 9112 section 9.3 */
    c->last = p->close || (c->http10 && !p->keep_alive);
    handle(c, &r);
}

void conn_refuse(struct conn *c, int status)
{
    struct request r = request_bare(c);
    if (c->in)
        r.method = c->in->head.method;
    c->last = true;
    c->lingers = true;
    if (status == 503 || status == 429)
        reply_come_back(&r, status, RETRY_AFTER_S, 0, refusal(c, status));
    else
        reply_status(&r, status, 0, refusal(c, status));
}

void conn_release(struct conn *c, int status, const struct body *body)
{
    struct request r = request_bare(c);
    holder_release(&c->at, &r, status, body);
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
