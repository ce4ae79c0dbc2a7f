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
    H2_HELD_MAX = 65536,  /* bytes of all that wait; a player's are some hundred */
};

enum h2_phase {
    H2_HEAD,     /* its deadline is absolute */
    H2_BODY,     /* the body comes, and is kept when it is short; the same deadline */
    H2_HANDLING, /* in the handler's call */
    H2_HELD,
    H2_SENDING, /* see h2_content_is_late; a listener that has sent all has no deadline */
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
    uint64_t waiting_bytes;      /* content that is not in frames yet, of all streams ... */
    uint64_t waiting_blob_bytes; /* ... and how much of that is blobs' */
    uint64_t taken_bytes;        /* content that is, since the beginning ... */
    int64_t moved_us;            /* ... and when there was any */
    int64_t left_us;             /* when it said goodbye */
    int64_t spent_us;            /* see h2_flood.c */
    uint32_t held_bytes;         /* of requests that wait */
    uint32_t stream_count, bodies;
    struct h2_wish early; /* of the last PRIORITY_UPDATE for a stream that had not begun ... */
    int32_t early_id;     /* ... and which that is */
    bool used, leaving, ending;
    bool aside; /* the fields that come begin no request */
};

struct h2_stream {
    struct holder at;
    struct ring sibling;
    struct h2 *h2;
    struct input *in;    /* the head, until the handler has been called */
    struct outgoing out; /* content that is not in frames yet */
    char *body;          /* REQUEST_BODY_MAX, until the handler has been called; NULL: not kept */
    int32_t id;
    int64_t since_us, due_us, end_us; /* of its content; see h2_content_is_late */
    uint64_t taken_then;              /* by its connection, at since_us */
    uint32_t body_len;                /* bytes of it that came */
    uint32_t held_bytes;
    uint16_t status; /* what is wrong with the head; 0: nothing */
    uint8_t phase;   /* enum h2_phase */
    struct h2_wish wish;
    bool reset : 1; /* nothing more is to be sent on it */
    bool whole : 1; /* the request is at its end */
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
/* The reply's last frame is out: what the viewer still sends is of no use. */
void h2_stream_sent(struct h2_stream *s);
/* If it listens, its reply ends with what it has to send now. */
void h2_stream_hush(struct h2_stream *s);

/* h2_content.c: may it wait beside what waits on the connection? Only blobs may not: of texts there
 * are no more than streams. */
bool h2_content_fits(const struct h2 *h, const struct outgoing *o);
/* s->out is content now. */
void h2_content_begin(struct h2_stream *s);
nghttp2_data_provider h2_content(struct h2_stream *s);
/* So much of it has gone into a frame. */
void h2_content_took(struct h2_stream *s, size_t len);
void h2_content_drop(struct h2_stream *s);
/* At its deadline: it is to be reset. False: it has another one. */
__attribute__((warn_unused_result)) bool h2_content_is_late(struct h2_stream *s);
/* There are news, or there will be no more. */
void h2_content_refill(struct h2_stream *s);

/* h2_flood.c: pays for a frame, which begins; for a field of a head that is refused already; for
 * what breaks the standard. 0, or what a callback returns to end it all. */
int h2_charge(struct h2 *h, const nghttp2_frame_hd *f);
int h2_charge_field(struct h2 *h);
int h2_charge_wrong(struct h2 *h);
/* Too much of something: says so and ends. */
int h2_flooded(struct h2 *h);
/* The viewer takes so many bytes, and may say so. */
void h2_earn(struct h2 *h, size_t bytes);

#endif
