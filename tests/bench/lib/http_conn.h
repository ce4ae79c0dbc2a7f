/* One keep-alive HTTP/1.1 connection of a benchmark: a request out, its reply in and counted. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its socket and the kept body. Thread: one at a time. Life: http_conn_init/_fini.
 * Fails:  -errno; a reply it does not understand is -EPROTO, a server that hangs up -EPIPE.
 *         After an error the connection is closed; the next http_conn_get opens a new one.
 */
#ifndef TESTS_BENCH_LIB_HTTP_CONN_H
#define TESTS_BENCH_LIB_HTTP_CONN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_conn {
    int fd; /* -1: closed; non-blocking, for the caller to poll */
    struct sockaddr_in to;
    char host[32];
    char head[4096];
    size_t head_len;
    bool in_body, keep; /* keep: the body is wanted, not only its length */
    bool gzip;          /* set by the caller: say that gzip is understood */
    bool stamped;       /* set by the caller: note when the kernel got the reply's first bytes */
    int64_t arrived_wall_us;
    int status;
    uint64_t length, left; /* of the body */
    char *body;            /* the last kept body, NUL-terminated */
    size_t body_len, body_size;
    int64_t sent_us; /* when the request left */
    uint64_t opened; /* connections made so far */
};

/* "HOST:PORT" with a numeric host, at the front of text; *rest is what follows it (may be NULL). */
int http_address(struct sockaddr_in *to, const char *text, const char **rest);
void http_conn_init(struct http_conn *c, const struct sockaddr_in *to);
void http_conn_fini(struct http_conn *c);
/* Sends a GET, after (re)connecting when closed. range: "0-65535" or NULL. */
__attribute__((warn_unused_result)) int http_conn_get(struct http_conn *c, const char *path,
                                                      const char *range, bool keep);
/* The value of a header of the last reply, up to its CR; name ends with its colon. NULL: none. */
const char *http_conn_header(const struct http_conn *c, const char *name);
/* The last kept body as text, unpacked where it is compressed; valid until the next call. NULL:
 * there is none, or it is no gzip. */
const char *http_conn_text(const struct http_conn *c);
/* Reads what has arrived. 1: the reply is complete; 0: more is to come. */
__attribute__((warn_unused_result)) int http_conn_read(struct http_conn *c);
/* The same, waiting for the whole reply until the deadline: its status, or -errno. */
__attribute__((warn_unused_result)) int http_conn_fetch(struct http_conn *c, const char *path,
                                                        int64_t deadline_mono_us);

#endif
