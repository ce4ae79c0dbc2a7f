/* What the connections of one HTTP thread share: its loop, limits, clocks and counters. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the event base, the table of connections (not the connections), the input pool.
 * Thread: one; only tally and gate are read by others.
 * Life:   http_loop_init/http_loop_fini; every connection is closed before fini.
 * Fails:  -ENOMEM.
 */
#ifndef RELAY_WEB_HTTP_LOOP_H
#define RELAY_WEB_HTTP_LOOP_H

#include "config/config.h"
#include "relay/web/deadline.h"
#include "relay/web/gate.h"
#include "relay/web/http_date.h"
#include "relay/web/input.h"
#include "relay/web/reply_head.h"
#include "relay/web/ring.h"
#include "relay/web/tally.h"
#include "relay/web/tls_context.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct conn;
struct h2_shared;
struct request;

struct http_loop {
    struct event_base *base;
    const struct config *config;
    struct gate *gate, *handshakes;               /* shared by all threads */
    void (*handle)(void *ctx, struct request *r); /* where requests go */
    void *handle_ctx;
    uint32_t thread; /* index, for tokens */

    int64_t now_us;      /* monotonic, as of this callback */
    bool draining;       /* every answer is its connection's last ... */
    int heir;            /* ... or goes to the process at that socket; -1: there is none */
    struct conn **conns; /* by slot; NULL: free */
    uint32_t *free_slots;
    uint32_t slot_count, conn_count, refused_count;
    uint64_t generation;   /* of the last held request */
    struct ring listeners; /* connections whose reply has no end */
    uint32_t listener_count;
    struct ring ready; /* connections that yielded or were woken; see conn_run_ready */
    size_t turn_bytes; /* what the present turn may still send */
    unsigned turn_requests;
    struct input_pool inputs;
    struct deadline_wheel wheel;
    struct http_date dates;
    struct tls_context *tls; /* for the next handshakes; NULL: there is no HTTPS */
    void *record;            /* TLS_RECORD_BYTES, where records are put together */
    struct h2_shared *h2;    /* NULL: no connection has spoken HTTP/2 yet */
    struct tally tally;
    char head[REPLY_HEAD_MAX]; /* the answer being written */
};

/* gate and handle may be shared by many; config stays the caller's. */
__attribute__((warn_unused_result)) int http_loop_init(struct http_loop *l,
                                                       const struct config *config,
                                                       struct gate *gate, uint32_t thread);
void http_loop_fini(struct http_loop *l);
/* Connections may be opened on the HTTPS port from here on; handshakes under way are counted by
 * that gate. Before that http_loop_set_tls. */
__attribute__((warn_unused_result)) int http_loop_secure(struct http_loop *l,
                                                         struct gate *handshakes);
/* What new handshakes use; takes its own reference. */
void http_loop_set_tls(struct http_loop *l, struct tls_context *t);
/* Finds c a slot, which stays its own until http_loop_remove. */
__attribute__((warn_unused_result)) int http_loop_add(struct http_loop *l, struct conn *c,
                                                      uint32_t *slot);
void http_loop_remove(struct http_loop *l, uint32_t slot);
/* When a viewer must have taken so many bytes: at min_rate at least, but it has send_timeout in any
 * case. */
int64_t http_loop_send_deadline(const struct http_loop *l, uint64_t bytes);

#endif
