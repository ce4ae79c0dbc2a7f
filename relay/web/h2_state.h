/* The inside of an HTTP/2 connection, for h2.c and h2_stream.c only. */
/* SPDX-License-Identifier: MIT */
/*
 * A stream's phases:
 *
 *           whole head               whole body        reply
 *   HEAD --------------> HANDLING <------------ BODY
 *     |  +-> BODY            |  ^
 *     |                held  v  | woken
 *     +---> SENDING <------ HELD              SENDING --> closed by nghttp2, or reset
 */
#ifndef RELAY_WEB_H2_STATE_H
#define RELAY_WEB_H2_STATE_H

#include "relay/web/h2.h"
#include "relay/web/h2_shared.h"
#include "relay/web/input.h"

enum {
    H2_STREAMS_MAX = 100, /* RFC 9113 section 6.5.2 recommends no less */
    H2_BODIES_MAX = 4,    /* requests whose bodies are under way; each keeps its head */
};

enum h2_phase {
    H2_HEAD,     /* its deadline is absolute */
    H2_BODY,     /* the body comes, and is kept when it is short; the same deadline */
    H2_HANDLING, /* in the handler's call */
    H2_HELD,
    H2_SENDING, /* its deadline is absolute; a listener that has sent all has none */
    H2_PHASES,
};

/* How urgent a viewer says an answer is, RFC 9218 section 4. */
struct h2_wish {
    uint8_t urgency; /* H2_NO_WISH: does not say */
    bool incremental;
    bool updated; /* by PRIORITY_UPDATE */
};

struct h2 {
    nghttp2_session *session;
    struct holder *conn;
    struct in6_addr peer;
    struct ring streams;
    uint64_t waiting_bytes; /* content that is not in frames yet, of all streams */
    int64_t spent_us;       /* see spend() */
    uint32_t stream_count, bodies;
    struct h2_wish early; /* of the last PRIORITY_UPDATE for a stream that had not begun ... */
    int32_t early_id;     /* ... and which that is */
    bool used, leaving, ending;
};

struct h2_stream {
    struct holder at;
    struct ring sibling;
    struct h2 *h2;
    struct input *in;    /* the head, until the handler has been called */
    struct outgoing out; /* content that is not in frames yet */
    char *body;          /* REQUEST_BODY_MAX, until the handler has been called; NULL: not kept */
    int32_t id;
    uint32_t body_len; /* bytes of it that came */
    uint16_t status;   /* what is wrong with the head; 0: nothing */
    uint8_t phase;     /* enum h2_phase */
    struct h2_wish wish;
    bool reset : 1; /* nothing more is to be sent on it */
};

/* NULL: out of memory. */
struct h2_stream *h2_stream_new(struct h2 *h, int32_t id);
void h2_stream_free(struct h2_stream *s);
/* The head is whole; more: a body follows. */
void h2_stream_begin(struct h2_stream *s, bool more);
/* Bytes of the body came. */
void h2_stream_body(struct h2_stream *s, const void *bytes, size_t len);
/* The request is whole. */
void h2_stream_handle(struct h2_stream *s);
/* PRIORITY_UPDATE: from now on. */
void h2_stream_update(struct h2_stream *s, const struct h2_wish *wish);
/* So much of the content has gone into a frame. */
void h2_stream_took(struct h2_stream *s, size_t len);
/* If it listens, its reply ends with what it has to send now. */
void h2_stream_hush(struct h2_stream *s);

#endif
