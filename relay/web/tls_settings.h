/* How TLS is spoken here: versions, ciphers, limits; and reading a pair's text. tls*.c only. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any. Life: what is returned is the caller's. Fails: NULL. */
#ifndef RELAY_WEB_TLS_SETTINGS_H
#define RELAY_WEB_TLS_SETTINGS_H

#include "relay/web/tls_pair.h"

#include <openssl/ssl.h>

/* A server's context without a certificate. */
SSL_CTX *tls_settings_new(void);
/* Has kTLS used where connections turn out to have it; only where the kernel was found to. */
void tls_settings_use_kernel(SSL_CTX *ctx);
/* The first certificate; *chain: the others. NULL if any of them cannot be read, and then *damaged:
 * its number, 1 is the first (or there is none at all). */
X509 *tls_settings_read_chain(const struct tls_pair *p, STACK_OF(X509) * *chain, unsigned *damaged);
EVP_PKEY *tls_settings_read_key(const struct tls_pair *p);

#endif
