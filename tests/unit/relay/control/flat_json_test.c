/* Small JSON objects of strings: what is read, and what is refused. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/flat_json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct flat_json *j, const char *text)
{
    return flat_json_parse(j, text, strlen(text));
}

static void test_read(void **state)
{
    struct flat_json j;
    (void)state;
    assert_int_equal(0, parse(&j, ""));
    assert_int_equal(0, j.count);
    assert_int_equal(0, parse(&j, " \r\n\t"));
    assert_int_equal(0, parse(&j, "{ }"));
    assert_int_equal(0, parse(&j, " { \"role\" : \"main\" ,\"a\":\"\"}\n"));
    assert_int_equal(2, j.count);
    assert_string_equal("main", flat_json_find(&j, "role"));
    assert_string_equal("", flat_json_find(&j, "a"));
    assert_null(flat_json_find(&j, "b"));
    assert_int_equal(0, parse(&j, "{\"a\":\"\\\"\\\\\\/\"}"));
    assert_string_equal("\"\\/", flat_json_find(&j, "a"));
    assert_int_equal(0, flat_json_parse(&j, "{\"a\":\"b\"}garbage", 9));
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "{",
        "}",
        "x",
        "\"a\"",
        "[\"a\"]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1}",
        "{\"a\":null}",
        "{\"a\":{}}",
        "{\"a\":\"b\",}",
        "{,\"a\":\"b\"}",
        "{\"a\":\"b\" \"c\":\"d\"}",
        "{\"a\":\"b\"}}",
        "{\"a\":\"b",
        "{\"a\":\"b\\",
        "{\"a\":\"\\u0041\"}",
        "{\"a\":\"\\n\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"b\",\"a\":\"c\"}",
        "{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\","
        "\"9\":\"\"}",
        "{'a':'b'}",
    };
    struct flat_json j;
    char lengthy[FLAT_JSON_TEXT + 16];
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(-EINVAL, parse(&j, texts[i]));
    assert_int_equal(-EINVAL, flat_json_parse(&j, "{\"a\":\"\0\"}", 9));
    for (int n = FLAT_JSON_TEXT - 1; n <= FLAT_JSON_TEXT; n++) {
        snprintf(lengthy, sizeof(lengthy), "{\"a\":\"%0*d\"}", n, 0);
        assert_int_equal(n < FLAT_JSON_TEXT ? 0 : -EINVAL, parse(&j, lengthy));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
