/* Growth, formats, JSON that is always valid UTF-8. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_grow(void **state)
{
    (void)state;
    struct text t;
    text_init(&t);
    for (int i = 0; i < 10000; i++) {
        text_puts(&t, "ab");
        text_printf(&t, "%d,", i % 10);
        text_add(&t, "\0z", 2);
    }
    assert_false(text_failed(&t));
    assert_int_equal(t.len, 60000);
    assert_int_equal(t.data[t.len], '\0');
    assert_memory_equal(t.data + 59994, "ab9,\0z", 6);
    text_clear(&t);
    assert_int_equal(t.len, 0);
    text_add(&t, "", 0);
    text_puts(&t, "again");
    assert_string_equal(t.data, "again");
    text_fini(&t);
    assert_null(t.data);
}

/* Every length around the first allocation, so that an off-by-one shows under ASan. */
static void test_printf_boundaries(void **state)
{
    (void)state;
    char big[1100];
    memset(big, 'x', sizeof big);
    for (int n = 0; n < 1099; n++) {
        struct text t;
        text_init(&t);
        text_printf(&t, "%.*s", n, big);
        assert_int_equal(t.len, n);
        assert_int_equal(t.data[n], '\0');
        text_printf(&t, "%.*s", 300, big);
        assert_int_equal(t.len, n + 300);
        text_fini(&t);
    }
}

static void test_failure_sticks(void **state)
{
    (void)state;
    struct text t;
    char *big = malloc(1 << 20);
    assert_non_null(big);
    memset(big, 'y', 1 << 20);
    text_init(&t);
    for (int i = 0; i < 80; i++)
        text_add(&t, big, 1 << 20);
    assert_true(text_failed(&t));
    size_t len = t.len;
    assert_true(len >= 60u << 20 && len < 64u << 20);
    text_puts(&t, "more");
    text_printf(&t, "%d", 1);
    text_json(&t, "x");
    assert_int_equal(t.len, len);
    assert_int_equal(t.data[len], '\0');
    text_clear(&t);
    text_puts(&t, "fine");
    assert_false(text_failed(&t));
    text_fini(&t);
    free(big);
}

#define FFFD "\xef\xbf\xbd"

static void test_json(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } row[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\""},
        {"</script>", "\"\\u003c/script>\""},
        {"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x8e\xac", "\"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x8e\xac\""},
        {"\x80", "\"" FFFD "\""},
        {"\xc0\xaf", "\"" FFFD FFFD "\""},          /* overlong / */
        {"\xe0\x80\xaf", "\"" FFFD FFFD FFFD "\""}, /* overlong / */
        {"\xed\xa0\x80", "\"" FFFD FFFD FFFD "\""}, /* surrogate */
        {"\xf4\x90\x80\x80", "\"" FFFD FFFD FFFD FFFD "\""},
        {"\xf5z", "\"" FFFD "z\""},
        {"\xc3", "\"" FFFD "\""}, /* cut short by the end */
        {"\xe4\xb8", "\"" FFFD FFFD "\""},
        {"\xf0\x9f\x8e", "\"" FFFD FFFD FFFD "\""},
        {"\xe4\"", "\"" FFFD "\\\"\""}, /* a bad lead must not swallow the quote */
        {"\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\""},
        {"\xf4\x8f\xbf\xbf\xf0\x90\x80\x80", "\"\xf4\x8f\xbf\xbf\xf0\x90\x80\x80\""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct text t;
        text_init(&t);
        text_json(&t, row[i].in);
        assert_string_equal(t.data, row[i].out);
        text_fini(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_printf_boundaries),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
