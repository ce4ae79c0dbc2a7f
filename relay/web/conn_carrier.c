/* HTTP/1.1 as the carrier of requests: from a parsed head to a handler's call, and back. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/web/conn_state.h"
#include "relay/web/conn_stream.h"
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
    struct http_loop *l = c->loop;
    uint64_t before = outgoing_left(&c->out);
    int rc = c->tls ? tls_push(c->tls, &c->out, l->record, &l->turn_bytes)
                    : outgoing_push(&c->out, event_get_fd(&c->ev), &l->turn_bytes);
    tally_add(&l->tally.bytes_out, (int64_t)(before - outgoing_left(&c->out)));
    c->blocked = rc == -EAGAIN;
    return rc;
}

/* A viewer must take a reply at min_rate at least, but has send_timeout in any case. */
int64_t conn_send_deadline(const struct conn *c)
{
    const struct config *cfg = c->loop->config;
    int64_t us = (int64_t)cfg->http.send_timeout_ms * US_PER_MS;
    if (cfg->http.min_rate_bytes) {
        int64_t fair = (int64_t)(outgoing_left(&c->out) * US_PER_S / cfg->http.min_rate_bytes);
        us = fair > us ? fair : us;
    }
    return c->loop->now_us + us;
}

static bool is_last(const struct conn *c)
{
    const struct http_loop *l = c->loop;
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
    struct conn *c = r->owner;
    struct http_loop *l = c->loop;
    c->last = is_last(c) || r->is_last;
    if (c->held) /* no longer; conn_retry frees it, whose text is still in use */
        tally_add(&l->tally.holding, -1);
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
        deadline_set(&l->wheel, &c->deadline, conn_send_deadline(c));
        rc = outgoing_keep(&c->out);
    }
    c->broken = rc != 0;
}

static void in_vain(struct request *r, uint32_t age_s)
{
    reply_come_back(r, 503, 1, age_s, "Nothing new came in time; please ask again.");
}

/* Only what the answer depends on is kept: a parked viewer is small. */
static struct slice keep(char **at, struct slice from)
{
    struct slice kept = {*at, from.len};
    if (!from.at)
        return from;
    memcpy(*at, from.at, from.len);
    *at += from.len + 1; /* place for the NUL of request_path and its like */
    return kept;
}

static struct held *held_new(const struct request *r, bool waits)
{
    const struct slice none = {0}, path = waits ? r->path : none, query = waits ? r->query : none,
                       if_range = waits ? r->if_range : none, range = waits ? r->range : none;
    struct held *h = malloc(sizeof *h + path.len + query.len + if_range.len + range.len +
                            r->if_none_match.len + 5);
    if (!h)
        return NULL;
    char *at = h->text;
    *h = (struct held){
        .method = r->method,
        .gzip = r->gzip,
        .waits = waits,
        .path = keep(&at, path),
        .query = keep(&at, query),
        .if_none_match = keep(&at, r->if_none_match),
        .if_range = keep(&at, if_range),
        .range = keep(&at, range),
    };
    return h;
}

static bool park(struct request *r, bool waits, int64_t due_us)
{
    struct conn *c = r->owner;
    struct http_loop *l = c->loop;
    if (!c->held) { /* else it goes on waiting as it did */
        c->held = held_new(r, waits);
        if (!c->held) {
            r->state = REQUEST_OPEN; /* conn_carry answers it */
            return false;
        }
        c->held->generation = ++l->generation;
        c->held->due_us = due_us;
        tally_add(&l->tally.holding, 1);
    }
    conn_set_phase(c, CONN_HELD);
    deadline_set(&l->wheel, &c->deadline, c->held->due_us);
    return true;
}

static struct request_token hold(struct request *r, int64_t deadline_mono_us)
{
    struct conn *c = r->owner;
    if (!park(r, false, deadline_mono_us))
        return (struct request_token){.thread = c->loop->thread, .slot = c->slot};
    return (struct request_token){c->loop->thread, c->slot, c->held->generation};
}

static void wait(struct request *r, struct ring *waiters, const struct patience *p)
{
    struct conn *c = r->owner;
    bool first = !c->held;
    if (c->loop->draining) {
        r->state = REQUEST_OPEN;
        in_vain(r, 0);
        return;
    }
    if (!park(r, true, c->loop->now_us + (int64_t)p->wait_s * US_PER_S))
        return;
    if (first)
        c->held->error_age_s = p->error_age_s;
    /* One that is queued for another reason stays so, and is handled once more by then. */
    if (c->queued)
        c->woken = true;
    else
        ring_add(waiters, &c->turn);
}

static struct slice slice_of(char *base, const struct http1_span *s)
{
    return (struct slice){base + s->at, s->len};
}

static struct slice field(const struct request *r, const char *name)
{
    const struct conn *c = r->owner;
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

static const struct carrier http1_carrier = {send_reply, hold, wait, field};

static struct slice known(struct input *in, enum http1_known id)
{
    unsigned n = in->head.known[id];
    if (!n)
        return (struct slice){0};
    return slice_of(in->bytes + in->start, &in->head.fields[n - 1].value);
}

static struct request request_bare(struct conn *c)
{
    return (struct request){.carrier = &http1_carrier, .owner = c, .peer = c->peer};
}

static struct request request_whole(struct conn *c)
{
    struct input *in = c->in;
    const struct http1 *p = &in->head;
    char *base = in->bytes + in->start;
    struct request r = request_bare(c);
    struct slice accepts = known(in, HTTP1_ACCEPT_ENCODING);
    r.method = p->method;
    r.http10 = p->minor == 0;
    r.gzip = accepts.at && field_accepts_gzip(accepts.at, accepts.len);
    if (p->path.len)
        r.path = slice_of(base, &p->path);
    if (p->query.len)
        r.query = slice_of(base, &p->query);
    if (c->body)
        r.body = (struct slice){c->body, p->content_length};
    r.body_too_long = p->content_length > REQUEST_BODY_MAX;
    r.if_none_match = known(in, HTTP1_IF_NONE_MATCH);
    r.if_range = known(in, HTTP1_IF_RANGE);
    r.range = known(in, HTTP1_RANGE);
    return r;
}

/* Calls the handler, which ends in an answer or parks the request. */
static void handle(struct conn *c, struct request *r)
{
    struct http_loop *l = c->loop;
    conn_set_phase(c, CONN_HANDLING);
    l->handle(l->handle_ctx, r);
    if (r->state != REQUEST_OPEN)
        return;
    log_error("http", "unanswered thread=%u: a handler ended without a reply", l->thread);
    reply_status(r, 500, 0, "The server could not make an answer.");
}

void conn_carry(struct conn *c)
{
    const struct http1 *p = &c->in->head;
    struct request r = request_whole(c);
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
    if (status == 503 || status == 429)
        reply_come_back(&r, status, RETRY_AFTER_S, 0, refusal(c, status));
    else
        reply_status(&r, status, 0, refusal(c, status));
}

static struct request request_held(struct conn *c, const struct held *h)
{
    struct request r = request_bare(c);
    r.method = h->method;
    r.gzip = h->gzip;
    r.waited = h->waits;
    r.error_age_s = h->error_age_s;
    r.path = h->path;
    r.query = h->query;
    r.if_none_match = h->if_none_match;
    r.if_range = h->if_range;
    r.range = h->range;
    return r;
}

/* The request is over; who answers it may still borrow its text. */
static struct held *take_held(struct conn *c)
{
    struct held *h = c->held;
    assert(c->phase == CONN_HELD && h);
    if (!c->queued && ring_is_linked(&c->turn))
        ring_remove(&c->turn);
    c->held = NULL;
    c->woken = false;
    tally_add(&c->loop->tally.holding, -1);
    return h;
}

void conn_release(struct conn *c, int status, const struct body *body)
{
    struct held *h = take_held(c);
    struct request r = request_held(c, h);
    if (body)
        reply_body(&r, status, body);
    else
        in_vain(&r, 0);
    free(h);
}

void conn_release_stream(struct conn *c, const struct body *body)
{
    struct held *h = take_held(c);
    struct request r = request_held(c, h);
    c->last = c->last || body; /* its end is the connection's */
    if (body)
        reply_stream(&r, body);
    else
        reply_come_back(&r, 503, RETRY_AFTER_S, 0, "Too many listen already; please come back.");
    free(h);
}

void conn_give_up(struct conn *c)
{
    struct held *h = take_held(c);
    struct request r = request_held(c, h);
    tally_add(&c->loop->tally.blocked_timeouts, h->waits);
    in_vain(&r, h->error_age_s);
    free(h);
}

void conn_retry(struct conn *c)
{
    struct request r = request_held(c, c->held);
    handle(c, &r);
    if (c->phase == CONN_HELD)
        return;
    free(c->held);
    c->held = NULL;
}
