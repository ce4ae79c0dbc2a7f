/* A server with two doors, one of them for HTTPS. */
/* SPDX-License-Identifier: MIT */
/* Header only, for the tests beside it; a call fails the test on trouble of its own. */
#ifndef TESTS_UNIT_RELAY_WEB_SECURE_SITE_H
#define TESTS_UNIT_RELAY_WEB_SECURE_SITE_H

#include "tests/unit/relay/web/made_up_call.h"
#include "tests/unit/relay/web/web_fixture.h"

static struct sockaddr_in secure; /* where HTTPS is */

static inline struct config secure_config(void)
{
    struct config c = fixture_config();
    c.https.max_handshakes = 100;
    c.https.max_handshakes_per_address = 100;
    return c;
}

/* Like site_open, with one thread. The certificate's serial number is 7. */
static inline void secure_site_open(struct site *s, const struct config *c,
                                    const struct route *routes, size_t n)
{
    struct tls_context *t = made_context(7, NULL);
    *s = (struct site){.config = *c, .threads = 1};
    s->address.sin_family = AF_INET;
    s->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    secure = s->address;
    int plain_fd = fixture_listen(&s->address), secure_fd = fixture_listen(&secure);
    assert_int_equal(server_new(&s->server, &s->config, &plain_fd, 1, routes, n), 0);
    assert_int_equal(server_secure(s->server, &secure_fd, t), 0);
    assert_int_equal(server_start(s->server), 0);
    tls_context_unref(&t);
}

static inline void leave(SSL *s)
{
    close(SSL_get_fd(s));
    SSL_free(s);
}

#endif
