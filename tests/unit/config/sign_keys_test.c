/* Lists of keys: what is one, and what is not. */
/* SPDX-License-Identifier: MIT */
#include "config/sign_keys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static int count(const char *text)
{
    struct sign_key keys[SIGN_KEYS_MAX];
    return sign_keys_parse(text, strlen(text), keys);
}

static void test_lists(void **state)
{
    (void)state;
    struct sign_key keys[SIGN_KEYS_MAX];
    const char text[] = " a=" SECRET ", b.2_-=" SECRET "==";
    assert_int_equal(sign_keys_parse(text, strlen(text), keys), 2);
    assert_int_equal(keys[0].id_len, 1);
    assert_memory_equal(keys[0].secret, SECRET, keys[0].secret_len);
    assert_memory_equal(keys[1].id, "b.2_-", keys[1].id_len);
    assert_int_equal(keys[1].secret_len, 34);
    assert_int_equal(sign_keys_parse(NULL, 0, keys), 0);
    assert_int_equal(count(""), 0);
    assert_int_equal(count(" ,, "), 0);
    assert_int_equal(count("a=" SECRET ",b=" SECRET ",c=" SECRET), 3);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a",
        SECRET,
        "=" SECRET,
        "a=",
        "a=0123456789abcdef0123456789abcde",
        "a b=" SECRET,
        "a~=" SECRET,
        "12345678901234567=" SECRET,
        "a=" SECRET "\x01",
        "a=" SECRET "\xc3\xa9",
        "a=" SECRET ",a=" SECRET "x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (count(bad[i]) != -EINVAL)
            fail_msg("\"%s\" should be no list of keys", bad[i]);
    char many[1024] = "";
    for (int i = 0; i <= SIGN_KEYS_MAX; i++) {
        assert_int_equal(count(many), i);
        snprintf(many + strlen(many), sizeof many - strlen(many), "k%d=" SECRET ",", i);
    }
    assert_int_equal(count(many), -EINVAL);
    char longest[200] = "a=";
    memset(longest + 2, 'x', SIGN_SECRET_MAX);
    assert_int_equal(count(longest), 1);
    longest[2 + SIGN_SECRET_MAX] = 'x';
    assert_int_equal(count(longest), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
