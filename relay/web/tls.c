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

enum {
    TURN_READ_BYTES = 32 << 10,
    AFTER_HANDSHAKE_MAX = 32, /* of one connection; one key does for all the requests of years */
};

struct tls {
    SSL *ssl;
    struct tls_context *context; /* its tickets' keys are asked for at any time */
    uint32_t pending;            /* bytes of a write that the socket did not take whole */
    int32_t turn_left;           /* bytes that may still be read from the socket in this call */
    uint32_t after_handshake;    /* handshake messages that the viewer sent after the handshake */
    bool copied;                 /* what is pending was a copy, in the thread's record */
    bool drained;                /* the socket had no more when it was last asked */
    bool kernel;                 /* the kernel makes the records (kTLS) */
    bool over;                   /* an error, or goodbye was said */
};

/* OpenSSL reads on as long as there is no data for its caller, and what it reads of a record may be
 * no data: so the socket says at some point that this was enough, and notes when it is empty. */
static long on_socket(BIO *b, int op, const char *buf, size_t size, int cmd, long arg, int rc,
                      size_t *got)
{
    struct tls *t = (struct tls *)(void *)BIO_get_callback_arg(b);
    (void)buf, (void)size, (void)cmd, (void)arg;
    if (op == BIO_CB_READ) {
        t->drained = false;
        BIO_clear_retry_flags(b);
        if (t->turn_left > 0)
            return rc;
        BIO_set_retry_read(b);
        return -1;
    }
    if (op == (BIO_CB_READ | BIO_CB_RETURN)) {
        t->drained = rc <= 0 && BIO_should_retry(b) && errno == EAGAIN;
        t->turn_left -= rc > 0 ? (int32_t)*got : 0;
    }
    return rc;
}

/* A new key (RFC 8446 section 4.6.3) or handshake (RFC 5246 section 7.4.1.2) that is asked for. */
static void on_message(int written, int version, int type, const void *buf, size_t len, SSL *ssl,
                       void *arg)
{
    struct tls *t = arg;
    (void)version, (void)buf, (void)len, (void)ssl;
    if (!written && type == SSL3_RT_HANDSHAKE)
        t->after_handshake++;
}

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
    BIO_set_callback_arg(SSL_get_rbio(t->ssl), (char *)t);
    BIO_set_callback_ex(SSL_get_rbio(t->ssl), on_socket);
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
        return t->drained ? -EAGAIN : -EBUSY;
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
    t->turn_left = TURN_READ_BYTES;
    int rc = SSL_do_handshake(t->ssl);
    if (rc != 1) {
        rc = why(t, rc);
        return rc ? rc : -EPROTO;
    }
    t->kernel = BIO_get_ktls_send(SSL_get_wbio(t->ssl)) != 0;
    SSL_set_msg_callback(t->ssl, on_message);
    SSL_set_msg_callback_arg(t->ssl, t);
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
    t->turn_left = TURN_READ_BYTES;
    int rc = SSL_read_ex(t->ssl, buf, size, &n);
    if (t->after_handshake > AFTER_HANDSHAKE_MAX) {
        t->over = true;
        ERR_clear_error();
        return -EPROTO;
    }
    return rc == 1 ? (ssize_t)n : why(t, rc);
}

int tls_say(struct tls *t, const void *bytes, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    int rc = SSL_write_ex(t->ssl, bytes, len, &n);
    return rc == 1 ? 0 : -EPROTO;
}

/* What the next record holds; *from: where that is. Bytes, or -errno. A write that waits has its
 * content made once more where it was: with small records (RFC 6066 section 4), an answer to a
 * KeyUpdate before it, or kTLS OpenSSL has not read all of it yet, and the thread's record has
 * held what others are sent since. */
static ssize_t next_content(const struct tls *t, const struct outgoing *o, void *record,
                            const void **from)
{
    /* Measured: 0.97 CPU-s/GiB in all from the mapping that a segment's viewers share, 1.3 when
     * each record is read from the file. */
    size_t len = TLS_RECORD_BYTES;
    *from = t->pending && t->copied ? NULL : outgoing_peek(o, &len);
    if (*from)
        return (ssize_t)len;
    *from = record;
    return outgoing_copy(o, record, TLS_RECORD_BYTES);
}

/* One record of what comes next. Bytes, or -errno. */
static ssize_t send_record(struct tls *t, const struct outgoing *o, void *record)
{
    const void *from;
    size_t n = 0;
    ssize_t len = next_content(t, o, record, &from);
    if (len <= 0 || len < (ssize_t)t->pending)
        return len < 0 ? len : -EIO;
    if (!t->pending) {
        t->pending = (uint32_t)len;
        t->copied = from == record;
    }
    /* outgoing did not move meanwhile, so these are the bytes of the first try. */
    int rc = SSL_write_ex(t->ssl, from, t->pending, &n);
    if (rc != 1)
        return why(t, rc);
    assert(n == t->pending); /* no SSL_MODE_ENABLE_PARTIAL_WRITE: all is sent or none */
    t->pending = 0;
    return (ssize_t)n;
}

/* The kernel reads the blob's pages and seals them: as sendfile without TLS. */
static ssize_t send_file(struct tls *t, const struct outgoing *o, size_t bytes)
{
    ossl_ssize_t n;
    do {
        errno = 0;
        n = SSL_sendfile(t->ssl, o->blob->fd, o->blob_at, bytes, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    if (n == 0) /* the file is shorter than it was said to be */
        return -EIO;
    /* OpenSSL calls all of these a socket that is full, but nothing announces the end of EBUSY. */
    if (errno == EAGAIN || errno == EBUSY)
        return -errno;
    return why(t, (int)n);
}

int tls_push(struct tls *t, struct outgoing *o, void *record, size_t *budget)
{
    ERR_clear_error();
    t->turn_left =
        TURN_READ_BYTES; /* a handshake message that has begun is read to its end first */
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
