/* A pair that cannot serve is refused with a sentence that names the file and the remedy. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/web/tls_pair.h"
#include "tests/unit/relay/web/made_up_certificate.h"

#include <errno.h>

static char why[400], until[TLS_PAIR_DATE];
static bool in_key;

static int judge(const struct tls_pair *p)
{
    why[0] = until[0] = '\0';
    return tls_pair_judge(p, clock_wall_us(), &in_key, until, why, sizeof why);
}

static void assert_refused(const struct tls_pair *p, bool key, const char *words)
{
    assert_int_equal(judge(p), -EINVAL);
    assert_int_equal(in_key, key);
    if (!strstr(why, words) || strncmp(why, "expected ", 9) != 0)
        fail_msg("want \"%s\", got \"%s\"", words, why);
}

static void test_good(void **state)
{
    struct made_pair p;
    (void)state;
    for (unsigned rsa = 0; rsa <= 2048; rsa += 2048) {
        made_pair_fill(&p, 1, -60, 3600, rsa);
        assert_int_equal(judge(&p.pair), 0);
        assert_non_null(strstr(until, " UTC"));
    }
}

/* The server's own first, then what leads to a root: all of it is shown to viewers. */
static void test_chain(void **state)
{
    struct made_pair p, other;
    char both[8192];
    (void)state;
    made_pair_fill(&p, 1, -60, 3600, 0);
    made_pair_fill(&other, 2, -60, 3600, 0);
    snprintf(both, sizeof both, "%s%s", p.certificate, other.certificate);
    struct tls_pair pair = {both, p.key, strlen(both), p.pair.key_len};
    assert_int_equal(judge(&pair), 0);
    snprintf(both, sizeof both, "%s%s", other.certificate, p.certificate);
    assert_refused(&pair, true, "the key of another one");
}

/* Viewers who are shown a chain that was cut cannot follow it to a root. */
static void test_damaged_chain(void **state)
{
    struct made_pair p, other;
    char both[9000];
    (void)state;
    made_pair_fill(&p, 1, -60, 3600, 0);
    made_pair_fill(&other, 2, -60, 3600, 0);
    int first = snprintf(both, sizeof both, "%s", p.certificate);
    snprintf(both + first, sizeof both - (size_t)first, "%s", other.certificate);
    struct tls_pair pair = {both, p.key, strlen(both), p.pair.key_len};
    both[first + 100] = '!';
    assert_refused(&pair, false, "a damaged one, number 2 in the file");
    both[first + 100] = '\n';
    assert_refused(&pair, false, "number 2");
    pair.certificate_len = (size_t)first + other.pair.certificate_len / 2;
    assert_refused(&pair, false, "number 2");
    /* what stands around certificates is no damage */
    snprintf(both, sizeof both, "mine:\n%s\nissued by:\n%s\nthe end\n", p.certificate,
             other.certificate);
    pair.certificate_len = strlen(both);
    assert_int_equal(judge(&pair), 0);
}

static void test_dates(void **state)
{
    struct made_pair p;
    (void)state;
    made_pair_fill(&p, 1, -3600, -60, 0);
    assert_int_equal(judge(&p.pair), -ETIME);
    assert_non_null(strstr(why, "ended 2"));
    assert_non_null(strstr(why, "renew it"));
    made_pair_fill(&p, 1, 3600, 7200, 0);
    assert_int_equal(judge(&p.pair), -ETIME);
    assert_non_null(strstr(why, "begins 2"));
    /* what is wrong besides comes first */
    struct made_pair other;
    made_pair_fill(&other, 2, -60, 3600, 0);
    struct tls_pair crossed = {p.certificate, other.key, p.pair.certificate_len,
                               other.pair.key_len};
    assert_refused(&crossed, true, "the key of another one");
}

static void test_no_pair(void **state)
{
    struct made_pair p, other;
    (void)state;
    made_pair_fill(&p, 1, -60, 3600, 0);
    made_pair_fill(&other, 2, -60, 3600, 0);
    struct tls_pair crossed = {p.certificate, other.key, p.pair.certificate_len,
                               other.pair.key_len};
    assert_refused(&crossed, true, "the key of another one");
    struct tls_pair swapped = {p.key, p.certificate, p.pair.key_len, p.pair.certificate_len};
    assert_refused(&swapped, false, "fullchain.pem");
    struct tls_pair keyless = {p.certificate, p.certificate, p.pair.certificate_len,
                               p.pair.certificate_len};
    assert_refused(&keyless, true, "without a passphrase");
    struct tls_pair cut = {p.certificate, p.key, p.pair.certificate_len / 2, p.pair.key_len};
    assert_refused(&cut, false, "fullchain.pem");
}

/* Nobody is asked for the passphrase, and a key that TLS finds too weak is said to be. */
static void test_bad_keys(void **state)
{
    struct made_pair p;
    char secret[4096];
    (void)state;
    made_pair_fill(&p, 1, -60, 3600, 0);
    BIO *text = BIO_new_mem_buf(p.key, -1), *b = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_128_cbc(), "word", 4, NULL, NULL), 1);
    EVP_PKEY_free(key);
    BIO_free(text);
    struct tls_pair locked = {p.certificate, secret, p.pair.certificate_len,
                              made_text(b, secret, sizeof secret)};
    assert_refused(&locked, true, "without a passphrase");
    made_pair_fill(&p, 1, -60, 3600, 512);
    assert_refused(&p.pair, false, "too small");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_chain),
        cmocka_unit_test(test_dates),    cmocka_unit_test(test_no_pair),
        cmocka_unit_test(test_bad_keys), cmocka_unit_test(test_damaged_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
