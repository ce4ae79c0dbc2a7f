/* A stream of HTTP/2 as the carrier of one request. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/field.h"
#include "relay/web/h2_head.h"
#include "relay/web/h2_state.h"
#include "relay/web/h2_urgency.h"
#include "relay/web/reply.h"
#include "relay/web/request_head.h"
#include "relay/web/subscriber.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { US_PER_MS = 1000 };

static struct h2_stream *stream_of(struct holder *at)
{
    return (struct h2_stream *)((char *)at - offsetof(struct h2_stream, at));
}

static void set_phase(struct h2_stream *s, enum h2_phase phase)
{
    static const uint8_t next[H2_PHASES] = {
        [H2_HEAD] = 1 << H2_BODY | 1 << H2_HANDLING | 1 << H2_SENDING,
        [H2_BODY] = 1 << H2_HANDLING | 1 << H2_SENDING,
        [H2_HANDLING] = 1 << H2_HELD | 1 << H2_SENDING,
        [H2_HELD] = 1 << H2_HANDLING | 1 << H2_SENDING,
    };
    assert(next[s->phase] & 1 << phase); /* not logged: four times per request */
    if (s->phase == H2_BODY)
        s->h2->bodies--;
    s->phase = (uint8_t)phase;
    s->h2->held_bytes -= s->held_bytes;
    s->held_bytes = 0;
}

struct h2_stream *h2_stream_new(struct h2 *h, int32_t id)
{
    struct http_loop *l = h->conn->loop;
    struct h2_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->in = input_take(&l->inputs);
    if (!s->in) {
        free(s);
        return NULL;
    }
    s->at.loop = l;
    s->at.slot = h->conn->slot;
    s->at.stream = true;
    s->h2 = h;
    s->id = id;
    s->wish.urgency = H2_NO_WISH;
    if (h->early_id == id)
        s->wish = h->early;
    ring_add(&h->streams, &s->sibling);
    h->stream_count++;
    h->used = true;
    tally_add(&l->tally.h2_streams, 1);
    deadline_set(&l->wheel, &s->at.deadline,
                 l->now_us + (int64_t)l->config->http.head_timeout_ms * US_PER_MS);
    return s;
}

void h2_stream_free(struct h2_stream *s)
{
    struct h2 *h = s->h2;
    assert(s->phase != H2_HANDLING);
    if (s->phase == H2_BODY)
        h->bodies--;
    h->held_bytes -= s->held_bytes;
    holder_fini(&s->at);
    h2_content_drop(s);
    free(s->body);
    input_give(&s->at.loop->inputs, &s->in);
    ring_remove(&s->sibling);
    h->stream_count--;
    free(s);
}

/* Only this stream ends, not the connection. */
static void reset(struct h2_stream *s, uint32_t error)
{
    s->reset = true;
    subscriber_end(&s->at);
    deadline_clear(&s->at.loop->wheel, &s->at.deadline);
    h2_content_drop(s);
    /* without memory for it the stream goes with its connection */
    if (nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, error) != 0)
        h2_end(s->h2);
}

/* Head and content become nghttp2's; the content stays where it is. */
static int submit(struct h2_stream *s, size_t head_len)
{
    nghttp2_nv lines[H2_HEAD_LINES];
    nghttp2_data_provider content = h2_content(s);
    size_t n = h2_head_lines(s->at.loop->head, head_len, lines);
    bool has_content = outgoing_left(&s->out) > 0 || s->at.subscriber;
    return nghttp2_submit_response(s->h2->session, s->id, lines, n, has_content ? &content : NULL);
}

/* nghttp2 is to leave the stream where it is put: it would take a request's wish as it is. */
static void put(const struct h2_stream *s, uint32_t urgency)
{
    const nghttp2_extpri place = {.urgency = urgency, .inc = s->wish.incremental};
    /* the stream is there, so this fails for want of memory only, and then it keeps its place */
    (void)nghttp2_session_change_extpri_stream_priority(s->h2->session, s->id, &place, 1);
}

static void set_urgency(const struct h2_stream *s, const struct request *r,
                        const struct reply *reply)
{
    uint32_t urgency = h2_urgency(r, reply), wish = s->wish.urgency;
    put(s, wish != H2_NO_WISH && (wish > urgency || s->wish.updated) ? wish : urgency);
}

void h2_stream_update(struct h2_stream *s, const struct h2_wish *wish)
{
    s->wish = *wish;
    put(s, wish->urgency);
}

/* What may have been done is not to be done again: "refused" says that nothing was. */
static bool is_action(const struct request *r)
{
    return r->method != HTTP_GET && r->method != HTTP_HEAD;
}

static void send_reply(struct request *r, struct reply *reply)
{
    struct h2_stream *s = stream_of(r->owner);
    struct http_loop *l = s->at.loop;
    holder_answer(&s->at, reply);
    if (r->is_last)
        h2_finish(s->h2);
    set_phase(s, H2_SENDING);
    size_t head_len = reply_head_write(&reply->head, l->head);
    outgoing_set(&s->out, l->head, 0, reply); /* the head is a frame of its own */
    int rc = outgoing_keep(&s->out);
    bool fits = is_action(r) || h2_content_fits(s->h2, &s->out);
    h2_content_begin(s);
    set_urgency(s, r, reply);
    if (!fits) { /* RFC 9113 section 8.7: it may be asked for once more */
        tally_add(&l->tally.h2_refused, 1);
        reset(s, NGHTTP2_REFUSED_STREAM);
    } else if (rc != 0 || submit(s, head_len) != 0) {
        reset(s, NGHTTP2_INTERNAL_ERROR);
    }
}

/* RFC 9113 section 8.1 */
void h2_stream_sent(struct h2_stream *s)
{
    if (!s->whole && !s->reset)
        reset(s, NGHTTP2_NO_ERROR);
}

static uint32_t held_bytes(const struct request *r)
{
    return (uint32_t)(sizeof(struct held) + r->path.len + r->query.len + r->if_none_match.len +
                      r->if_range.len + r->range.len);
}

/* So that all of a connection's streams are bounded together. */
static bool may_hold(struct request *r)
{
    const struct h2_stream *s = stream_of(r->owner);
    if (s->at.held || s->h2->held_bytes + held_bytes(r) <= H2_HELD_MAX)
        return true;
    tally_add(&s->at.loop->tally.h2_refused, 1);
    r->state = REQUEST_OPEN;
    reply_come_back(r, 503, 1, 0, "Too much waits on this connection already.");
    return false;
}

static void wait(struct request *r, struct ring *waiters, const struct patience *p)
{
    if (may_hold(r))
        holder_wait(r, waiters, p);
}

static struct request_token hold(struct request *r, int64_t deadline_mono_us)
{
    if (may_hold(r))
        return holder_hold(r, deadline_mono_us);
    return (struct request_token){0}; /* names nobody: generations begin at 1 */
}

static struct slice field(const struct request *r, const char *name)
{
    const struct h2_stream *s = stream_of(r->owner);
    return s->in ? request_head_field(s->in, name) : (struct slice){0};
}

static const struct carrier h2_carrier = {send_reply, hold, wait, field};

static struct request request_bare(struct h2_stream *s)
{
    return (struct request){.carrier = &h2_carrier, .owner = &s->at, .peer = s->h2->peer};
}

static void refuse(struct h2_stream *s, int status)
{
    struct request r = request_bare(s);
    if (s->in)
        r.method = s->in->head.method;
    input_give(&s->at.loop->inputs, &s->in);
    reply_refuse(&r, status);
}

static void go_on(struct h2_stream *s)
{
    static uint8_t name[] = ":status", value[] = "100";
    const nghttp2_nv line = {name, value, sizeof name - 1, sizeof value - 1, 0};
    set_phase(s, H2_BODY);
    s->h2->bodies++;
    if (s->in->head.expects_continue &&
        nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &line, 1, NULL) < 0)
        reset(s, NGHTTP2_INTERNAL_ERROR);
}

void h2_stream_begin(struct h2_stream *s, bool more)
{
    int status = s->status ? s->status : h2_head_judge(s->in);
    struct slice wish = request_head_field(s->in, "priority");
    if (wish.at && !s->wish.updated)
        field_priority(wish.at, wish.len, &s->wish.urgency, &s->wish.incremental);
    if (status != HTTP1_MORE) {
        tally_add(&s->at.loop->tally.bad_requests, 1);
        refuse(s, status);
    } else if (!more) {
        h2_stream_handle(s);
    } else if (s->h2->bodies >= H2_BODIES_MAX) {
        refuse(s, 503);
    } else {
        go_on(s);
    }
}

/* A short body is kept for the handler. False: there is no memory. */
static bool keep_body(struct h2_stream *s, const void *bytes, size_t len)
{
    if (s->body_len + len > REQUEST_BODY_MAX)
        return true;
    if (!s->body)
        s->body = malloc(REQUEST_BODY_MAX);
    if (s->body)
        memcpy(s->body + s->body_len, bytes, len);
    return s->body != NULL;
}

void h2_stream_body(struct h2_stream *s, const void *bytes, size_t len)
{
    bool kept = s->phase != H2_BODY || keep_body(s, bytes, len);
    s->body_len += (uint32_t)len;
    if (s->reset || (kept && s->body_len <= HTTP1_BODY_MAX))
        return;
    if (s->phase == H2_BODY)
        refuse(s, kept ? 413 : 503);
    else if (s->body_len > 2 * HTTP1_BODY_MAX) /* it was told, and goes on */
        reset(s, NGHTTP2_CANCEL);
}

static void stay(struct h2_stream *s, const struct request *r)
{
    set_phase(s, H2_HELD);
    s->held_bytes = held_bytes(r);
    s->h2->held_bytes += s->held_bytes;
}

void h2_stream_handle(struct h2_stream *s)
{
    struct http_loop *l = s->at.loop;
    l->turn_requests -= l->turn_requests > 0;
    struct request r = request_bare(s);
    request_head_fill(&r, s->in);
    r.body_too_long = s->body_len > REQUEST_BODY_MAX;
    if (s->body && !r.body_too_long)
        r.body = (struct slice){s->body, s->body_len};
    set_phase(s, H2_HANDLING);
    deadline_clear(&s->at.loop->wheel, &s->at.deadline);
    holder_handle(&s->at, &r);
    if (r.state == REQUEST_HELD)
        stay(s, &r);
    input_give(&s->at.loop->inputs, &s->in);
    free(s->body);
    s->body = NULL;
}

void h2_stream_run(struct holder *at)
{
    struct h2_stream *s = stream_of(at);
    struct request r = request_bare(s);
    if (at->woken && s->phase == H2_HELD) {
        set_phase(s, H2_HANDLING);
        holder_retry(at, &r);
        if (r.state == REQUEST_HELD)
            stay(s, &r);
    }
    holder_queue(s->h2->conn); /* all that were woken together are sent together */
}

void h2_stream_expire(struct holder *at)
{
    struct h2_stream *s = stream_of(at);
    struct tally *tally = &at->loop->tally;
    struct request r = request_bare(s);
    switch ((enum h2_phase)s->phase) {
    case H2_HEAD: /* nothing else can come before the rest of it */
        tally_add(&tally->timeouts_head, 1);
        h2_end(s->h2);
        break;
    case H2_BODY:
        tally_add(&tally->timeouts_head, 1);
        refuse(s, 408);
        break;
    case H2_HELD:
        if (!at->woken)
            holder_give_up(at, &r);
        break;
    case H2_SENDING:
        if (!h2_content_is_late(s))
            return;
        tally_add(&tally->timeouts_send, 1);
        reset(s, NGHTTP2_CANCEL);
        break;
    default:
        break;
    }
    holder_queue(s->h2->conn);
}

void h2_stream_answer(struct holder *at, int status, const struct body *body)
{
    struct h2_stream *s = stream_of(at);
    struct request r = request_bare(s);
    holder_release(at, &r, status, body);
    holder_queue(s->h2->conn);
}

void h2_stream_hush(struct h2_stream *s)
{
    if (!s->at.subscriber)
        return;
    subscriber_end(&s->at);
    h2_content_refill(s);
}

void h2_stream_listen(struct holder *at, const struct body *first)
{
    struct h2_stream *s = stream_of(at);
    struct request r = request_bare(s);
    holder_listen(at, &r, first);
    if (s->h2->leaving)
        h2_stream_hush(s);
}

void h2_stream_end_news(struct holder *at)
{
    h2_stream_hush(stream_of(at));
}

void h2_stream_tell(struct holder *at, bool added)
{
    struct h2_stream *s = stream_of(at);
    if (!added) {
        tally_add(&at->loop->tally.listeners_cut, 1);
        reset(s, NGHTTP2_CANCEL);
        holder_queue(s->h2->conn);
        return;
    }
    h2_content_refill(s);
}
