/* Every code point, and the sequences that are none. */
/* SPDX-License-Identifier: MIT */
#include "config/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t encode(uint32_t c, size_t n, char out[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

static size_t shortest(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static bool plain(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
    bool surrogate = c >= 0xd800 && c <= 0xdfff;
    return !control && !surrogate && c != 0xfeff && c != 0xfffe && c != 0xffff;
}

static void test_every_code_point(void **state)
{
    (void)state;
    char s[4];
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        size_t n = encode(c, shortest(c), s);
        if (utf8_plain(s, n) != (plain(c) ? n : 0))
            fail_msg("U+%04X", (unsigned)c);
        if (n > 1 && utf8_plain(s, n - 1) != 0)
            fail_msg("U+%04X cut short", (unsigned)c);
    }
}

static void test_not_utf8(void **state)
{
    (void)state;
    char s[4];
    for (uint32_t c = 0; c < 0x10000; c++)
        for (size_t n = shortest(c) + 1; n <= 4; n++)
            if (utf8_plain(s, encode(c, n, s)) != 0)
                fail_msg("U+%04X in %zu bytes", (unsigned)c, n);
    assert_int_equal(utf8_plain(s, encode(0x110000, 4, s)), 0);
    assert_int_equal(utf8_plain("\xff\xbf\xbf\xbf", 4), 0);
    assert_int_equal(utf8_plain("\x80", 1), 0);
    assert_int_equal(utf8_plain("\xc3z", 2), 0);
    assert_int_equal(utf8_plain("\xe4\xb8z", 3), 0);
    assert_int_equal(utf8_plain("a", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
