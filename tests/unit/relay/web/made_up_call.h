/* A viewer and the TLS of a server at the two ends of a socket pair, in one thread. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_MADE_UP_CALL_H
#define TESTS_UNIT_RELAY_WEB_MADE_UP_CALL_H

#include "relay/web/tls.h"
#include "tests/unit/relay/web/made_up_certificate.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct call {
    int fds[2];
    struct tls *server;
    SSL *viewer;
    char record[TLS_RECORD_BYTES];
};

static inline void call_open(struct call *c, struct tls_context *t, SSL_CTX *viewer)
{
    const int small = 8192;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, c->fds), 0);
    setsockopt(c->fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(tls_new(&c->server, t, c->fds[0]), 0);
    c->viewer = made_viewer(viewer, c->fds[1]);
}

static inline void call_close(struct call *c)
{
    tls_free(&c->server, false);
    SSL_free(c->viewer);
    close(c->fds[0]);
    close(c->fds[1]);
}

/* 0, or why the server gave up. */
static inline int shake(struct call *c)
{
    int server = -EAGAIN, viewer = 0;
    for (int i = 0; i < 20 && (server == -EAGAIN || viewer != 1); i++) {
        ERR_clear_error();
        viewer = SSL_do_handshake(c->viewer);
        if (server == -EAGAIN)
            server = tls_handshake(c->server);
        if (server != 0 && server != -EAGAIN)
            break;
    }
    return server;
}

/* A call by contexts of its own, hands shaken. */
static inline void call_made(struct call *c, int version)
{
    struct tls_context *t = made_context(1, NULL);
    SSL_CTX *viewer = made_viewer_context(version);
    call_open(c, t, viewer);
    assert_int_equal(shake(c), 0);
    SSL_CTX_free(viewer);
    tls_context_unref(&t);
}

/* Reads what is there, the ticket too: the viewer's session is complete then. */
static inline size_t hear(struct call *c, char *out, size_t size)
{
    size_t got = 0, n;
    ERR_clear_error();
    while (got < size && SSL_read_ex(c->viewer, out + got, size - got, &n) == 1)
        got += n;
    return got;
}

/* A call that begins with that session (NULL: none) and is over after the viewer's ticket: was the
 * session taken up? The viewer's end is left to be looked at. */
static inline bool call_again(struct call *c, struct tls_context *t, SSL_CTX *viewer,
                              SSL_SESSION *with)
{
    char text[8];
    call_open(c, t, viewer);
    if (with)
        SSL_set_session(c->viewer, with);
    assert_int_equal(shake(c), 0);
    assert_int_equal(tls_say(c->server, "x", 1), 0);
    assert_int_equal(hear(c, text, sizeof text), 1);
    SSL_shutdown(c->viewer); /* else the session counts as spoilt */
    return tls_is_resumed(c->server);
}

/* What the viewer says from now on is kept, not sent. */
static inline BIO *made_store(SSL *viewer)
{
    BIO *store = BIO_new(BIO_s_mem());
    assert_non_null(store);
    BIO_up_ref(store);
    SSL_set0_wbio(viewer, store);
    return store;
}

/* RFC 8446 section 4.6.3 */
static inline void made_key_updates(SSL *viewer, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(SSL_key_update(viewer, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(viewer), 1);
    }
}

#endif
