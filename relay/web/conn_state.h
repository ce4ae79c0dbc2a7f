/* The inside of a connection, for conn*.c only. */
/* SPDX-License-Identifier: MIT */
/*
 *          bytes            whole head        reply
 *   IDLE --------> HEAD --> (BODY) --> HANDLING ---------> SENDING --> IDLE
 *    ^                                   |  ^                 |  <--> STREAMING: listens for more
 *    |                       hold, wait  v  |  woken          +------> LINGERING --> closed
 *    |                                  HELD --> SENDING
 *    |                                       answer
 *    +-- from any phase: the viewer left, a deadline, an error --> closed
 *    +-- H2 --> LINGERING; a whole preface, or what TLS agreed on, leads there from IDLE and HEAD
 *    +-- HANDSHAKE, where connections on the HTTPS port begin (a mistaken HTTP one: SENDING)
 *
 * Pipelined requests wait in the input (bounded) or in the socket until the reply is finished.
 */
#ifndef RELAY_WEB_CONN_STATE_H
#define RELAY_WEB_CONN_STATE_H

#include "relay/web/exchange.h"
#include "relay/web/h2.h"
#include "relay/web/holder.h"
#include "relay/web/http_loop.h"
#include "relay/web/input.h"
#include "relay/web/outgoing.h"
#include "relay/web/tls.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conn_phase {
    CONN_IDLE,      /* waits for the first byte of a request */
    CONN_HEAD,      /* some of a head is here; its deadline is absolute */
    CONN_BODY,      /* the body is read, and kept when it is short */
    CONN_HANDLING,  /* in the handler's call; over before the call returns */
    CONN_HELD,      /* parked until an answer or news, the deadline, or the viewer leaves */
    CONN_SENDING,   /* a reply is on its way; its deadline is absolute */
    CONN_STREAMING, /* listens: what is to be sent next comes by itself */
    CONN_LINGERING, /* closed for writing; reads on so that the last reply is not reset away */
    CONN_HANDSHAKE, /* TLS; its deadline is absolute */
    CONN_H2,        /* HTTP/2 from here on: requests are its streams' (h2.h) */
    CONN_PHASES,
};

enum step {
    STEP_ON,    /* the phase has changed, or there is more to do in it */
    STEP_WAIT,  /* for the next event */
    STEP_YIELD, /* for the next turn */
    STEP_CLOSE,
    STEP_HAND_ON, /* it has its reply; another process has the next one */
};

struct conn {
    struct event ev;
    struct holder at; /* holds a request in CONN_HELD only */
    union {
        struct input *in; /* NULL: nothing is here */
        struct h2 *h2;    /* in CONN_H2 */
    };
    struct outgoing out; /* in CONN_SENDING and CONN_H2 only */
    char *body;          /* of the request, until it is handled; NULL: none, or not kept */
    struct tls *tls;     /* NULL: without TLS, or before the handshake's first byte */
    int64_t born_us;
    struct in6_addr peer;
    uint32_t body_left, linger_left; /* of the request body; bytes still read while lingering */
    uint8_t phase;                   /* enum conn_phase */
    uint8_t watch;                   /* enum conn_watch */
    bool unread : 1;                 /* the socket may have bytes, or its end */
    bool hung_up : 1;                /* the viewer closed its side (EPOLLRDHUP) */
    bool blocked : 1;                /* the socket takes no more for now */
    bool broken : 1;                 /* writing failed: the viewer is gone */
    bool last : 1;                   /* close after this reply */
    bool lingers : 1;                /* ... and read on a while first */
    bool http10 : 1;
    bool counted : 1;               /* by the gate; refused ones are not */
    bool served : 1;                /* had a reply before, here or where it comes from ... */
    bool spoke_http1 : 1;           /* ... and here it was one of HTTP/1.1 */
    bool secure : 1, speaks_h2 : 1; /* on the HTTPS port; what was agreed on there (ALPN) */
    bool h2_failed : 1;             /* CONN_H2: over, but for the goodbye */
    bool shaking : 1, adopted : 1;  /* counted among handshakes under way; from another process */
};

static inline struct conn *conn_of(struct holder *at)
{
    return (struct conn *)((char *)at - offsetof(struct conn, at));
}

/* The one mover; asserts that the step is one of the diagram's. */
void conn_set_phase(struct conn *c, enum conn_phase phase);
/* One turn: as far as the bytes, the socket and the budget go. c may be gone afterwards. */
void conn_run(struct conn *c);
/* The head in c->in is complete: has it handled. Afterwards c is HELD or SENDING. */
void conn_carry(struct conn *c);
/* reply_refuse, and closes: bad heads, deadlines, a full house. */
void conn_refuse(struct conn *c, int status);
/* As holder_release, holder_give_up and holder_retry. Afterwards c is SENDING, or HELD again. */
void conn_release(struct conn *c, int status, const struct body *body);
void conn_give_up(struct conn *c);
void conn_release_stream(struct conn *c, const struct body *first); /* as holder_listen */
void conn_retry(struct conn *c);
/* Gives it to loop->heir, with what it has read or waits for. False: it cannot be given away. */
bool conn_hand_on(struct conn *c);
/* Bytes. 0: none for now; yield while c->unread, else wait. Less: the viewer closed or is gone. */
ssize_t conn_read(struct conn *c, void *buf, size_t size);
/* Nothing more will be said; what still comes is read for a while. */
enum step conn_linger(struct conn *c);
/* CONN_HANDSHAKE: goes on with it. */
enum step conn_shake_hands(struct conn *c);
/* It is no longer among those under way. */
void conn_end_handshake(struct conn *c);
/* Is this reply, or what it waits for, its last because the thread ends, or max_age is over? */
bool conn_is_leaving(const struct conn *c);
bool conn_is_old(const struct conn *c);
/* Pushes what is outgoing within the turn's budget, see outgoing_push. */
int conn_push(struct conn *c);

#endif
