/* Viewers whose TLS is lawful and not meant well: small records, new keys, made-up tickets. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/made_up_call.h"
#include "tests/unit/relay/web/made_up_room.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <signal.h>
#include <sys/ioctl.h>

enum { TEXT = 60000, SOME_UPDATES = 12, PADDED = 4096, FLOOD = 4000 };

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* Sends len bytes 'A' and lets others use the record whenever the socket is full; how often it was.
 * All that the viewer hears must be A. */
static int push_among_others(struct call *c, size_t len)
{
    char *text = malloc(len), *got = malloc(len + 1);
    struct outgoing o;
    size_t heard = 0;
    int rc, waits = 0;
    memset(text, 'A', len);
    outgoing_set(&o, "", 0, &(struct reply){.text = text, .text_len = len});
    do {
        size_t budget = 1 << 20;
        rc = tls_push(c->server, &o, c->record, &budget);
        if (rc) {
            assert_int_equal(rc, -EAGAIN);
            memset(c->record, 'X', sizeof c->record);
            waits++;
        }
        if (rc || len == TEXT)
            heard += hear(c, got + heard, len + 1 - heard);
        assert_true(waits < 10000);
    } while (rc);
    for (size_t i = 0; i < heard; i++)
        if (got[i] != 'A')
            fail_msg("byte %zu of %zu is another viewer's", i, heard);
    if (len == TEXT)
        assert_int_equal(heard, len);
    outgoing_fini(&o);
    free(text);
    free(got);
    return waits;
}

/* RFC 6066 section 4: one write becomes many records, most of them made after the socket was full.
 */
static void test_small_records(void **state)
{
    struct tls_context *t = made_context(1, NULL);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *v = made_viewer_context(versions[i]);
        struct call c;
        SSL_CTX_set_tlsext_max_fragment_length(v, TLSEXT_max_fragment_length_512);
        call_open(&c, t, v);
        assert_int_equal(shake(&c), 0);
        assert_true(push_among_others(&c, TEXT) > 3);
        call_close(&c);
        SSL_CTX_free(v);
    }
    tls_context_unref(&t);
}

/* An answer to a KeyUpdate goes first: where it does not fit, no record is made yet. */
static bool ask_for_keys(struct tls_context *t, SSL_CTX *v, size_t len)
{
    struct call c;
    char in[8], *text = calloc(1, len), got[TEXT];
    int rc = 0;
    size_t heard = 0, sent = 0;
    call_open(&c, t, v);
    assert_int_equal(shake(&c), 0);
    memset(text, 'A', len);
    for (int k = 0; k < 30 && rc == 0; k++) {
        struct outgoing o;
        size_t budget = 1 << 20;
        assert_int_equal(SSL_key_update(c.viewer, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_write(c.viewer, "GET", 3), 3);
        assert_int_equal(tls_read(c.server, in, sizeof in), 3);
        outgoing_set(&o, "", 0, &(struct reply){.text = text, .text_len = len});
        while ((rc = tls_push(c.server, &o, c.record, &budget)) == -EAGAIN && heard < TEXT) {
            memset(c.record, 'X', sizeof c.record);
            heard += hear(&c, got + heard, TEXT - heard);
            sent = (size_t)k + 1;
        }
        if (sent)
            rc = -EAGAIN;
        outgoing_fini(&o);
    }
    heard += hear(&c, got + heard, TEXT - heard);
    for (size_t i = 0; i < heard; i++)
        if (got[i] != 'A')
            fail_msg("replies of %zu: byte %zu of %zu is another viewer's", len, i, heard);
    if (sent)
        assert_int_equal(heard, sent * len);
    call_close(&c);
    free(text);
    return sent > 0;
}

static void test_new_keys_into_a_full_socket(void **state)
{
    struct tls_context *t = made_context(1, NULL);
    SSL_CTX *v = made_viewer_context(TLS1_3_VERSION);
    int full = 0;
    (void)state;
    for (size_t len = 400; len < 2600; len += 100)
        full += ask_for_keys(t, v, len);
    assert_true(full > 3);
    SSL_CTX_free(v);
    tls_context_unref(&t);
}

static void send_store(struct call *c, BIO *store)
{
    const int big = 1 << 20;
    char *bytes;
    long len = BIO_get_mem_data(store, &bytes);
    setsockopt(c->fds[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
    ssize_t n = send(c->fds[1], bytes, (size_t)len, 0);
    assert_true(n > 100000 || n == len);
    BIO_free(store);
}

/* What is no data is read in turns; only an empty socket is one that has to be waited for. */
static void test_turns(void **state)
{
    struct call c;
    char in[8];
    ssize_t n;
    int turns = 0;
    (void)state;
    call_made(&c, TLS1_3_VERSION);
    assert_int_equal(SSL_set_block_padding(c.viewer, PADDED), 1);
    BIO *store = made_store(c.viewer);
    made_key_updates(c.viewer, SOME_UPDATES);
    assert_int_equal(SSL_write(c.viewer, "GET", 3), 3);
    send_store(&c, store);
    while ((n = tls_read(c.server, in, sizeof in)) == -EBUSY)
        turns++;
    assert_int_equal(n, 3);
    assert_in_range(turns, 1, SOME_UPDATES);
    do
        n = tls_read(c.server, in, sizeof in);
    while (n == -EBUSY);
    assert_int_equal(n, -EAGAIN);
    call_close(&c);
}

/* Nobody needs so many keys: neither one call nor one connection goes along with it. */
static void test_flood(void **state)
{
    struct call c;
    char in[8];
    int left_before, left;
    (void)state;
    call_made(&c, TLS1_3_VERSION);
    BIO *store = made_store(c.viewer);
    made_key_updates(c.viewer, FLOOD);
    send_store(&c, store);
    assert_int_equal(ioctl(c.fds[0], FIONREAD, &left_before), 0);
    assert_int_equal(tls_read(c.server, in, sizeof in), -EPROTO);
    assert_int_equal(ioctl(c.fds[0], FIONREAD, &left), 0);
    assert_in_range(left_before - left, 1, 50000);
    call_close(&c);
}

/* A ClientHello of 64 KiB in records of one byte each: nothing of it makes a message for long. */
static void test_crumbs(void **state)
{
    static const unsigned char begin[4] = {SSL3_MT_CLIENT_HELLO, 1, 0, 0};
    const int big = 1 << 20;
    struct tls_context *t = made_context(1, NULL);
    SSL_CTX *v = made_viewer_context(TLS1_2_VERSION);
    unsigned char crumbs[20000][6];
    struct call c;
    int before, left, turns = 0, rc;
    (void)state;
    call_open(&c, t, v);
    setsockopt(c.fds[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
    for (size_t i = 0; i < 20000; i++)
        memcpy(crumbs[i], (unsigned char[]){22, 3, 1, 0, 1, i < 4 ? begin[i] : 0}, 6);
    assert_int_equal(send(c.fds[1], crumbs, sizeof crumbs, 0), sizeof crumbs);
    do {
        assert_int_equal(ioctl(c.fds[0], FIONREAD, &before), 0);
        rc = tls_handshake(c.server);
        assert_int_equal(ioctl(c.fds[0], FIONREAD, &left), 0);
        assert_in_range(before - left, 0, 50000);
        turns += rc == -EBUSY;
    } while (rc == -EBUSY);
    assert_int_equal(rc, -EAGAIN);
    assert_int_equal(left, 0);
    assert_in_range(turns, 2, 10);
    call_close(&c);
    SSL_CTX_free(v);
    tls_context_unref(&t);
}

enum { KEY = 16, SALT = 4, NONCE = 8, TAG = 16, HELLO = 4, SEED = 13 + 2 * SSL3_RANDOM_SIZE };

/* RFC 5246 section 6.3, for AES-128-GCM with SHA-256: the viewer's key and salt. */
static void derive(SSL *viewer, unsigned char key[static KEY], unsigned char salt[static SALT])
{
    unsigned char master[48], seed[SEED] = "key expansion", block[2 * KEY + SALT];
    char digest[] = "SHA256";
    SSL_SESSION_get_master_key(SSL_get_session(viewer), master, sizeof master);
    SSL_get_server_random(viewer, seed + 13, SSL3_RANDOM_SIZE);
    SSL_get_client_random(viewer, seed + 13 + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *prf = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof master),
                           OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
                           OSSL_PARAM_END};
    assert_int_equal(EVP_KDF_derive(prf, block, sizeof block, params), 1);
    memcpy(key, block, KEY);
    memcpy(salt, block + (size_t)2 * KEY, SALT);
    EVP_KDF_CTX_free(prf);
    EVP_KDF_free(kdf);
}

/* One record with a ClientHello that has no body, sealed as RFC 5288 section 3 has it. */
static void say_hello(struct call *c, const unsigned char *key, const unsigned char *salt,
                      unsigned char number)
{
    static const unsigned char hello[HELLO] = {SSL3_MT_CLIENT_HELLO};
    unsigned char record[5 + NONCE + HELLO + TAG] = {22, 3, 3, 0, NONCE + HELLO + TAG};
    unsigned char about[13] = {[7] = number, 22, 3, 3, 0, HELLO}, nonce[SALT + NONCE] = {0};
    int n;
    record[5 + NONCE - 1] = number;
    memcpy(nonce, salt, SALT);
    memcpy(nonce + SALT, record + 5, NONCE);
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(seal, EVP_aes_128_gcm(), NULL, key, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(seal, NULL, &n, about, sizeof about), 1);
    assert_int_equal(EVP_EncryptUpdate(seal, record + 5 + NONCE, &n, hello, HELLO), 1);
    assert_int_equal(EVP_EncryptFinal_ex(seal, record + sizeof record - TAG, &n), 1);
    EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_AEAD_GET_TAG, TAG, record + sizeof record - TAG);
    EVP_CIPHER_CTX_free(seal);
    assert_int_equal(send(c->fds[1], record, sizeof record, 0), sizeof record);
}

/* A new handshake is refused with a warning each time (RFC 5246 section 7.2.2), but not for ever.
 */
static void test_client_hellos(void **state)
{
    unsigned char key[KEY], salt[SALT], hellos = 0;
    struct call c;
    char in[1024];
    ssize_t n = -EAGAIN;
    (void)state;
    call_made(&c, TLS1_2_VERSION);
    derive(c.viewer, key, salt);
    while (n == -EAGAIN && hellos < 200) {
        say_hello(&c, key, salt, ++hellos); /* number 0 was Finished */
        do
            n = tls_read(c.server, in, sizeof in);
        while (n == -EBUSY);
        if (n == -EAGAIN) /* the warning */
            assert_true(recv(c.fds[1], in, sizeof in, 0) > 0);
    }
    assert_int_equal(n, -EPROTO);
    assert_in_range(hellos, 10, 50);
    call_close(&c);
}

/* Seals with the key that anybody knows. */
static int zero_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, int seal)
{
    static const struct tls_ticket_key none;
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)none.mac, sizeof none.mac),
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
    (void)ssl;
    memset(name, 0, TLS_TICKET_NAME);
    memset(iv, 0, 16);
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, none.cipher, iv, seal) == 1 &&
                   EVP_MAC_CTX_set_params(mac, params) == 1
               ? 1
               : -1;
}

static SSL_SESSION *session; /* the newest one that a viewer was given */

static int keep(SSL *s, SSL_SESSION *given)
{
    (void)s;
    SSL_SESSION_free(session);
    session = given;
    return 1;
}

/* Was the session taken up? */
static bool visit(struct tls_context *t, SSL_CTX *v, SSL_SESSION *with)
{
    struct call c;
    bool resumed = call_again(&c, t, v, with);
    call_close(&c);
    return resumed;
}

/* Before the keys have turned twice there is one place for a key without a key. */
static void test_forged_tickets(void **state)
{
    struct tls_tickets drawn = {0}, none = {0};
    (void)state;
    assert_int_equal(tls_tickets_turn(&drawn, 1), 0);
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *v = made_viewer_context(versions[i]);
        struct tls_context *forger = made_context(2, &drawn), *relay = made_context(1, &drawn);
        struct tls_context *keyless = made_context(1, &none);
        SSL_CTX_set_session_cache_mode(v, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(v, keep);
        SSL_CTX_set_tlsext_ticket_key_evp_cb(tls_context_ssl(forger), zero_key);
        assert_false(visit(forger, v, NULL));
        assert_non_null(session);
        SSL_SESSION *forged = SSL_SESSION_dup(session), *again = SSL_SESSION_dup(session);
        assert_false(visit(relay, v, forged));
        assert_false(visit(keyless, v, again));
        SSL_SESSION_free(forged);
        SSL_SESSION_free(again);
        SSL_SESSION_free(session);
        session = NULL;
        assert_false(visit(keyless, v, NULL)); /* which has none to give, either */
        assert_true(!session || !SSL_SESSION_has_ticket(session));
        SSL_SESSION_free(session);
        session = NULL;
        tls_context_unref(&forger);
        tls_context_unref(&relay);
        tls_context_unref(&keyless);
        SSL_CTX_free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_records),  cmocka_unit_test(test_new_keys_into_a_full_socket),
        cmocka_unit_test(test_turns),          cmocka_unit_test(test_flood),
        cmocka_unit_test(test_forged_tickets), cmocka_unit_test(test_client_hellos),
        cmocka_unit_test(test_crumbs),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
