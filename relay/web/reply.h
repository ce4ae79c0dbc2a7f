/* Answers that handlers do not make themselves: refusals and preflights. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: the request's. Life: ends the request. Fails: never. */
#ifndef RELAY_WEB_REPLY_H
#define RELAY_WEB_REPLY_H

#include "relay/web/exchange.h"

#include <stdbool.h>
#include <stdint.h>

/* 204 to OPTIONS; methods: "GET, HEAD, OPTIONS". */
void reply_preflight(struct request *r, const char *methods);
/* 405 with Allow. */
void reply_wrong_method(struct request *r, const char *methods);
/* 503 or 429 with Retry-After; age_s as in reply_status. */
void reply_come_back(struct request *r, int status, uint32_t retry_after_s, uint32_t age_s,
                     const char *sentence);
/* For a request that no handler sees: bad, late, or one too many. The sentence and Retry-After
 * follow from the status. */
void reply_refuse(struct request *r, int status);
/* reply_body for caches that many viewers share: they may keep it for shared_age_s, a viewer's own
 * not at all. 0: as reply_body. */
void reply_body_shared(struct request *r, int status, const struct body *b, uint32_t shared_age_s);
/* All of a blob at an address that has another one by and by: caches ask again after max_age_s. */
void reply_changing(struct request *r, struct blob *b, const char *type, uint32_t max_age_s);
/* The first `bytes` of a blob whose file still grows: 206 without a complete length (RFC 9110
 * section 14.4) and without an ETag. false: the request is not for a range that starts in them. */
__attribute__((warn_unused_result)) bool reply_growing(struct request *r, struct blob *b,
                                                       uint32_t offset, uint32_t bytes,
                                                       const char *type, uint32_t max_age_s);

/* 200 with b's bytes as they are, and no end that the head could tell: more follows from elsewhere.
 */
void reply_stream(struct request *r, const struct body *b);

#endif
