/* A server's certificate with its key: the text of both, and whether they can serve. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the text is the caller's, who clears the key's after use. Thread: any.
 * Life:   a value. Fails: -EINVAL, or -ETIME when only the dates are wrong, and a sentence: what
 * was expected, what was found, what to do.
 */
#ifndef RELAY_WEB_TLS_PAIR_H
#define RELAY_WEB_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TLS_PAIR_BYTES_MAX = 1 << 18 /* each */, TLS_PAIR_DATE = 32 };

struct tls_pair {
    const char *certificate, *key; /* PEM: the server's own and what leads to a root; its key */
    size_t certificate_len, key_len;
};

/* *in_key: it is the key's file that is to be changed. until: when the certificate ends, as text.
 */
__attribute__((warn_unused_result)) int tls_pair_judge(const struct tls_pair *p,
                                                       int64_t now_wall_us, bool *in_key,
                                                       char until[static TLS_PAIR_DATE], char *why,
                                                       size_t size);

#endif
