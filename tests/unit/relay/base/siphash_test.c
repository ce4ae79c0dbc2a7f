/* SipHash-1-3 against another implementation of it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Input 00 01 .. of each length under the key 0, as CPython 3.11 hashes bytes where PYTHONHASHSEED
 * is 0. */
static void test_vectors(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } want[] = {{1, 0x68a914128e01e473u},
                {3, 0x4d4c9a4a8ef6e0adu},
                {8, 0xead411e67ebe2eeau},
                {15, 0xf30eb725bb91c9eau},
                {118, 0xffbd57c222914bedu}};
    const struct siphash_key key = {0};
    unsigned char in[118];
    (void)state;
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_true(siphash(&key, in, want[i].len) == want[i].hash);
}

/* No bit of key or input is without effect. */
static void test_every_bit(void **state)
{
    struct siphash_key key = {1, 2};
    unsigned char in[24] = {0};
    uint64_t plain = siphash(&key, in, sizeof in);
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof in; bit++) {
        in[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_true(siphash(&key, in, sizeof in) != plain);
        in[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    key.k1 ^= 1;
    assert_true(siphash(&key, in, sizeof in) != plain);
    assert_true(siphash(&key, in, 23) != siphash(&key, in, 22));
}

static void test_keys_differ(void **state)
{
    struct siphash_key a, b;
    (void)state;
    siphash_key_make(&a);
    siphash_key_make(&b);
    assert_memory_not_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_keys_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
