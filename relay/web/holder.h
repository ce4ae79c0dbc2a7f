/* What may hold one request until news, an answer or a deadline: a connection or a stream. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the held request's text and its subscriber; the links are the owner's, who unlinks them
 * (holder_fini). Thread: its loop's. Life: inside a connection of HTTP/1.1 or a stream of HTTP/2.
 * Fails:  without memory a request is not held: its handler is told by REQUEST_OPEN, and 500 goes
 *         out.
 *
 * Everything about waiting is here, once for all versions of HTTP; how an answer leaves is the
 * carrier's. A carrier's request has its holder as owner.
 */
#ifndef RELAY_WEB_HOLDER_H
#define RELAY_WEB_HOLDER_H

#include "relay/web/deadline.h"
#include "relay/web/exchange.h"
#include "relay/web/http_loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is kept of a held request until its answer: all that the answer may depend on. */
struct held {
    uint64_t generation, viewer;
    int64_t due_us;
    enum http_method method;
    bool gzip, waits; /* waits: for news of a room; else for conn_answer */
    uint32_t error_age_s;
    struct slice path, query, if_none_match, if_range, range; /* in text, each with a NUL behind */
    char text[];
};

struct holder {
    struct ring turn; /* in loop->ready when queued, else among a room's waiters or nowhere */
    struct deadline deadline; /* what it means follows from the owner's phase */
    struct http_loop *loop;
    struct held *held;
    struct subscriber *subscriber; /* its reply has no end; NULL: as hardly ever */
    uint32_t slot;                 /* of the connection */
    bool stream : 1;               /* the owner is a stream, not a connection */
    bool queued : 1;               /* in loop->ready */
    bool woken : 1;                /* holds a request that is to be handled once more */
};

/* It gets its turn from conn_run_ready. */
void holder_queue(struct holder *h);
/* For a carrier: its hold and its wait. */
struct request_token holder_hold(struct request *r, int64_t deadline_mono_us);
void holder_wait(struct request *r, struct ring *waiters, const struct patience *p);
/* For a carrier's send: dates the reply and counts it; its request is no longer held. */
void holder_answer(struct holder *h, struct reply *reply);
/* Calls the handler, which ends in an answer or holds the request (r->state). */
void holder_handle(struct holder *h, struct request *r);
/* The held request's end, for which r is filled in: body with status, or 503 when body is NULL. */
void holder_release(struct holder *h, struct request *r, int status, const struct body *body);
/* The same at its deadline: caches may keep this 503 as long as was agreed. */
void holder_give_up(struct holder *h, struct request *r);
/* The same with a reply that has no end and begins with first (subscriber.h); 503 when enough
 * listen.
 */
void holder_listen(struct holder *h, struct request *r, const struct body *first);
/* Has the held request handled once more. */
void holder_retry(struct holder *h, struct request *r);
/* Is it held, and does it end when the loop drains? */
bool holder_must_go(const struct holder *h);
void holder_fini(struct holder *h);

static inline struct holder *holder_of_turn(struct ring *turn)
{
    return (struct holder *)((char *)turn - offsetof(struct holder, turn));
}

static inline struct holder *holder_of_deadline(struct deadline *d)
{
    return (struct holder *)((char *)d - offsetof(struct holder, deadline));
}

#endif
