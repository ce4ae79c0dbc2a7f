/* How a viewer's connection on the HTTPS port begins: nothing is spent before its first byte. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/conn_state.h"

#include <errno.h>
#include <sys/socket.h>

enum { US_PER_MS = 1000 };

void conn_end_handshake(struct conn *c)
{
    if (!c->shaking)
        return;
    c->shaking = false;
    gate_leave(c->at.loop->handshakes, &c->peer);
}

/* Somebody speaks something else here. HTTP without TLS gets a sentence in its own language. */
static enum step misdirected(struct conn *c, uint8_t first)
{
    if (first < 'A' || first > 'Z') {
        tally_add(&c->at.loop->tally.tls_failed, 1);
        return STEP_CLOSE;
    }
    c->secure = false;
    tally_add(&c->at.loop->tally.bad_requests, 1);
    conn_refuse(c, 400);
    return STEP_ON;
}

/* A handshake costs memory and time, so each address may have a few under way, and all a number. */
static enum step begin(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    uint8_t first;
    if (!c->unread)
        return STEP_WAIT;
    ssize_t n = recv(event_get_fd(&c->ev), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        c->unread = errno == EINTR;
        return c->unread ? STEP_ON : STEP_WAIT;
    }
    if (n <= 0)
        return STEP_CLOSE;
    if (first != TLS_FIRST_BYTE)
        return misdirected(c, first);
    if (gate_enter(l->handshakes, &c->peer) != 0) {
        tally_add(&l->tally.tls_refused, 1);
        return STEP_CLOSE;
    }
    c->shaking = true;
    return tls_new(&c->tls, l->tls, event_get_fd(&c->ev)) == 0 ? STEP_ON : STEP_CLOSE;
}

enum step conn_shake_hands(struct conn *c)
{
    struct http_loop *l = c->at.loop;
    if (!c->tls)
        return begin(c);
    int rc = tls_handshake(c->tls);
    if (rc == -EAGAIN || rc == -EBUSY)
        return rc == -EAGAIN ? STEP_WAIT : STEP_YIELD;
    if (rc != 0) {
        tally_add(&l->tally.tls_failed, 1);
        return STEP_CLOSE;
    }
    conn_end_handshake(c);
    tally_add(&l->tally.tls_handshakes, 1);
    tally_add(&l->tally.tls_resumed, tls_is_resumed(c->tls));
    c->speaks_h2 = tls_speaks_h2(c->tls);
    c->unread = true; /* the first request may have come with the end of the handshake */
    conn_set_phase(c, CONN_IDLE);
    deadline_set(&l->wheel, &c->at.deadline,
                 l->now_us + (int64_t)l->config->http.head_timeout_ms * US_PER_MS);
    return STEP_ON;
}
