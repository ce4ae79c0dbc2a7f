/* TLS against OpenSSL's own client over a socket pair: what is agreed on, taken up, sent and ended.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/base/seals.h"
#include "tests/unit/relay/web/made_up_call.h"
#include "tests/unit/relay/web/made_up_room.h"

#include <signal.h>

static const int64_t LIFE_US = (int64_t)TLS_TICKET_LIFE_S * 1000000;

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void test_versions(void **state)
{
    struct tls_context *t = made_context(1, NULL);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *v = made_viewer_context(versions[i]);
        struct call c;
        char text[8];
        call_open(&c, t, v);
        assert_int_equal(shake(&c), 0);
        assert_int_equal(SSL_version(c.viewer), versions[i]);
        assert_non_null(strstr(SSL_get_cipher_name(c.viewer), i ? "AES_128_GCM" : "AES128-GCM"));
        assert_int_equal(made_serial(c.viewer), 1);
        assert_int_equal(tls_say(c.server, "hello", 5), 0);
        assert_int_equal(hear(&c, text, sizeof text), 5);
        assert_int_equal(tls_read(c.server, text, sizeof text), -EAGAIN);
        assert_int_equal(SSL_write(c.viewer, "you", 3), 3);
        assert_int_equal(tls_read(c.server, text, 2), 2); /* the rest is asked for again */
        assert_int_equal(tls_read(c.server, text, 2), 1);
        assert_int_equal(tls_read(c.server, text, 2), -EAGAIN);
        call_close(&c);
        SSL_CTX_free(v);
    }
    tls_context_unref(&t);
}

static void assert_no_handshake(struct tls_context *t, SSL_CTX *v)
{
    struct call c;
    call_open(&c, t, v);
    assert_int_equal(shake(&c), -EPROTO);
    call_close(&c);
    SSL_CTX_free(v);
}

/* RFC 8996; RFC 9325 section 4.1: without forward secrecy or AEAD there is nothing to agree on. */
static void test_what_is_refused(void **state)
{
    struct tls_context *t = made_context(1, NULL);
    (void)state;
    assert_no_handshake(t, made_viewer_context(TLS1_1_VERSION));
    static const char *const old[] = {"ECDHE+AES:!AESGCM:!AESCCM", "kRSA", "DHE"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        SSL_CTX *v = made_viewer_context(TLS1_2_VERSION);
        assert_int_equal(SSL_CTX_set_cipher_list(v, old[i]), 1);
        assert_no_handshake(t, v);
    }
    tls_context_unref(&t);
}

/* ours is chosen of those that the viewer offers, and both sides know */
static void assert_chosen(struct tls_context *t, SSL_CTX *v, const unsigned char *offered,
                          unsigned offered_len, const char *name)
{
    struct call c;
    const unsigned char *chosen;
    unsigned len;
    SSL_CTX_set_alpn_protos(v, offered, offered_len);
    call_open(&c, t, v);
    assert_int_equal(shake(&c), 0);
    SSL_get0_alpn_selected(c.viewer, &chosen, &len);
    assert_int_equal(len, strlen(name));
    assert_memory_equal(chosen, name, len);
    assert_int_equal(tls_speaks_h2(c.server), len == 2);
    call_close(&c);
}

/* RFC 7301 section 3.2 */
static void test_protocols(void **state)
{
    static const unsigned char both[] = "\10http/1.1\2h2", none_of_ours[] = "\2h3\3foo",
                               old[] = "\3foo\10http/1.1";
    struct tls_context *t = made_context(1, NULL);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *v = made_viewer_context(versions[i]);
        assert_chosen(t, v, both, sizeof both - 1, "h2");
        assert_chosen(t, v, old, sizeof old - 1, "http/1.1");
        SSL_CTX_set_alpn_protos(v, none_of_ours, sizeof none_of_ours - 1);
        assert_no_handshake(t, v);
    }
    tls_context_unref(&t);
}

/* Shakes hands with that session; the new one, when the viewer was given it. */
static SSL_SESSION *visit(struct tls_context *t, SSL_CTX *v, SSL_SESSION *with, bool *resumed)
{
    struct call c;
    *resumed = call_again(&c, t, v, with);
    assert_int_equal(*resumed, SSL_session_reused(c.viewer));
    SSL_SESSION *s = SSL_get1_session(c.viewer);
    call_close(&c);
    return s;
}

/* Any thread or process with the same keys takes a session up, for one change of keys longer. */
static void test_tickets(void **state)
{
    struct tls_tickets keys = {0};
    (void)state;
    assert_int_equal(tls_tickets_turn(&keys, 1), 0);
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *v = made_viewer_context(versions[i]);
        struct tls_tickets turned = keys;
        bool resumed;
        struct tls_context *t = made_context(1, &turned);
        SSL_SESSION *s = visit(t, v, NULL, &resumed);
        assert_false(resumed);
        for (int turns = 0; turns < 3; turns++) {
            SSL_SESSION *copy = SSL_SESSION_dup(s); /* the client uses one only once */
            SSL_SESSION *more = visit(t, v, copy, &resumed);
            assert_int_equal(resumed, turns < 2);
            SSL_SESSION_free(copy);
            SSL_SESSION_free(more);
            tls_context_unref(&t);
            assert_int_equal(tls_tickets_turn(&turned, 1), 0);
            t = made_context(1, &turned);
        }
        SSL_SESSION_free(s);
        tls_context_unref(&t);
        SSL_CTX_free(v);
    }
}

static void test_ticket_file(void **state)
{
    struct tls_tickets keys = {0}, read;
    int file = memfd_create("t", MFD_CLOEXEC);
    (void)state;
    assert_int_equal(tls_tickets_read(&read, file, 1), -ENOENT);
    assert_int_equal(tls_tickets_read(&read, -1, 1), -ENOENT);
    assert_int_equal(tls_tickets_turn(&keys, 5), 0);
    assert_int_equal(tls_tickets_write(&keys, file), 0);
    assert_false(tls_tickets_are_due(&keys, 5));
    assert_false(tls_tickets_are_due(&keys, 4 + LIFE_US));
    assert_true(tls_tickets_are_due(&keys, 5 + LIFE_US));
    assert_true(tls_tickets_are_due(&keys, 4)); /* the clock was set back */
    assert_int_equal(tls_tickets_read(&read, file, 5 + LIFE_US), 0);
    assert_memory_equal(&read, &keys, sizeof keys);
    assert_int_equal(tls_tickets_read(&read, file, 5 + 2 * LIFE_US), -ENOENT);
    assert_int_equal(read.magic, 0);
    assert_int_equal(pwrite(file, "x", 1, 0), 1);
    assert_int_equal(tls_tickets_read(&read, file, 5), -ENOENT);
    close(file);
}

/* Head and blob arrive once and in order, whatever the socket takes and the turn allows. */
static void push(bool sealed)
{
    enum { HEAD = 300, BLOB = 500000, AT = 12345, TURN = 10000 };
    struct blob *b = fixture_open_blob(AT + BLOB, "\"b\"");
    char head[HEAD], *got = malloc(HEAD + BLOB + 1);
    struct outgoing o;
    struct call c;
    size_t len = 0, waits = 0, turns = 0;
    int rc = -EAGAIN;
    if (sealed)
        assert_int_equal(fcntl(b->fd, F_ADD_SEALS, SEALS), 0);
    assert_int_equal(blob_view(b, 0, 1) != NULL, sealed);
    call_made(&c, TLS1_3_VERSION);
    memset(head, 'h', sizeof head);
    outgoing_set(&o, head, sizeof head,
                 &(struct reply){.blob = b, .blob_at = AT, .blob_len = BLOB});
    while (rc) {
        size_t budget = TURN;
        rc = tls_push(c.server, &o, c.record, &budget);
        assert_true(rc == 0 || rc == -EAGAIN || rc == -EBUSY);
        waits += rc == -EAGAIN;
        turns += rc == -EBUSY;
        memset(c.record, 0, sizeof c.record); /* others use it meanwhile */
        if (rc == -EAGAIN || rc == 0)
            len += hear(&c, got + len, HEAD + BLOB + 1 - len);
    }
    len += hear(&c, got + len, HEAD + BLOB + 1 - len);
    assert_true(waits > 3 && turns > 3);
    assert_int_equal(len, HEAD + BLOB);
    assert_memory_equal(got, head, HEAD);
    for (size_t i = 0; i < BLOB; i++)
        if ((unsigned char)got[HEAD + i] != byte_at(AT + i))
            fail_msg("byte %zu", i);
    outgoing_fini(&o);
    /* a file that is shorter than was said ends the connection, not the program */
    size_t budget = 1 << 20;
    outgoing_set(&o, head, sizeof head,
                 &(struct reply){.blob = b, .blob_at = AT + BLOB, .blob_len = 9});
    assert_int_equal(tls_push(c.server, &o, c.record, &budget), -EIO);
    outgoing_fini(&o);
    call_close(&c);
    blob_unref(&b);
    free(got);
}

/* From the mapping that all share, and from a file that still grows. */
static void test_push(void **state)
{
    (void)state;
    push(true);
    push(false);
}

/* RFC 8446 section 6.1: an end is told from a cut, on both sides. */
static void test_goodbye(void **state)
{
    struct tls_context *t = made_context(1, NULL);
    (void)state;
    for (int i = 0; i < 6; i++) {
        SSL_CTX *v = made_viewer_context(versions[i % 2]);
        struct call c;
        char byte;
        call_open(&c, t, v);
        assert_int_equal(shake(&c), 0);
        if (i < 2) {
            tls_free(&c.server, true);
            assert_int_equal(SSL_get_error(c.viewer, SSL_read(c.viewer, &byte, 1)),
                             SSL_ERROR_ZERO_RETURN);
        } else if (i < 4) {
            tls_free(&c.server, false);
            shutdown(c.fds[0], SHUT_RDWR);
            assert_int_not_equal(SSL_get_error(c.viewer, SSL_read(c.viewer, &byte, 1)),
                                 SSL_ERROR_ZERO_RETURN);
        } else {
            SSL_shutdown(c.viewer);
            assert_int_equal(tls_read(c.server, &byte, 1), 0);
        }
        call_close(&c);
        SSL_CTX_free(v);
    }
    tls_context_unref(&t);
}

/* A viewer cannot have the server do the expensive part again on the same connection. */
static void test_renegotiation(void **state)
{
    struct call c;
    char byte;
    (void)state;
    call_made(&c, TLS1_2_VERSION);
    assert_int_equal(SSL_renegotiate(c.viewer), 1);
    SSL_do_handshake(c.viewer);
    assert_true(tls_read(c.server, &byte, 1) < 0);
    ERR_clear_error();
    assert_int_not_equal(SSL_do_handshake(c.viewer), 1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    call_close(&c);
}

static void test_garbage(void **state)
{
    static const char *const said[] = {"\26\3\1\0\5garbage", "\26\3\3\377\377aaaaaaaaaa",
                                       "\0\0\0\0\0\0\0\0\0\0\0\0", "GET / HTTP/1.1\r\n\r\n"};
    struct tls_context *t = made_context(1, NULL);
    SSL_CTX *v = made_viewer_context(TLS1_3_VERSION);
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct call c;
        call_open(&c, t, v);
        assert_int_equal(send(c.fds[1], said[i], 12, 0), 12);
        assert_int_equal(tls_handshake(c.server), -EPROTO);
        tls_end(c.server); /* says nothing any more */
        call_close(&c);
    }
    SSL_CTX_free(v);
    tls_context_unref(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),    cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_protocols),   cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_ticket_file), cmocka_unit_test(test_push),
        cmocka_unit_test(test_goodbye),     cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_garbage),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
