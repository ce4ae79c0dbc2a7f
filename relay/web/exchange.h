/* The inside of struct request, and the answer it ends in: between conn, reply and route. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; everything is borrowed for the handler's call. Thread: the request's.
 * Life:   made by the connection on its stack, over when the handler returns.
 *
 * Nothing here knows HTTP/1.1 from another version: the carrier does.
 */
#ifndef RELAY_WEB_EXCHANGE_H
#define RELAY_WEB_EXCHANGE_H

#include "relay/room/audience.h"
#include "relay/room/blob.h"
#include "relay/room/body.h"
#include "relay/web/reply_head.h"
#include "relay/web/request.h"
#include "relay/web/ring.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An answer: a head and at most one of text and blob. */
struct reply {
    struct reply_head head;
    int64_t modified_wall_us; /* 0: no Last-Modified */
    const struct body *body;  /* whose text it is; NULL: text is good for this call only */
    const char *text;
    size_t text_len;
    struct blob *blob;
    uint64_t blob_at, blob_len; /* the range of it to send */
    struct audience *audience;  /* whom the content is counted for; NULL: nobody */
};

/* A value or name inside the request's bytes; at NULL: absent. */
struct slice {
    char *at;
    size_t len;
};

enum request_state { REQUEST_OPEN, REQUEST_HELD, REQUEST_ANSWERED };

/* How long a request waits, and how long caches may keep what it gets if that was in vain. */
struct patience {
    uint32_t wait_s, error_age_s;
};

/* What carries the request. send takes references on what it needs longer than the call. wait
 * parks the request among the waiters: when they are woken (conn_wake) it is handled once more,
 * from the start; its patience is that of the first time. */
struct carrier {
    void (*send)(struct request *r, struct reply *reply);
    struct request_token (*hold)(struct request *r, int64_t deadline_mono_us);
    void (*wait)(struct request *r, struct ring *waiters, const struct patience *p);
    struct slice (*field)(const struct request *r, const char *name);
};

struct request {
    const struct carrier *carrier;
    void *owner; /* the carrier's connection */
    enum request_state state;
    enum http_method method;
    bool gzip;            /* welcome */
    bool waited;          /* this is not the first time it is handled */
    uint32_t error_age_s; /* ... and what it waited with */
    bool body_too_long;
    bool http10; /* it, or what passed it on, speaks HTTP/1.0 */
    struct slice path, query, body;
    struct slice if_none_match, if_range, range;
    struct slice user_agent;   /* absent when the request has waited ... */
    uint64_t viewer;           /* ... and this, watcher.h's, is not; 0: not known yet */
    struct audience *audience; /* of the room it is about, good for the call; NULL: none */
    /* Of a room that only a signed link opens: see admit.h. */
    size_t token_len;     /* of "~TOKEN/" behind /live/ */
    struct slice link;    /* the token that came in the query; at NULL: none */
    uint32_t left_s;      /* until it ends; 0: never */
    bool is_private;      /* no shared cache may keep the answer */
    bool is_last;         /* nothing more is taken from this connection */
    struct in6_addr peer; /* IPv4 as ::ffff:a.b.c.d */
    char peer_text[INET6_ADDRSTRLEN];
};

#endif
