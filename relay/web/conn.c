/* A viewer's connection as a state machine: what to do next follows from its phase. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn.h"

#include "relay/base/clock.h"
#include "relay/web/conn_h2.h"
#include "relay/web/conn_state.h"
#include "relay/web/h2.h"
#include "relay/web/subscriber.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    US_PER_MS = 1000,
    REFUSED_MAX = 128, /* refused viewers that linger at once, per thread */
    READY_US = 2000,   /* then those who have just asked get their turn */
};

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    (void)fd;
    c->at.loop->now_us = clock_mono_us();
    if (what & EV_CLOSED)
        c->hung_up = true;
    if (what & (EV_READ | EV_CLOSED))
        c->unread = true;
    if (what & EV_WRITE)
        c->blocked = false;
    if (!c->at.queued) /* its turn comes anyway */
        conn_run(c);
}

static int enlist(struct conn *c, int fd)
{
    struct http_loop *l = c->at.loop;
    int rc = http_loop_add(l, c, &c->at.slot);
    if (rc)
        return rc;
    /* Registered once for everything it may ever need: no epoll_ctl per request. */
    const short all = EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST;
    if (event_assign(&c->ev, l->base, fd, all, on_event, c) == 0 && event_add(&c->ev, NULL) == 0)
        return 0;
    http_loop_remove(l, c->at.slot);
    return -ENOMEM;
}

static int count_newcomer(struct http_loop *l, const struct in6_addr *peer)
{
    int status = gate_enter(l->gate, peer);
    tally_add(&l->tally.connections, 1);
    if (status)
        tally_add(&l->tally.refused_full, 1);
    return status;
}

/* It goes on where another process left it. */
static void resume(struct conn *c, const void *bytes, size_t len)
{
    struct http_loop *l = c->at.loop;
    c->served = true;
    if (len == 0) {
        int64_t patience_us = (int64_t)l->config->http.idle_timeout_ms * US_PER_MS;
        deadline_set(&l->wheel, &c->at.deadline, l->now_us + patience_us);
        return;
    }
    c->in = input_take(&l->inputs);
    if (!c->in || len > input_room(&l->inputs, c->in)) {
        conn_close(&c);
        return;
    }
    memcpy(c->in->bytes, bytes, len);
    c->in->len = len;
    c->adopted = true;
    holder_queue(&c->at);
}

/* Takes fd. *out: NULL, or one that waits for its first bytes. */
static int welcome(struct http_loop *l, int fd, const struct in6_addr *peer, bool secure,
                   struct conn **out)
{
    int rc = 0, status = count_newcomer(l, peer);
    struct conn *c = *out = NULL;
    /* In a flood the refused get a closed door instead of a sentence; without the keys, too. */
    if (status && (secure || l->refused_count >= REFUSED_MAX))
        goto out;
    rc = -ENOMEM;
    c = calloc(1, sizeof *c);
    if (!c)
        goto out;
    c->at.loop = l;
    c->peer = *peer;
    c->counted = !status;
    c->secure = secure;
    c->phase = secure ? CONN_HANDSHAKE : CONN_IDLE;
    c->born_us = l->now_us = clock_mono_us();
    rc = enlist(c, fd);
    if (rc)
        goto out;
    tally_add(&l->tally.connections_open, 1);
    if (status) {
        l->refused_count++;
        conn_refuse(c, status);
        conn_run(c);
    } else {
        int64_t patience_us = (int64_t)l->config->http.head_timeout_ms * US_PER_MS;
        deadline_set(&l->wheel, &c->at.deadline, l->now_us + patience_us);
        *out = c;
    }
    return 0;
out:
    if (!status)
        gate_leave(l->gate, peer);
    close(fd);
    free(c);
    return rc;
}

int conn_open(struct http_loop *l, int fd, const struct in6_addr *peer)
{
    struct conn *c;
    return welcome(l, fd, peer, false, &c);
}

int conn_open_secure(struct http_loop *l, int fd, const struct in6_addr *peer)
{
    struct conn *c;
    return welcome(l, fd, peer, true, &c);
}

int conn_adopt(struct http_loop *l, int fd, const struct in6_addr *peer, const void *bytes,
               size_t len)
{
    struct conn *c;
    int rc = welcome(l, fd, peer, false, &c);
    if (c && bytes)
        resume(c, bytes, len);
    return rc;
}

static void close_now(struct conn **cp, bool orderly)
{
    struct conn *c = *cp;
    struct http_loop *l = c->at.loop;
    *cp = NULL;
    holder_fini(&c->at);
    free(c->body);
    outgoing_fini(&c->out);
    if (c->phase == CONN_H2)
        h2_free(&c->h2);
    else
        input_give(&l->inputs, &c->in);
    event_del(&c->ev);
    conn_end_handshake(c);
    tls_free(&c->tls, orderly);
    close(event_get_fd(&c->ev));
    if (c->counted)
        gate_leave(l->gate, &c->peer);
    else
        l->refused_count--;
    tally_add(&l->tally.connections_open, -1);
    http_loop_remove(l, c->at.slot);
    free(c);
}

void conn_close(struct conn **c)
{
    close_now(c, true);
}

/* Closes so that the kernel forgets what is unsent at once: else a viewer that does not read would
 * pin the pages of a segment for minutes more. */
static void cut(struct conn **c)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(event_get_fd(&(*c)->ev), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_now(c, false);
}

void conn_run_ready(struct http_loop *l)
{
    /* Only those that are here now: who yields again is behind them. A new part may have woken ten
     * thousand; they are answered in stretches, between which everybody else is. */
    struct ring due;
    ring_init(&due);
    ring_move(&due, &l->ready);
    l->now_us = clock_mono_us();
    for (int64_t until_us = l->now_us + READY_US; !ring_is_empty(&due) && l->now_us < until_us;
         l->now_us = clock_mono_us()) {
        struct holder *h = holder_of_turn(due.next);
        ring_remove(&h->turn);
        h->queued = false;
        if (h->stream)
            h2_stream_run(h);
        else
            conn_run(conn_of(h));
    }
    ring_move(&due, &l->ready);
    ring_move(&l->ready, &due);
}

void conn_wake(struct http_loop *l, struct ring *waiters)
{
    for (struct ring *at = waiters->next; at != waiters; at = at->next) {
        struct holder *h = holder_of_turn(at);
        assert(h->held && !h->queued);
        h->woken = h->queued = true;
    }
    ring_move(&l->ready, waiters);
}

static void expire(struct conn *c, struct tally *tally)
{
    switch ((enum conn_phase)c->phase) {
    case CONN_IDLE:
        tally_add(c->served ? &tally->timeouts_idle : &tally->timeouts_head, 1);
        conn_close(&c);
        break;
    case CONN_HANDSHAKE:
        tally_add(&tally->timeouts_head, 1);
        cut(&c);
        break;
    case CONN_HEAD:
    case CONN_BODY:
        tally_add(&tally->timeouts_head, 1);
        conn_refuse(c, 408);
        conn_run(c);
        break;
    case CONN_HELD:
        if (!c->at.woken) /* else what it waits for may be here, and its turn is near */
            conn_give_up(c);
        conn_run(c);
        break;
    case CONN_SENDING:
        tally_add(&tally->timeouts_send, 1);
        cut(&c);
        break;
    case CONN_H2:
        if (conn_expire_h2(c))
            conn_run(c);
        else
            cut(&c);
        break;
    default:
        conn_close(&c);
    }
}

void conn_expire(void *loop, struct deadline *d)
{
    struct holder *h = holder_of_deadline(d);
    if (h->stream)
        h2_stream_expire(h);
    else
        expire(conn_of(h), &((struct http_loop *)loop)->tally);
}

/* What holds the request that token names, or NULL; *conn: its connection. */
static struct holder *find_held(const struct http_loop *l, const struct request_token *token,
                                struct conn **conn)
{
    struct conn *c = *conn = token->slot < l->slot_count ? l->conns[token->slot] : NULL;
    if (!c)
        return NULL;
    if (c->phase == CONN_H2)
        return h2_find_held(c->h2, token->generation);
    return c->at.held && c->at.held->generation == token->generation ? &c->at : NULL;
}

void conn_answer(struct http_loop *l, const struct request_token *token, int status,
                 const struct body *body)
{
    struct conn *c;
    struct holder *h = find_held(l, token, &c);
    if (!h)
        return;
    l->now_us = clock_mono_us();
    if (h->stream)
        h2_stream_answer(h, status, body);
    else
        conn_release(c, status, body);
    holder_queue(&c->at);
}

void conn_listen(struct http_loop *l, const struct request_token *token, const struct body *first)
{
    struct conn *c;
    struct holder *h = find_held(l, token, &c);
    if (!h)
        return;
    if (h->stream)
        h2_stream_listen(h, first);
    else
        conn_release_stream(c, first);
    holder_queue(&c->at);
}

/* Its turn closes it; the kernel forgets what is unsent. */
static void drop_listener(struct conn *c)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(event_get_fd(&c->ev), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    tally_add(&c->at.loop->tally.listeners_cut, !c->broken);
    c->broken = true;
}

static void told(struct holder *h, bool added)
{
    if (h->stream) {
        h2_stream_tell(h, added);
        return;
    }
    if (!added)
        drop_listener(conn_of(h));
    holder_queue(h);
}

void conn_tell(struct http_loop *l, const struct body *news)
{
    subscriber_tell(l, news, told);
}

/* They come again, and are judged again. */
static void hushed(struct holder *h)
{
    if (h->stream) {
        h2_stream_end_news(h);
        return;
    }
    conn_of(h)->broken = true;
    holder_queue(h);
}

void conn_hush(struct http_loop *l)
{
    subscriber_each(l, hushed);
}

void conn_drain_all(struct http_loop *l)
{
    l->draining = true;
    for (uint32_t i = 0; i < l->slot_count; i++) {
        struct conn *c = l->conns[i];
        if (c && c->phase == CONN_H2) {
            h2_drain(c->h2);
            conn_run(c);
        } else if (c && l->heir >= 0 && conn_hand_on(c)) {
            conn_close(&c);
        } else if (c && conn_is_leaving(c) && c->phase == CONN_IDLE) {
            c->unread = true; /* a wish that has just come is still granted */
            conn_run(c);
        } else if (c && c->phase == CONN_IDLE && !c->in) {
            conn_close(&c);
        } else if (c && c->phase == CONN_HELD && holder_must_go(&c->at)) {
            conn_release(c, 503, NULL);
            conn_run(c);
        } else if (c && c->phase == CONN_STREAMING) {
            conn_close(&c); /* its page comes again, and finds whoever serves then */
        }
    }
}

void conn_close_all(struct http_loop *l)
{
    for (uint32_t i = 0; i < l->slot_count; i++)
        if (l->conns[i])
            cut(&(struct conn *){l->conns[i]});
}
