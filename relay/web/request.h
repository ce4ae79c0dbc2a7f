/* The seam between HTTP and what it serves: handlers see a request and end it with one reply. */
/* SPDX-License-Identifier: MIT */
/*
 * Thread: only the HTTP thread that owns the request. Life: from the handler's call to the reply.
 * What a handler never needs to know: HTTP version, keep-alive, HEAD, gzip, ranges, deadlines.
 */
#ifndef RELAY_WEB_REQUEST_H
#define RELAY_WEB_REQUEST_H

#include "relay/room/blob.h"
#include "relay/room/body.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_OPTIONS,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_PATCH,
    HTTP_METHODS
};

enum { REQUEST_BODY_MAX = 4096 };

/* Names a held request for server_answer; safe to keep after the viewer left. */
struct request_token {
    uint32_t thread, slot;
    uint64_t generation;
};

/* Raw, undecoded, without query: always starts with '/'. NUL-terminated. */
const char *request_path(const struct request *r);
/* The bytes after '?', "" when none. */
const char *request_query(const struct request *r);
enum http_method request_method(const struct request *r);
/* A header's value by lower-case name, or NULL. */
const char *request_header(const struct request *r, const char *name);
/* What came with it, "" and *len 0 when nothing did; not terminated. *too_long: it was longer than
 * REQUEST_BODY_MAX, and was thrown away. Good for the handler's first call only. */
const char *request_body(const struct request *r, size_t *len, bool *too_long);
/* Is the viewer on this machine (127.0.0.0/8, ::1)? */
bool request_is_local(const struct request *r);
/* HTTP/1.0 or older: hardly anybody but simple proxies speaks it. */
bool request_is_http10(const struct request *r);
/* Address as text, without port. */
const char *request_peer(const struct request *r);

/* Parks the request until server_answer or the deadline (then 503). Where that cannot be, it is
 * answered at once, and the token names nobody. */
struct request_token request_hold(struct request *r, int64_t deadline_mono_us);
static inline bool request_is_named(struct request_token t)
{
    return t.generation != 0; /* they begin at 1 */
}

/* status with b's bytes (gzip when accepted), type, ETag, Cache-Control; handles HEAD and
 * If-None-Match (304). Takes its own reference. */
void reply_body(struct request *r, int status, const struct body *b);
/* bytes of a blob from offset on, as a resource of its own with an ETag of its own: ranges (RFC
 * 9110 section 14: one range; several are answered whole), 206/416, HEAD, If-None-Match, If-Range.
 * Leaves by sendfile. Takes its own reference. */
void reply_blob(struct request *r, struct blob *b, uint32_t offset, uint32_t bytes,
                const char *type, uint32_t max_age_s);
/* A status with one plain sentence, `Cache-Control: max-age=age_s` (0: no-store). */
void reply_status(struct request *r, int status, uint32_t age_s, const char *sentence);

#endif
