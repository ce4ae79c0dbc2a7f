/* A viewer's connection as a state machine: what to do next follows from its phase. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn.h"
#include "relay/web/conn_h2.h"
#include "relay/web/conn_state.h"
#include "relay/web/subscriber.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    US_PER_MS = 1000,
    TURN_BYTES = 1 << 20, /* one connection may send this much before others get their turn */
    TURN_REQUESTS = 32,   /* and have this many pipelined requests answered */
    LINGER_US = 2000000,
    LINGER_BYTES = 256 << 10,
};

void conn_set_phase(struct conn *c, enum conn_phase phase)
{
    static const uint16_t next[CONN_PHASES] = {
        [CONN_IDLE] =
            1 << CONN_HEAD | 1 << CONN_BODY | 1 << CONN_HANDLING | 1 << CONN_SENDING | 1 << CONN_H2,
        [CONN_HEAD] = 1 << CONN_BODY | 1 << CONN_HANDLING | 1 << CONN_SENDING | 1 << CONN_H2,
        [CONN_BODY] = 1 << CONN_HANDLING | 1 << CONN_SENDING,
        [CONN_HANDLING] = 1 << CONN_HELD | 1 << CONN_SENDING,
        [CONN_HELD] = 1 << CONN_SENDING | 1 << CONN_HANDLING,
        [CONN_SENDING] = 1 << CONN_IDLE | 1 << CONN_LINGERING | 1 << CONN_STREAMING,
        [CONN_STREAMING] = 1 << CONN_SENDING,
        [CONN_HANDSHAKE] = 1 << CONN_IDLE | 1 << CONN_SENDING,
        [CONN_H2] = 1 << CONN_LINGERING,
    };
    /* Not logged, against the house's rule: this runs four times per request. */
    assert(next[c->phase] & 1 << phase);
    c->phase = (uint8_t)phase;
}

static int64_t after_ms(const struct conn *c, uint32_t ms)
{
    return c->at.loop->now_us + (int64_t)ms * US_PER_MS;
}

static void set_deadline(struct conn *c, int64_t due_us)
{
    deadline_set(&c->at.loop->wheel, &c->at.deadline, due_us);
}

/* What TLS has read of the socket does not raise an edge: it is asked until there is no more. */
static ssize_t read_tls(struct conn *c, void *buf, size_t size)
{
    ssize_t n = tls_read(c->tls, buf, size);
    if (n == -EAGAIN)
        c->unread = false;
    if (n == -EAGAIN || n == -EBUSY)
        return 0;
    return n > 0 ? n : -1;
}

ssize_t conn_read(struct conn *c, void *buf, size_t size)
{
    ssize_t n;
    if (c->tls && c->phase != CONN_LINGERING) /* then nobody wants to know what it says */
        return read_tls(c, buf, size);
    do
        n = recv(event_get_fd(&c->ev), buf, size, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        c->unread = false;
        return 0;
    }
    /* A short read emptied the socket: new bytes raise a new edge. But an end that was announced
     * with these bytes will not be announced again. */
    if (n > 0 && (size_t)n < size)
        c->unread = c->hung_up;
    return n > 0 ? n : -1;
}

bool conn_is_leaving(const struct conn *c)
{
    return c->at.loop->draining && (c->at.loop->heir < 0 || c->secure);
}

/* Nothing to read. A thread that ends does not wait for the next wish of a viewer who has no heir;
 * for the first one of who has just shaken hands it does. */
static enum step rest(const struct conn *c)
{
    bool fresh = c->secure && !c->served;
    if (c->unread)
        return STEP_YIELD;
    return conn_is_leaving(c) && !fresh && c->phase == CONN_IDLE && !c->in ? STEP_CLOSE : STEP_WAIT;
}

static enum step read_head(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    if (!c->unread)
        return rest(c);
    if (!c->in)
        c->in = input_take(&l->inputs);
    if (!c->in)
        return STEP_CLOSE;
    size_t room = input_room(&l->inputs, c->in);
    ssize_t n = conn_read(c, c->in->bytes + c->in->len, room);
    if (n < 0)
        return STEP_CLOSE;
    c->in->len += (size_t)n;
    if (c->in->len == 0)
        input_give(&l->inputs, &c->in);
    return n > 0 ? STEP_ON : rest(c);
}

/* A short body is kept for the handler, from what has come with the head on. */
static bool keep_body(struct conn *c, const char *bytes, size_t len)
{
    size_t size = c->in->head.content_length;
    if (size == 0 || size > REQUEST_BODY_MAX)
        return true;
    c->body = malloc(size);
    if (c->body)
        memcpy(c->body, bytes, len);
    return c->body != NULL;
}

/* So few bytes fit into a socket that is empty of replies, or the viewer is gone. */
static bool say(struct conn *c, const char *text, size_t len)
{
    if (c->tls)
        return tls_say(c->tls, text, len) == 0;
    return send(event_get_fd(&c->ev), text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* The head is whole: what follows it is body first, then the next request. */
static enum step begin_request(struct conn *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct input *in = c->in;
    size_t head_end = in->start + in->head.pos;
    size_t body = in->head.content_length, here = in->len - head_end;
    in->next = head_end + (here < body ? here : body);
    c->body_left = (uint32_t)(body - (in->next - head_end));
    if (!keep_body(c, in->bytes + head_end, in->next - head_end))
        return STEP_CLOSE;
    if (c->body_left == 0) {
        conn_carry(c);
        return STEP_ON;
    }
    conn_set_phase(c, CONN_BODY);
    set_deadline(c, after_ms(c, c->at.loop->config->http.head_timeout_ms));
    if (in->head.expects_continue && !say(c, go_on, sizeof go_on - 1))
        return STEP_CLOSE;
    return STEP_ON;
}

static enum step step_head(struct conn *c)
{
    struct input *in = c->in;
    if (c->speaks_h2)
        return conn_begin_h2(c);
    if (!in)
        return read_head(c);
    if (c->at.loop->turn_requests == 0)
        return STEP_YIELD;
    /* RFC 9113 section 3.3: in clear text who knows that HTTP/2 is spoken here begins with it. */
    int h2 = c->spoke_http1 || c->secure ? -EPROTO : conn_preface(in);
    if (h2 == 0)
        return conn_begin_h2(c);
    int rc = h2 == -EAGAIN ? HTTP1_MORE
                           : http1_parse(&in->head, in->bytes + in->start, in->len - in->start);
    if (rc == HTTP1_DONE) {
        c->at.loop->turn_requests--;
        return begin_request(c);
    }
    if (rc != HTTP1_MORE) {
        tally_add(&c->at.loop->tally.bad_requests, 1);
        conn_refuse(c, rc);
        return STEP_ON;
    }
    if (c->phase == CONN_IDLE) {
        conn_set_phase(c, CONN_HEAD);
        set_deadline(c, after_ms(c, c->at.loop->config->http.head_timeout_ms));
    }
    return read_head(c);
}

static enum step step_body(struct conn *c)
{
    char thrown_away[4096];
    if (!c->unread)
        return STEP_WAIT;
    size_t size = c->body_left < sizeof thrown_away ? c->body_left : sizeof thrown_away;
    char *at = c->body ? c->body + c->in->head.content_length - c->body_left : thrown_away;
    ssize_t n = conn_read(c, at, size);
    if (n <= 0)
        return n < 0 ? STEP_CLOSE : c->unread ? STEP_YIELD : STEP_WAIT;
    c->body_left -= (uint32_t)n;
    if (c->body_left == 0)
        conn_carry(c);
    return STEP_ON;
}

/* While a reply takes its time, its request's bytes need not be kept; pipelined ones must. */
static void shed_input(struct conn *c)
{
    if (c->in && c->in->next == c->in->len)
        input_give(&c->at.loop->inputs, &c->in);
}

/* Nobody reads here: later requests wait in the socket. The end may come behind them, or as a reset
 * that a read would show only after them, so the socket's state is asked for. */
static bool is_left(const struct conn *c)
{
    struct pollfd state = {.fd = event_get_fd(&c->ev), .events = POLLRDHUP};
    /* unread: an event came since it was last known to be empty */
    return c->unread && poll(&state, 1, 0) > 0;
}

static enum step step_held(struct conn *c)
{
    shed_input(c);
    if (is_left(c))
        return STEP_CLOSE;
    if (!c->at.woken)
        return STEP_WAIT;
    conn_retry(c);
    return c->phase == CONN_HELD ? STEP_WAIT : STEP_ON;
}

enum step conn_linger(struct conn *c)
{
    conn_set_phase(c, CONN_LINGERING);
    if (c->tls)
        tls_end(c->tls);
    if (shutdown(event_get_fd(&c->ev), SHUT_WR) != 0)
        return STEP_CLOSE;
    c->linger_left = LINGER_BYTES;
    c->unread = true;
    set_deadline(c, c->at.loop->now_us + LINGER_US);
    return STEP_ON;
}

/* A listener has all there was. */
static enum step listen_on(struct conn *c)
{
    if (c->at.loop->draining)
        return STEP_CLOSE;
    conn_set_phase(c, CONN_STREAMING);
    set_deadline(c, c->born_us + (int64_t)c->at.loop->config->http.max_age_ms * US_PER_MS);
    return STEP_ON;
}

static enum step finish_reply(struct conn *c)
{
    struct input *in = c->in;
    outgoing_fini(&c->out);
    c->served = c->spoke_http1 = true;
    if (c->at.subscriber)
        return listen_on(c);
    if (c->last)
        return c->lingers || c->unread || (in && in->next < in->len) ? conn_linger(c) : STEP_CLOSE;
    if (in) {
        input_advance(&c->at.loop->inputs, in);
        if (in->start == in->len)
            input_give(&c->at.loop->inputs, &c->in);
    }
    conn_set_phase(c, CONN_IDLE);
    set_deadline(c, after_ms(c, c->at.loop->config->http.idle_timeout_ms));
    c->unread =
        c->unread || c->at.loop->draining; /* its next wish may be here, its event not yet */
    /* over TLS nobody can be handed on: what else was asked for here is still answered */
    return c->at.loop->heir >= 0 && !c->secure ? STEP_HAND_ON : STEP_ON;
}

static enum step step_sending(struct conn *c)
{
    if (c->broken)
        return STEP_CLOSE;
    if (outgoing_left(&c->out) == 0)
        return finish_reply(c);
    shed_input(c);
    if (c->blocked)
        return STEP_WAIT;
    switch (conn_push(c)) {
    case 0:
        return finish_reply(c);
    case -EAGAIN:
        return STEP_WAIT;
    case -EBUSY:
        return STEP_YIELD;
    default:
        return STEP_CLOSE;
    }
}

static enum step step_streaming(struct conn *c)
{
    shed_input(c);
    if (c->broken || is_left(c))
        return STEP_CLOSE;
    if (!subscriber_take(&c->at, &c->out))
        return STEP_WAIT;
    conn_set_phase(c, CONN_SENDING);
    set_deadline(c, http_loop_send_deadline(c->at.loop, outgoing_left(&c->out)));
    return STEP_ON;
}

static enum step step_lingering(struct conn *c)
{
    char thrown_away[4096];
    if (!c->unread)
        return STEP_WAIT;
    ssize_t n = conn_read(c, thrown_away, sizeof thrown_away);
    if (n < 0 || (size_t)n >= c->linger_left)
        return STEP_CLOSE;
    c->linger_left -= (uint32_t)n;
    return STEP_ON;
}

void conn_run(struct conn *c)
{
    static enum step (*const steps[CONN_PHASES])(struct conn *) = {
        [CONN_IDLE] = step_head,           [CONN_HEAD] = step_head,
        [CONN_BODY] = step_body,           [CONN_HELD] = step_held,
        [CONN_SENDING] = step_sending,     [CONN_STREAMING] = step_streaming,
        [CONN_LINGERING] = step_lingering, [CONN_HANDSHAKE] = conn_shake_hands,
        [CONN_H2] = conn_step_h2,
    };
    enum step step;
    c->at.loop->turn_bytes = TURN_BYTES;
    c->at.loop->turn_requests = TURN_REQUESTS;
    do
        step = steps[c->phase](c);
    while (step == STEP_ON);
    if (step == STEP_HAND_ON)
        conn_hand_on(c);
    if (step == STEP_CLOSE || step == STEP_HAND_ON) {
        conn_close(&c);
    } else if (step == STEP_YIELD) {
        holder_queue(&c->at);
    }
}
