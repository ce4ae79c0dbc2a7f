/* A server's certificate with its key: the text of both, and whether they can serve. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/tls_pair.h"

#include "relay/web/tls_settings.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

/* "2026-01-31 12:00:00 UTC" */
static void date_text(const ASN1_TIME *t, char out[static TLS_PAIR_DATE])
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(t, &tm) || !strftime(out, TLS_PAIR_DATE, "%Y-%m-%d %H:%M:%S UTC", &tm))
        snprintf(out, TLS_PAIR_DATE, "a time that cannot be read");
}

static int check_dates(const X509 *x, int64_t now_wall_us, char until[static TLS_PAIR_DATE],
                       char *why, size_t size)
{
    time_t now = (time_t)(now_wall_us / 1000000);
    char since[TLS_PAIR_DATE];
    date_text(X509_get0_notAfter(x), until);
    date_text(X509_get0_notBefore(x), since);
    if (X509_cmp_time(X509_get0_notAfter(x), &now) < 0)
        snprintf(why, size,
                 "expected a certificate that is valid now, got one that ended %s; renew it",
                 until);
    else if (X509_cmp_time(X509_get0_notBefore(x), &now) > 0)
        snprintf(why, size,
                 "expected a certificate that is valid now, got one that begins %s; "
                 "is this machine's clock right?",
                 since);
    else
        return 0;
    return -ETIME;
}

static int check_key(const X509 *x, const EVP_PKEY *key, char *why, size_t size)
{
    if (!key)
        snprintf(why, size,
                 "expected a private key in PEM without a passphrase, got none that can be read; "
                 "decrypt it with: openssl pkey -in FILE -out NEW");
    else if (X509_check_private_key(x, key) != 1)
        snprintf(why, size,
                 "expected the key of the certificate, got the key of another one; name the two "
                 "files that were made together");
    else
        return 0;
    return -EINVAL;
}

static void say_unreadable(unsigned damaged, char *why, size_t size)
{
    if (damaged > 1)
        snprintf(why, size,
                 "expected certificates in PEM, got a damaged one, number %u in the file; take the "
                 "file once more from where it was issued",
                 damaged);
    else
        snprintf(why, size,
                 "expected certificates in PEM, the server's own first, got none that can be read; "
                 "name the file that is often called fullchain.pem");
}

int tls_pair_judge(const struct tls_pair *p, int64_t now_wall_us, bool *in_key,
                   char until[static TLS_PAIR_DATE], char *why, size_t size)
{
    STACK_OF(X509) *chain = NULL;
    EVP_PKEY *key = tls_settings_read_key(p);
    unsigned damaged;
    X509 *x = tls_settings_read_chain(p, &chain, &damaged);
    SSL_CTX *ctx = x && key ? tls_settings_new() : NULL;
    int rc = -EINVAL;
    *in_key = false;
    if (!x) {
        say_unreadable(damaged, why, size);
        goto out;
    }
    rc = check_key(x, key, why, size);
    *in_key = rc != 0;
    if (rc == 0 && (!ctx || SSL_CTX_use_cert_and_key(ctx, x, key, chain, 1) != 1)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        snprintf(why, size, "expected a certificate that TLS can use, got \"%s\"; make another",
                 reason ? reason : "out of memory");
        rc = -EINVAL;
    }
    if (rc == 0)
        rc = check_dates(x, now_wall_us, until, why, size);
out:
    SSL_CTX_free(ctx);
    sk_X509_pop_free(chain, X509_free);
    X509_free(x);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return rc;
}
