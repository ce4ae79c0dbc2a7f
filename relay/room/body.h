/* Immutable ref-counted text with its gzip twin and its ETag: what small replies are made of. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its bytes. Thread: any; the count is atomic, the rest never changes after body_new but
 *         the twin, which is made once, by whoever first asks for it.
 * Life:   ref/unref. Fails: -ENOMEM.
 */
#ifndef RELAY_ROOM_BODY_H
#define RELAY_ROOM_BODY_H

#include "relay/base/press.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BODY_AUDIENCES = 512 };

struct body_twin {
    const char *bytes;
    size_t len;
};

struct body {
    const char *plain;
    size_t plain_len;
    const char *type;             /* Content-Type; static storage */
    char etag[24], gzip_etag[24]; /* strong, quoted, of the content: RFC 9110 section 8.8.3 */
    bool may_gzip;                /* answers vary with what the viewer accepts */
    uint32_t max_age_s;           /* Cache-Control; 0: no-cache */
    int64_t modified_wall_us;     /* Last-Modified */
    /* More header lines, each with its CRLF, 1024 bytes at most, sent whatever the status; static
     * storage, set by the maker before the body is shared. NULL: none. */
    const char *extra_headers;
    /* Of what who listens is told, set in the same way: whom it is for. One in each place (number
     * modulo BODY_AUDIENCES) at a time; numbers are not used again. */
    uint32_t audience;
};

/* Copies plain. gzip: it may be sent compressed, when len >= 256 and it gets smaller. */
__attribute__((warn_unused_result)) int body_new(struct body **out, const char *type,
                                                 const void *plain, size_t len, bool gzip,
                                                 uint32_t max_age_s, int64_t now_wall_us);
/* The same from text that is compressed already, or that will be (press.later). */
__attribute__((warn_unused_result)) int body_new_pressed(struct body **out, const char *type,
                                                         const struct press *p, uint32_t max_age_s,
                                                         int64_t now_wall_us);
/* The gzip twin; false: there is none. out stays valid as long as the body. Most texts are replaced
 * before anybody asks for them, so it is made at the first call, under a lock. */
__attribute__((warn_unused_result)) bool body_gzip(const struct body *b, struct body_twin *out);
struct body *body_ref(const struct body *b);
void body_unref(struct body **b);

#endif
