/* How TLS is spoken here: versions, ciphers, limits; and reading a pair's text. tls*.c only. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/tls_settings.h"

#include "relay/web/tls_tickets.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* AEAD with forward secrecy only (RFC 9325 section 4.2). AES-128 first: it is what the processor
 * does fastest; a client that puts ChaCha20 first, because it has no AES, gets that. */
static const char ciphers_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE+CHACHA20:ECDHE+AESGCM";
static const char ciphers_13[] =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

SSL_CTX *tls_settings_new(void)
{
    static const unsigned char name[] = "roomcast";
    char groups[] = "X25519:P-256:P-384"; /* the macro wants no const */
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* An idle connection has no buffers; a record that waits is sent from wherever it is then. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY); /* tls.c asks again, when others had their turn */
    SSL_CTX_set_read_ahead(ctx, 1);               /* a record in one system call, not two */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets are the viewer's to keep */
    SSL_CTX_set_timeout(ctx, TLS_TICKET_LIFE_S);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(ctx, ciphers_12) == 1 &&
        SSL_CTX_set_ciphersuites(ctx, ciphers_13) == 1 &&
        SSL_CTX_set1_groups_list(ctx, groups) == 1 && SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
        SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

void tls_settings_use_kernel(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
}

/* A key with a passphrase is no key: nobody is there to type it. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf, (void)size, (void)writing, (void)ctx;
    return -1;
}

/* The text is at its end where no certificate begins any more; any other error is damage. */
static bool at_end(void)
{
    unsigned long e = ERR_peek_last_error();
    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* Adds all that follow; false if one of them cannot be read. */
static bool read_others(BIO *text, STACK_OF(X509) * chain)
{
    X509 *next;
    while ((next = PEM_read_bio_X509(text, NULL, no_passphrase, NULL)))
        if (!sk_X509_push(chain, next)) {
            X509_free(next);
            return false;
        }
    return at_end();
}

X509 *tls_settings_read_chain(const struct tls_pair *p, STACK_OF(X509) * *chain, unsigned *damaged)
{
    BIO *text = BIO_new_mem_buf(p->certificate, (int)p->certificate_len);
    X509 *first = text ? PEM_read_bio_X509(text, NULL, no_passphrase, NULL) : NULL;
    *damaged = 1;
    *chain = first ? sk_X509_new_null() : NULL;
    ERR_clear_error();
    if (!*chain || !read_others(text, *chain)) {
        *damaged = *chain ? (unsigned)sk_X509_num(*chain) + 2 : 1;
        sk_X509_pop_free(*chain, X509_free);
        *chain = NULL;
        X509_free(first);
        first = NULL;
    }
    BIO_free(text);
    ERR_clear_error(); /* "no more" is one, too */
    return first;
}

EVP_PKEY *tls_settings_read_key(const struct tls_pair *p)
{
    BIO *text = BIO_new_mem_buf(p->key, (int)p->key_len);
    EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL) : NULL;
    BIO_free(text);
    ERR_clear_error();
    return key;
}
