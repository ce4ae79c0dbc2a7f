/* What all TLS connections of one time share: the certificate, its key, the tickets' keys. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/tls_context.h"

#include "relay/web/tls_settings.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif

struct tls_context {
    _Atomic uint32_t refs;
    SSL_CTX *ssl;
    struct tls_tickets tickets;
    int64_t until_s;
};

static bool kernel_has_tls;

/* The protocols that can be agreed on (RFC 7301), ours first. */
static const char *const protocols[] = {"h2", "http/1.1"};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl, (void)arg;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        for (unsigned at = 0; at < in_len; at += 1u + in[at])
            if (in[at] == strlen(protocols[i]) && at + in[at] < in_len &&
                memcmp(in + at + 1, protocols[i], in[at]) == 0) {
                *out = in + at + 1;
                *out_len = in[at];
                return SSL_TLSEXT_ERR_OK;
            }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int use_key(const struct tls_ticket_key *k, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
                   EVP_MAC_CTX *mac, int seal)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->mac, sizeof k->mac),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher, iv, seal) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* RFC 5077 section 4, as OpenSSL asks for it: 0 unknown key, 1 go on, 2 go on and give a new one.
 */
static int ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                      EVP_MAC_CTX *mac, int seal)
{
    const struct tls_context *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (seal) {
        const struct tls_ticket_key *k = &t->tickets.key[0];
        memcpy(name, k->name, TLS_TICKET_NAME);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
            return -1;
        return use_key(k, iv, cipher, mac, seal) ? 1 : -1;
    }
    for (int i = 0; i < 2; i++) {
        const struct tls_ticket_key *k = &t->tickets.key[i];
        if (tls_ticket_key_is_in_use(k) && memcmp(name, k->name, TLS_TICKET_NAME) == 0)
            return use_key(k, iv, cipher, mac, seal) ? 1 + i : -1;
    }
    return 0;
}

static int64_t seconds(const ASN1_TIME *t)
{
    struct tm tm;
    return ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

static int fill(struct tls_context *t, const struct tls_pair *p)
{
    STACK_OF(X509) *chain = NULL;
    unsigned damaged;
    X509 *x = tls_settings_read_chain(p, &chain, &damaged);
    EVP_PKEY *key = tls_settings_read_key(p);
    int rc = x && key ? 0 : -EINVAL;
    t->ssl = tls_settings_new();
    if (!rc && !t->ssl)
        rc = -ENOMEM;
    if (!rc && SSL_CTX_use_cert_and_key(t->ssl, x, key, chain, 1) != 1)
        rc = -EINVAL;
    if (!rc)
        t->until_s = seconds(X509_get0_notAfter(x));
    sk_X509_pop_free(chain, X509_free);
    X509_free(x);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return rc;
}

int tls_context_new(struct tls_context **out, const struct tls_pair *p,
                    const struct tls_tickets *tickets)
{
    struct tls_context *t = *out = calloc(1, sizeof *t);
    int rc = t ? 0 : -ENOMEM;
    if (rc)
        return rc;
    atomic_init(&t->refs, 1);
    t->tickets = *tickets;
    rc = fill(t, p);
    if (rc) {
        tls_context_unref(out);
        return rc;
    }
    if (kernel_has_tls)
        tls_settings_use_kernel(t->ssl);
    SSL_CTX_set_app_data(t->ssl, t);
    SSL_CTX_set_alpn_select_cb(t->ssl, choose_protocol, NULL);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(t->ssl, ticket_key);
    if (!tls_ticket_key_is_in_use(&t->tickets.key[0])) {
        SSL_CTX_set_options(t->ssl, SSL_OP_NO_TICKET); /* nothing to seal them with */
        SSL_CTX_set_num_tickets(t->ssl, 0);            /* nor is any session kept here */
    }
    return 0;
}

struct tls_context *tls_context_ref(struct tls_context *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void tls_context_unref(struct tls_context **tp)
{
    struct tls_context *t = *tp;
    *tp = NULL;
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(t->ssl);
    OPENSSL_cleanse(&t->tickets, sizeof t->tickets);
    free(t);
}

int64_t tls_context_until_s(const struct tls_context *t)
{
    return t->until_s;
}

struct ssl_ctx_st *tls_context_ssl(const struct tls_context *t)
{
    return t->ssl;
}

/* A socket that is not connected is refused for that (ENOTCONN) where the kernel has the module,
 * and for the name (ENOENT) where it has not. */
void tls_context_ask_kernel(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    kernel_has_tls =
        setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0 || errno == ENOTCONN;
    close(fd);
}
