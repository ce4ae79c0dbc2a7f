/* What the values of request fields mean: lists, codings, entity tags, byte ranges. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any; pure functions. Values need no NUL. Fails: never; see each. */
#ifndef RELAY_WEB_FIELD_H
#define RELAY_WEB_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does the comma-separated list hold this token, in any case? RFC 9110 section 5.6.1. */
bool field_has_token(const char *value, size_t len, const char *token);
/* Accept-Encoding, RFC 9110 section 12.5.3: is gzip welcome? */
bool field_accepts_gzip(const char *value, size_t len);
/* If-None-Match, RFC 9110 section 13.1.2: "*" or a list of tags, compared weakly. */
bool field_etag_listed(const char *value, size_t len, const char *etag);
/* If-Range, RFC 9110 section 13.1.5: the same strong tag? A date never is. */
bool field_etag_is(const char *value, size_t len, const char *etag);

/* Priority, RFC 9218 section 4: u=0..7 and i; what is absent or unknown is left as it is. */
void field_priority(const char *value, size_t len, uint8_t *urgency, bool *incremental);

enum field_range {
    FIELD_RANGE_WHOLE,  /* not one range we understand: send everything, section 14.2 */
    FIELD_RANGE_PART,   /* first..last, both included and inside size */
    FIELD_RANGE_BEYOND, /* well formed, but nothing of it exists: 416 */
};
/* Range, RFC 9110 section 14.1.2. Numbers of any length are understood; several ranges are
 * FIELD_RANGE_WHOLE. */
enum field_range field_range(const char *value, size_t len, uint64_t size, uint64_t *first,
                             uint64_t *last);

#endif
