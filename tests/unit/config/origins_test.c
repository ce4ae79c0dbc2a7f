/* Who may frame a page: what can be said, and what would break out of the header. */
/* SPDX-License-Identifier: MIT */
#include "config/origins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_valid(void **state)
{
    static const char *const good[] = {
        "any",
        "self",
        "https://www.example.org",
        "http://localhost:8080",
        "https://*.example.org",
        "http://192.0.2.7:65535",
        "https://a.example https://b.example:444 https://*.c-d.example",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!origins_are_valid(good[i]))
            fail_msg("\"%s\" was refused", good[i]);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "*",
        "any self",
        "a.example",
        "*.a.example",
        "'self'",
        "https://",
        "https://*",
        "ftp://a.example",
        "https://a.example/",
        "https://a.example/page",
        "https://a.example; script-src *",
        "https://a.example,https://b.example",
        "https://a.example  https://b.example",
        "https://a.example ",
        " https://a.example",
        "https://a.example\r\nX: y",
        "https://a.example\thttps://b.example",
        "https://a..example",
        "https://.example",
        "https://a.example.",
        "https://a.*.example",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:65536",
        "https://a.example:80:80",
        "https://user@a.example",
        "https://\xe7\x9b\xb4.example",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (origins_are_valid(bad[i]))
            fail_msg("\"%s\" was accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
