/* What all TLS connections of one time share: the certificate, its key, the tickets' keys. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   OpenSSL's context. Thread: any; it never changes, and its count is atomic.
 * Life:   tls_context_new, then ref/unref; a renewed certificate or a new ticket key is a new one,
 *         and connections keep the one they began with.
 * Fails:  -ENOMEM; -EINVAL for a pair that tls_pair_judge would refuse.
 */
#ifndef RELAY_WEB_TLS_CONTEXT_H
#define RELAY_WEB_TLS_CONTEXT_H

#include "relay/web/tls_pair.h"
#include "relay/web/tls_tickets.h"

struct tls_context;

__attribute__((warn_unused_result)) int tls_context_new(struct tls_context **out,
                                                        const struct tls_pair *p,
                                                        const struct tls_tickets *tickets);
struct tls_context *tls_context_ref(struct tls_context *t);
void tls_context_unref(struct tls_context **t);
/* When its certificate ends, in seconds since 1970. */
int64_t tls_context_until_s(const struct tls_context *t);
/* OpenSSL's own, for tls.c and its tests. */
struct ssl_ctx_st *tls_context_ssl(const struct tls_context *t);
/* Asks the kernel whether it can do TLS itself; before the sandbox, and only once. */
void tls_context_ask_kernel(void);

#endif
