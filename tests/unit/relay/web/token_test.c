/* Tokens: what is signed reads back, and nothing else does; each field broken once. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/token.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* printf %s '1~k1~1795447169~main-stage~' | openssl dgst -sha256 -hmac SECRET, in base64url */
#define SECRET "0123456789abcdef0123456789abcdef"
#define KNOWN  "1~k1~1795447169~main-stage~~5ijZQ4AWfe9zP2KZfCjB7BBEdALoxW6pfh64loHIulI"
#define PROOF  "5ijZQ4AWfe9zP2KZfCjB7BBEdALoxW6pfh64loHIulI"

static struct token_key key_of(const char *id, const char *secret)
{
    struct token_key k;
    token_key_init(&k, id, strlen(id), secret, strlen(secret));
    return k;
}

static struct in6_addr peer_of(const char *text)
{
    struct in6_addr a = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, text, a.s6_addr + 12) != 1)
        assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
    return a;
}

static void written(const char *room, const char *address, char text[static TOKEN_MAX],
                    struct token *t)
{
    struct token_key k = key_of("k1", SECRET);
    const struct token_wish wish = {room, address, 1795447169};
    assert_int_equal(token_write(&wish, &k, text), 0);
    assert_int_equal(token_parse(t, text, strlen(text)), 0);
    assert_true(token_is_by(t, &k));
    /* RFC 3986 section 3.3: pchar, so it needs no escape in a path */
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (const char *at = text; *at; at++)
        assert_non_null(strchr(strchr(letters, *at) ? letters : "0123456789-._~*:", *at));
}

static void test_known(void **state)
{
    (void)state;
    char text[TOKEN_MAX];
    struct token t;
    struct token_key other = key_of("k2", SECRET), wrong = key_of("k1", SECRET "x");
    written("main-stage", NULL, text, &t);
    assert_string_equal(text, KNOWN);
    assert_int_equal(t.expires_s, 1795447169);
    assert_false(t.room_is_prefix);
    assert_int_equal(t.address_bits, 0);
    assert_false(token_is_by(&t, &other));
    assert_false(token_is_by(&t, &wrong));
    assert_true(token_is_for(&t, "main-stage", 10));
    assert_false(token_is_for(&t, "main-stage2", 11));
    assert_false(token_is_for(&t, "main-stag", 9));
    assert_true(token_is_from(&t, &(struct in6_addr){0}));
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "~",
        "~~~~~",
        "1~k1~1795447169~main-stage~" PROOF,
        "2~k1~1795447169~main-stage~~" PROOF,
        "11~k1~1795447169~main-stage~~" PROOF,
        "~k1~1795447169~main-stage~~" PROOF,
        "1~~1795447169~main-stage~~" PROOF,
        "1~12345678901234567~1795447169~main-stage~~" PROOF,
        "1~k 1~1795447169~main-stage~~" PROOF,
        "1~k1~~main-stage~~" PROOF,
        "1~k1~01795447169~main-stage~~" PROOF,
        "1~k1~-1~main-stage~~" PROOF,
        "1~k1~1e9~main-stage~~" PROOF,
        "1~k1~179544716900~main-stage~~" PROOF,
        "1~k1~1795447169~~~" PROOF,
        "1~k1~1795447169~.main~~" PROOF,
        "1~k1~1795447169~a*b~~" PROOF,
        "1~k1~1795447169~a/b~~" PROOF,
        "1~k1~1795447169~main-stage~10.0.0.0~" PROOF,
        "1~k1~1795447169~main-stage~10.0.0.0-33~" PROOF,
        "1~k1~1795447169~main-stage~10.0.0.0-~" PROOF,
        "1~k1~1795447169~main-stage~10.0.0-8~" PROOF,
        "1~k1~1795447169~main-stage~2001:db8::-129~" PROOF,
        "1~k1~1795447169~main-stage~2001:db8::-0~" PROOF,
        "1~k1~1795447169~main-stage~::g-64~" PROOF,
        "1~k1~1795447169~main-stage~~",
        KNOWN "=",
        KNOWN "~",
        "1~k1~1795447169~main-stage~~+ijZQ4AWfe9zP2KZfCjB7BBEdALoxW6pfh64loHIulI",
        "1~k1~1795447169~main-stage~~5ijZQ4AWfe9zP2KZfCjB7BBEdALoxW6pfh64loHIulJ",
    };
    struct token t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (token_parse(&t, bad[i], strlen(bad[i])) != -EINVAL)
            fail_msg("\"%s\" should be no token", bad[i]);
    char nul[] = KNOWN;
    nul[3] = '\0';
    assert_int_equal(token_parse(&t, nul, sizeof nul - 1), -EINVAL);
    char longest[4096];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, KNOWN, strlen(KNOWN));
    assert_int_equal(token_parse(&t, longest, sizeof longest), -EINVAL);
}

/* Another letter anywhere: it is no token, or the key did not sign it. */
static void test_every_byte(void **state)
{
    (void)state;
    struct token_key k = key_of("k1", SECRET);
    struct token t;
    for (size_t i = 0; i < strlen(KNOWN); i++) {
        for (int c = 1; c < 256; c++) {
            char text[] = KNOWN;
            text[i] = (char)c;
            if (strcmp(text, KNOWN) == 0)
                continue;
            if (token_parse(&t, text, strlen(text)) == 0 && token_is_by(&t, &k))
                fail_msg("\"%s\" was not signed", text);
        }
        assert_true(token_parse(&t, KNOWN, i) != 0);
    }
}

static void test_prefix(void **state)
{
    (void)state;
    char text[TOKEN_MAX];
    struct token t;
    written("talent-*", NULL, text, &t);
    assert_true(token_is_for(&t, "talent-7", 8));
    assert_true(token_is_for(&t, "talent-", 7));
    assert_false(token_is_for(&t, "talent", 6));
    assert_false(token_is_for(&t, "Talent-7", 8));
    written("*", NULL, text, &t);
    assert_true(token_is_for(&t, "a", 1));
    char room[67];
    memset(room, 'r', sizeof room);
    room[64] = '\0';
    written(room, "2001:db8:1111:2222:3333:4444:5555:6666/128", text, &t);
}

static void check_from(const char *prefix, const char *peer, bool from)
{
    char text[TOKEN_MAX];
    struct token t;
    struct in6_addr a = peer_of(peer);
    written("a", prefix, text, &t);
    if (token_is_from(&t, &a) != from)
        fail_msg("%s is %sin %s", peer, from ? "" : "not ", prefix);
}

static void test_addresses(void **state)
{
    (void)state;
    check_from("203.0.113.7", "203.0.113.7", true);
    check_from("203.0.113.7", "203.0.113.6", false);
    check_from("203.0.113.0/24", "203.0.113.255", true);
    check_from("203.0.113.0/24", "203.0.112.255", false);
    check_from("10.128.0.0/9", "10.255.0.1", true);
    check_from("10.128.0.0/9", "10.127.0.1", false);
    check_from("10.200.0.0/9", "10.128.0.1", true);
    check_from("0.0.0.0/0", "198.51.100.1", true);
    check_from("0.0.0.0/0", "2001:db8::1", false);
    check_from("2001:db8::/32", "2001:db8:ffff::1", true);
    check_from("2001:db8::/32", "2001:db9::1", false);
    check_from("2001:db8:8000::/33", "2001:db8:7fff::1", false);
    check_from("2001:db8::1", "2001:db8::1", true);
    check_from("2001:db8::1", "2001:db8::2", false);
    check_from("2001:db8::/32", "203.0.113.7", false);
    check_from("::ffff:203.0.113.0/120", "203.0.113.7", true);
    check_from("::ffff:203.0.113.0/120", "203.0.112.7", false);
}

static void test_cannot_be_written(void **state)
{
    (void)state;
    static const struct token_wish bad[] = {
        {"", NULL, 1},
        {".a", NULL, 1},
        {"a b", NULL, 1},
        {"a~b", NULL, 1},
        {"a", "10.0.0.0/33", 1},
        {"a", "", 1},
        {"a", "somewhere", 1},
        {"a", "10.0.0.0/8/8", 1},
        {"a", "2001:db8::/0", 1},
        {"a", "::ffff:203.0.113.7/32", 1},
        {"a", "::ffff:0:0/95", 1},
        {"a", NULL, -1},
        {"**", NULL, 1},
        {"a", "10.0.0.0-8", 1},
    };
    struct token_key k = key_of("k1", SECRET);
    char text[TOKEN_MAX], room[300];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (token_write(&bad[i], &k, text) == 0)
            fail_msg("%zu: %s", i, text);
    memset(room, 'a', sizeof room - 1);
    room[sizeof room - 1] = '\0';
    assert_int_equal(token_write(&(struct token_wish){room, NULL, 1}, &k, text), -ENOSPC);
}

static void test_decode(void **state)
{
    (void)state;
    char out[TOKEN_MAX], raw[1000];
    assert_int_equal(token_decode("a%7Eb%2a", 8, out), 4);
    assert_memory_equal(out, "a~b*", 4);
    assert_int_equal(token_decode("", 0, out), 0);
    static const char *const bad[] = {"%", "%7", "%7g", "%g7", "a%", "%%7e"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(token_decode(bad[i], strlen(bad[i]), out), -EINVAL);
    memset(raw, 'a', sizeof raw);
    assert_int_equal(token_decode(raw, TOKEN_MAX, out), TOKEN_MAX);
    assert_int_equal(token_decode(raw, TOKEN_MAX + 1, out), -ENOSPC);
    assert_int_equal(token_decode(raw, sizeof raw, out), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),      cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_every_byte), cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_addresses),  cmocka_unit_test(test_cannot_be_written),
        cmocka_unit_test(test_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
