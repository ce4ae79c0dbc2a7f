/* Files that the kernel seals (kTLS): what its sendfile says is told apart. OpenSSL's is made up.
 */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/made_up_call.h"
#include "tests/unit/relay/web/made_up_room.h"

static BIO *sealing;
static const int *say; /* what the next calls fail with; 0: it is done */

static long seals(BIO *b, int cmd, long arg, void *ptr)
{
    (void)b, (void)arg, (void)ptr;
    return cmd == BIO_CTRL_GET_KTLS_SEND;
}

/* In OpenSSL's place: the kernel is said to make the records. */
BIO *SSL_get_wbio(const SSL *s)
{
    (void)s;
    return sealing;
}

ossl_ssize_t SSL_sendfile(SSL *s, int fd, off_t offset, size_t size, int flags)
{
    (void)s, (void)fd, (void)offset, (void)flags;
    errno = *say;
    return *say++ ? -1 : (ossl_ssize_t)size;
}

static void test_what_sendfile_says(void **state)
{
    static const int script[] = {EINTR, EINTR, EAGAIN, EINTR, EBUSY, EINTR, 0, EIO};
    static const int rcs[] = {-EAGAIN, -EBUSY, 0};
    struct blob *b = fixture_blob(1000, "\"b\"");
    struct outgoing o;
    struct call c;
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index(), "sealing");
    (void)state;
    BIO_meth_set_ctrl(method, seals);
    sealing = BIO_new(method);
    say = script;
    call_made(&c, TLS1_3_VERSION);
    outgoing_set(&o, "", 0, &(struct reply){.blob = b, .blob_len = 1000});
    for (size_t i = 0; i < 3; i++) {
        size_t budget = 5000;
        assert_int_equal(tls_push(c.server, &o, c.record, &budget), rcs[i]);
        assert_int_equal(outgoing_left(&o), rcs[i] ? 1000 : 0);
    }
    outgoing_fini(&o);
    outgoing_set(&o, "", 0, &(struct reply){.blob = b, .blob_len = 1000});
    size_t budget = 5000;
    assert_int_equal(tls_push(c.server, &o, c.record, &budget), -EPROTO);
    outgoing_fini(&o);
    blob_unref(&b);
    call_close(&c);
    BIO_free(sealing);
    BIO_meth_free(method);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_sendfile_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
