/* A strict, incremental parser of HTTP/1.x request heads: bytes in, places of things out. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; spans are offsets into the caller's bytes. Thread: one at a time.
 * Life:   http1_init, then http1_parse with ever more of the same bytes until it is done.
 * Fails:  with the status to answer; close then, for what follows cannot be told apart.
 *
 * The verdict depends on the bytes only, never on how they were cut into reads.
 */
#ifndef RELAY_WEB_HTTP1_H
#define RELAY_WEB_HTTP1_H

#include "relay/web/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP1_FIELDS_MAX = 96,
    HTTP1_TARGET_MAX = 4096,
    HTTP1_HEAD_MAX = 65535, /* spans are 16 bit */
    HTTP1_BODY_MAX = 65536,
};

/* Fields that the front itself understands; the first line of each is remembered. */
enum http1_known {
    HTTP1_HOST,
    HTTP1_CONNECTION,
    HTTP1_CONTENT_LENGTH,
    HTTP1_TRANSFER_ENCODING,
    HTTP1_ACCEPT_ENCODING,
    HTTP1_IF_NONE_MATCH,
    HTTP1_IF_RANGE,
    HTTP1_RANGE,
    HTTP1_EXPECT,
    HTTP1_USER_AGENT,
    HTTP1_KNOWN,
};

struct http1_span {
    uint16_t at, len;
};

struct http1_field {
    struct http1_span name, value; /* value without the white space around it */
};

struct http1 {
    uint16_t pos;       /* bytes taken; when done: the length of the head */
    uint16_t max;       /* the head may be this long */
    uint16_t mark;      /* where the present word starts */
    uint16_t target_at; /* where the request target starts */
    uint8_t state;
    bool skipped_line, https;
    uint8_t minor;                 /* HTTP/1.minor */
    bool close, keep_alive;        /* options of Connection */
    bool expects_continue;         /* the viewer waits for 100 before its body */
    enum http_method method;       /* HTTP_GET until it is known */
    uint32_t content_length;       /* at most HTTP1_BODY_MAX */
    struct http1_span path, query; /* path.len 0: the target was "*" */
    uint8_t known[HTTP1_KNOWN];    /* index into fields + 1; 0: absent */
    uint8_t field_count;
    struct http1_field fields[HTTP1_FIELDS_MAX];
};

enum { HTTP1_MORE = 0, HTTP1_DONE = 1 };

/* max_bytes: of the whole head, at most HTTP1_HEAD_MAX. */
void http1_init(struct http1 *p, size_t max_bytes);
/* bytes: the head from its first byte, len of them known by now (those of earlier calls included,
 * and possibly some beyond its end). HTTP1_MORE, HTTP1_DONE, or the status to refuse it with. */
__attribute__((warn_unused_result)) int http1_parse(struct http1 *p, const char *bytes, size_t len);
/* The value of a field the front understands; NULL and 0 when absent. */
const char *http1_value(const struct http1 *p, const char *bytes, enum http1_known id, size_t *len);
/* For heads that come in pieces (HTTP/2): the method, HTTP1_MORE or a status. */
__attribute__((warn_unused_result)) int http1_method(struct http1 *p, const char *name, size_t len);
/* ... and the target, len bytes from `at` on, with a space behind. */
__attribute__((warn_unused_result)) int http1_target(struct http1 *p, const char *bytes, size_t at,
                                                     size_t len);

#endif
