/* What was asked of the store and is not answered yet: a request is kept until it is in force. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/writes.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/parcel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_US = 4000000, ONE_US = 1000000 / WRITES_PER_S };

void writes_init(struct writes *w)
{
    memset(w, 0, sizeof(*w));
    w->store = -1;
    w->tokens_us = INT64_MIN / 2; /* full */
    /* answers to a front that is no more are not taken for ours */
    w->next_id = ((uint64_t)getpid() << 40) ^ (uint64_t)clock_wall_us();
}

void writes_end(struct write *one)
{
    explicit_bzero(one, sizeof(*one));
}

void writes_fini(struct writes *w)
{
    explicit_bzero(w->list, sizeof(w->list));
}

/* A bucket of WRITES_BURST that fills with time. */
static bool spend(struct writes *w, int64_t now_us)
{
    int64_t full_us = now_us - (int64_t)WRITES_BURST * ONE_US;
    if (w->tokens_us < full_us)
        w->tokens_us = full_us;
    if (w->tokens_us + ONE_US > now_us)
        return false;
    w->tokens_us += ONE_US;
    return true;
}

static struct write *find(struct writes *w, uint64_t id)
{
    for (size_t i = 0; i < WRITES_UNDER_WAY; i++)
        if (w->list[i].id == id)
            return &w->list[i];
    return NULL;
}

enum writes_refusal writes_ask(struct writes *w, struct store_request *q, int64_t now_us,
                               struct write **out)
{
    struct write *one = find(w, 0);
    *out = one;
    if (!one || !spend(w, now_us))
        return WRITES_TOO_MANY;
    q->format = STORE_FORMAT;
    q->id = ++w->next_id ? w->next_id : ++w->next_id;
    q->due_us = now_us + ASK_US;
    if (w->store < 0 || parcel_send(w->store, STORE_REQUEST, q, sizeof(*q), -1, 0))
        return WRITES_UNREACHABLE;
    *one = (struct write){
        .id = q->id, .due_us = now_us + WRITES_PATIENCE_US, .act = q->act, .reader = q->reader};
    memcpy(one->room, q->room, sizeof(one->room));
    return WRITES_ASKED;
}

void writes_bind(struct writes *w, uint64_t id, struct request_token asker)
{
    struct write *one = find(w, id);
    if (one && id != 0)
        one->asker = asker;
}

int writes_hear(struct writes *w, struct store_reply *r, struct write **out)
{
    struct parcel *p = w->store >= 0 ? malloc(sizeof(*p)) : NULL;
    int rc = 0;
    while (p && !rc && parcel_receive(w->store, p, 0) == 1) {
        if (p->kind != STORE_REPLY && w->other)
            w->other(w->ctx, p);
        if (p->fd >= 0)
            close(p->fd);
        if (p->kind != STORE_REPLY || p->len != sizeof(*r))
            continue;
        memcpy(r, p->bytes, sizeof(*r));
        r->text[sizeof(r->text) - 1] = '\0';
        *out = r->id != 0 && r->format == STORE_FORMAT ? find(w, r->id) : NULL;
        rc = *out && !(*out)->done;
    }
    free(p);
    if (rc && r->outcome == STORE_DONE) {
        (*out)->done = true;
        (*out)->version = r->version;
    }
    return rc;
}

struct write *writes_in_force(struct writes *w, uint64_t version)
{
    for (size_t i = 0; i < WRITES_UNDER_WAY; i++)
        if (w->list[i].id != 0 && w->list[i].done && w->list[i].version <= version)
            return &w->list[i];
    return NULL;
}

struct write *writes_late(struct writes *w, int64_t now_us)
{
    for (size_t i = 0; i < WRITES_UNDER_WAY; i++)
        if (w->list[i].id != 0 && now_us >= w->list[i].due_us)
            return &w->list[i];
    return NULL;
}
