/* Certificates as no authority signs them, and a viewer that speaks TLS with OpenSSL. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_MADE_UP_CERTIFICATE_H
#define TESTS_UNIT_RELAY_WEB_MADE_UP_CERTIFICATE_H

#include "relay/web/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct made_pair {
    char certificate[4096], key[4096];
    struct tls_pair pair; /* of the two */
};

static inline size_t made_text(BIO *b, char *out, size_t size)
{
    int n = BIO_read(b, out, (int)size - 1);
    assert_true(n > 0 && (size_t)n < size - 1);
    out[n] = '\0';
    BIO_free(b);
    return (size_t)n;
}

static inline X509 *made_certificate(EVP_PKEY *key, long serial, long from_s, long to_s)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_gmtime_adj(X509_getm_notBefore(x), from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), to_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

/* Valid from and to so many seconds from now. rsa: with that many bits; 0: P-256. */
static inline void made_pair_fill(struct made_pair *p, long serial, long from_s, long to_s,
                                  unsigned rsa)
{
    EVP_PKEY *key = rsa ? EVP_RSA_gen(rsa) : EVP_EC_gen("P-256");
    X509 *x = made_certificate(key, serial, from_s, to_s);
    BIO *b = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(b, x), 1);
    p->pair.certificate_len = made_text(b, p->certificate, sizeof p->certificate);
    b = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL), 1);
    p->pair.key_len = made_text(b, p->key, sizeof p->key);
    p->pair.certificate = p->certificate;
    p->pair.key = p->key;
    X509_free(x);
    EVP_PKEY_free(key);
}

/* With tickets of its own when none are given. */
static inline struct tls_context *made_context(long serial, const struct tls_tickets *tickets)
{
    struct made_pair p;
    struct tls_tickets own = {0};
    struct tls_context *t;
    made_pair_fill(&p, serial, -60, 3600, 0);
    if (!tickets)
        assert_int_equal(tls_tickets_turn(&own, 1), 0);
    assert_int_equal(tls_context_new(&t, &p.pair, tickets ? tickets : &own), 0);
    return t;
}

/* One that takes any certificate. version: TLS1_2_VERSION and its like. */
static inline SSL_CTX *made_viewer_context(int version)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(c, 0);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
    assert_int_equal(SSL_CTX_set_min_proto_version(c, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(c, version), 1);
    return c;
}

static inline SSL *made_viewer(SSL_CTX *c, int fd)
{
    SSL *s = SSL_new(c);
    assert_int_equal(SSL_set_fd(s, fd), 1);
    SSL_set_connect_state(s);
    return s;
}

static inline long made_serial(const SSL *viewer)
{
    X509 *x = SSL_get1_peer_certificate(viewer);
    long serial = x ? ASN1_INTEGER_get(X509_get0_serialNumber(x)) : -1;
    X509_free(x);
    return serial;
}

#endif
