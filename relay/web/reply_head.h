/* The head of an answer as facts, and its text in HTTP/1.1. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; strings are borrowed. Thread: any; pure. Fails: never: every part is bounded. */
#ifndef RELAY_WEB_REPLY_HEAD_H
#define RELAY_WEB_REPLY_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_HEAD_MAX = 2560, REPLY_EXTRA_MAX = 1024 };

enum reply_cache {
    REPLY_NO_STORE,
    REPLY_NO_CACHE,
    REPLY_PUBLIC,    /* public, max-age=max_age_s */
    REPLY_IMMUTABLE, /* the same, and it never changes */
};

/* NULL, false, 0: that line is left out, but for Content-Length: see has_length. */
struct reply_head {
    int status;
    bool has_length; /* a 304 or 204 has none */
    uint64_t length; /* of the body that GET sends */
    const char *type, *etag;
    bool gzip; /* Content-Encoding */
    bool vary; /* Vary: Accept-Encoding, because a gzip twin exists */
    enum reply_cache cache;
    uint32_t max_age_s;
    uint32_t shared_age_s; /* s-maxage, RFC 9111 section 5.2.2.10; 0: as max_age_s */
    bool is_private;       /* "private" in place of "public", section 5.2.2.7 there */
    bool ranges;           /* Accept-Ranges: bytes */
    bool part, beyond;     /* Content-Range: first-last/size, or * /size */
    bool unsized;          /* ... first-last/ *: the size is not known yet */
    uint64_t first, last, size;
    const char *date, *modified; /* IMF-fixdate */
    const char *allow;           /* Allow, for 405 */
    const char *preflight;       /* methods, for the answer to OPTIONS */
    uint32_t retry_after_s;
    const char *extra;      /* whole lines of the content's own; REPLY_EXTRA_MAX at most */
    bool close, keep_alive; /* Connection; keep_alive is for HTTP/1.0 only */
};

/* Writes status line, fields and the empty line; returns the length. Every answer may be read by
 * scripts of any origin, errors too: CORS is not optional here. */
size_t reply_head_write(const struct reply_head *h, char out[static REPLY_HEAD_MAX]);
/* "Not Found"; "Unknown" for a status nobody here sends. */
const char *reply_head_reason(int status);

#endif
