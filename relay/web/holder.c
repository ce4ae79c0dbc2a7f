/* What may hold one request until news, an answer or a deadline: a connection or a stream. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/holder.h"

#include "relay/base/log.h"
#include "relay/web/reply.h"
#include "relay/web/subscriber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { US_PER_S = 1000000, RETRY_AFTER_S = 2 };

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
        .viewer = r->viewer,
        .path = keep(&at, path),
        .query = keep(&at, query),
        .if_none_match = keep(&at, r->if_none_match),
        .if_range = keep(&at, if_range),
        .range = keep(&at, range),
    };
    return h;
}

void holder_queue(struct holder *h)
{
    if (h->queued)
        return;
    h->queued = true;
    ring_add(&h->loop->ready, &h->turn);
}

static bool park(struct request *r, bool waits, int64_t due_us)
{
    struct holder *h = r->owner;
    struct http_loop *l = h->loop;
    if (!h->held) { /* else it goes on waiting as it did */
        h->held = held_new(r, waits);
        if (!h->held) {
            r->state = REQUEST_OPEN; /* holder_handle answers it */
            return false;
        }
        h->held->generation = ++l->generation;
        h->held->due_us = due_us;
        tally_add(&l->tally.holding, 1);
    }
    deadline_set(&l->wheel, &h->deadline, h->held->due_us);
    return true;
}

struct request_token holder_hold(struct request *r, int64_t deadline_mono_us)
{
    const struct holder *h = r->owner;
    if (!park(r, false, deadline_mono_us))
        return (struct request_token){.thread = h->loop->thread, .slot = h->slot};
    return (struct request_token){h->loop->thread, h->slot, h->held->generation};
}

void holder_wait(struct request *r, struct ring *waiters, const struct patience *p)
{
    struct holder *h = r->owner;
    bool first = !h->held;
    if (h->loop->draining) {
        r->state = REQUEST_OPEN;
        in_vain(r, 0);
        return;
    }
    if (!park(r, true, h->loop->now_us + (int64_t)p->wait_s * US_PER_S))
        return;
    if (first)
        h->held->error_age_s = p->error_age_s;
    /* One that is queued for another reason stays so, and is handled once more by then. */
    if (h->queued)
        h->woken = true;
    else
        ring_add(waiters, &h->turn);
}

void holder_answer(struct holder *h, struct reply *reply)
{
    struct http_loop *l = h->loop;
    reply->head.date = http_date_now(&l->dates, l->now_us);
    if (reply->modified_wall_us)
        reply->head.modified = http_date_text(&l->dates, reply->modified_wall_us);
    tally_add(&l->tally.requests, 1);
    if (reply->head.status < TALLY_CODES)
        tally_add(&l->tally.by_code[reply->head.status], 1);
    if (h->held) /* holder_retry frees it, whose text is still in use */
        tally_add(&l->tally.holding, -1);
}

void holder_handle(struct holder *h, struct request *r)
{
    struct http_loop *l = h->loop;
    l->handle(l->handle_ctx, r);
    if (r->state != REQUEST_OPEN)
        return;
    log_error("http", "unanswered thread=%u: a handler ended without a reply", l->thread);
    reply_status(r, 500, 0, "The server could not make an answer.");
}

static void fill(struct request *r, const struct held *h)
{
    r->method = h->method;
    r->gzip = h->gzip;
    r->waited = h->waits;
    r->viewer = h->viewer;
    r->error_age_s = h->error_age_s;
    r->path = h->path;
    r->query = h->query;
    r->if_none_match = h->if_none_match;
    r->if_range = h->if_range;
    r->range = h->range;
}

/* The request is over; who answers it may still borrow its text. */
static struct held *take(struct holder *h, struct request *r)
{
    struct held *held = h->held;
    assert(held);
    if (!h->queued && ring_is_linked(&h->turn))
        ring_remove(&h->turn);
    h->held = NULL;
    h->woken = false;
    tally_add(&h->loop->tally.holding, -1);
    fill(r, held);
    return held;
}

void holder_release(struct holder *h, struct request *r, int status, const struct body *body)
{
    struct held *held = take(h, r);
    if (body)
        reply_body(r, status, body);
    else
        in_vain(r, 0);
    free(held);
}

void holder_give_up(struct holder *h, struct request *r)
{
    struct held *held = take(h, r);
    tally_add(&h->loop->tally.blocked_timeouts, held->waits);
    in_vain(r, held->error_age_s);
    free(held);
}

void holder_listen(struct holder *h, struct request *r, const struct body *first)
{
    struct held *held = take(h, r);
    if (r->method == HTTP_HEAD || subscriber_begin(h, first->audience))
        reply_stream(r, first);
    else
        reply_come_back(r, 503, RETRY_AFTER_S, 0, "Too many listen already; please come back.");
    free(held);
}

void holder_retry(struct holder *h, struct request *r)
{
    fill(r, h->held);
    h->woken = false;
    holder_handle(h, r);
    if (r->state == REQUEST_HELD)
        return;
    free(h->held);
    h->held = NULL;
}

bool holder_must_go(const struct holder *h)
{
    return h->held && (h->held->waits || h->loop->heir < 0);
}

void holder_fini(struct holder *h)
{
    if (ring_is_linked(&h->turn))
        ring_remove(&h->turn);
    deadline_clear(&h->loop->wheel, &h->deadline);
    if (h->held)
        tally_add(&h->loop->tally.holding, -1);
    free(h->held);
    h->held = NULL;
    subscriber_end(h);
}
