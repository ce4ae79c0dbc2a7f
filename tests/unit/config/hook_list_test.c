/* Web hooks as people write them. */
/* SPDX-License-Identifier: MIT */
#include "config/hook_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char why[HOOK_WHY_SIZE];
static struct hook_target targets[HOOKS_MAX];
static struct hook_secret secrets[HOOK_SECRETS_MAX];

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(0, hook_list_targets("", targets, why));
    assert_int_equal(0, hook_list_targets("  ", targets, why));
    assert_int_equal(4, hook_list_targets("https://a.example/hook?k=v http://127.0.0.1:8000 "
                                          " https://[2001:db8::1]:444/x  http://[::1]",
                                          targets, why));
    assert_string_equal("https://a.example/hook?k=v", targets[0].url);
    assert_string_equal("https://a.example", targets[0].shown);
    assert_int_equal(443, targets[0].port);
    assert_true(targets[0].https && !targets[0].loopback);
    assert_string_equal("http://127.0.0.1:8000", targets[1].shown);
    assert_int_equal(8000, targets[1].port);
    assert_true(!targets[1].https && targets[1].loopback);
    assert_string_equal("https://[2001:db8::1]:444", targets[2].shown);
    assert_int_equal(444, targets[2].port);
    assert_false(targets[2].loopback);
    assert_int_equal(80, targets[3].port);
    assert_true(targets[3].loopback);
    assert_int_equal(1, hook_list_targets("http://localhost?x", targets, why));
    assert_true(targets[0].loopback);
    assert_string_equal("http://localhost", targets[0].shown);
}

static void test_no_addresses(void **state)
{
    static const char *const wrong[] = {
        "ftp://a.example/",
        "a.example",
        "https://",
        "http:///x",
        "https://user:pass@a.example/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:8o/",
        "https://a.example:/",
        "https://a.example/#part",
        "https://a.ex\"ample/",
        "https://a.example/\x7f",
        "https://b\xc3\xbc.example/",
        "https://[2001:db8::1/",
        "https://[]/",
        "https://a_b.example/ https://a.example/{x}",
        "https://a.example/ https://a.example/",
        "http://1/ http://2/ http://3/ http://4/ http://5/ http://6/ http://7/ http://8/ http://9/",
    };
    char at_most[600];
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        why[0] = '\0';
        if (hook_list_targets(wrong[i], targets, why) >= 0)
            fail_msg("%s", wrong[i]);
        assert_ptr_equal(why, strstr(why, "expected "));
    }
    memset(at_most, 'a', sizeof(at_most));
    memcpy(at_most, "https://h/", 10);
    at_most[HOOK_URL_SIZE - 1] = '\0';
    assert_int_equal(1, hook_list_targets(at_most, targets, why));
    at_most[HOOK_URL_SIZE - 1] = 'a';
    at_most[HOOK_URL_SIZE] = '\0';
    assert_true(hook_list_targets(at_most, targets, why) < 0);
    memset(at_most + 8, 'h', 300); /* a host that is too long to be shown */
    at_most[308] = '\0';
    assert_true(hook_list_targets(at_most, targets, why) < 0);
}

#define KEY_24 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

static void test_secrets(void **state)
{
    (void)state;
    assert_int_equal(0, hook_list_secrets("", secrets, why));
    assert_int_equal(
        2, hook_list_secrets("whsec_" KEY_24 " 2=whsec_" KEY_24 "GBkaGxwdHh8=", secrets, why));
    assert_int_equal(24, secrets[0].len);
    assert_int_equal(32, secrets[1].len);
    for (uint8_t i = 0; i < 32; i++)
        assert_int_equal(i, secrets[1].bytes[i]);
    assert_true(hook_list_is_signed(secrets, 2, 1) && hook_list_is_signed(secrets, 2, 2));
    assert_false(hook_list_is_signed(secrets + 1, 1, 1));
    assert_true(hook_list_is_signed(secrets + 1, 1, 2));
}

static void test_no_secrets(void **state)
{
    static const char *const wrong[] = {
        KEY_24,
        "whsec_",
        "whsec_AAECAwQF",
        "whsec_" KEY_24 "=",
        "whsec_" KEY_24 "!",
        "9=whsec_" KEY_24,
        "0=whsec_" KEY_24,
        "1=1=whsec_" KEY_24,
        "whsec_" KEY_24 "," KEY_24,
        "whsec_" KEY_24 KEY_24 KEY_24, /* 72 bytes */
    };
    char many[17 * 40] = "";
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (hook_list_secrets(wrong[i], secrets, why) >= 0)
            fail_msg("%s", wrong[i]);
    assert_non_null(strstr(why, "whsec_BASE64"));
    assert_null(strstr(why, KEY_24));
    for (int i = 0; i < 17; i++)
        strcat(many, "whsec_" KEY_24 " ");
    assert_int_equal(-22, hook_list_secrets(many, secrets, why));
}

static void test_events(void **state)
{
    uint32_t all;
    (void)state;
    assert_int_equal(0, hook_list_events("all", &all, why));
    assert_int_equal((1 << HOOK_TYPES) - 1, all);
    assert_int_equal(0, hook_list_events("room.live feed.stopped", &all, why));
    assert_int_equal(1 << HOOK_ROOM_LIVE | 1 << HOOK_FEED_STOPPED | 1 << HOOK_PING, all);
    assert_int_equal(-22, hook_list_events("room.live,feed.stopped", &all, why));
    assert_int_equal(-22, hook_list_events("ping", &all, why));
    for (uint32_t i = 0; i < HOOK_PING; i++)
        assert_non_null(strstr(why, hook_type_word(i)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_secrets),   cmocka_unit_test(test_no_secrets),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
