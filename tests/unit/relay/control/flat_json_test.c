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

static void test_kinds(void **state)
{
    struct flat_json j;
    (void)state;
    assert_int_equal(0,
                     parse(&j, "{\"a\":12,\"b\": true ,\"c\":false,\"d\":null,\"e\":-3,\"f\":0}"));
    assert_int_equal(6, j.count);
    assert_int_equal(FLAT_JSON_NUMBER, flat_json_member(&j, "a")->kind);
    assert_string_equal("12", flat_json_member(&j, "a")->value);
    assert_int_equal(FLAT_JSON_BOOL, flat_json_member(&j, "b")->kind);
    assert_string_equal("false", flat_json_member(&j, "c")->value);
    assert_int_equal(FLAT_JSON_NULL, flat_json_member(&j, "d")->kind);
    assert_string_equal("-3", flat_json_member(&j, "e")->value);
    assert_null(flat_json_find(&j, "a")); /* no string */
    assert_null(flat_json_member(&j, "g"));
}

static void test_escapes(void **state)
{
    struct flat_json j;
    (void)state;
    assert_int_equal(0, parse(&j, "{\"a\":\"\\u0041\\u00e9\\u4e3B\\ud83c\\udfa4\\n\\t\"}"));
    assert_string_equal("A\xc3\xa9\xe4\xb8\xbb\xf0\x9f\x8e\xa4\n\t", flat_json_find(&j, "a"));
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
        "{\"a\":1.5}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":nul}",
        "{\"a\":TRUE}",
        "{\"a\":true1}",
        "{\"a\":{}}",
        "{\"a\":[]}",
        "{\"a\":\"b\",}",
        "{,\"a\":\"b\"}",
        "{\"a\":\"b\" \"c\":\"d\"}",
        "{\"a\":\"b\"}}",
        "{\"a\":\"b",
        "{\"a\":\"b\\",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\u004\"}",
        "{\"a\":\"\\ud83c\"}",
        "{\"a\":\"\\ud83cx\"}",
        "{\"a\":\"\\udfa4\"}",
        "{\"a\":\"\\x\"}",
        "{\"a name that is as long as thirty-two\":\"\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"b\",\"a\":\"c\"}",
        "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":"
        "1,"
        "\"12\":1,\"13\":1,\"14\":1,\"15\":1,\"16\":1,\"17\":1,\"18\":1,\"19\":1,\"20\":1,\"21\":"
        "1}",
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
        assert_int_equal(n < FLAT_JSON_TEXT ? 0 : -EMSGSIZE, parse(&j, lengthy));
        assert_string_equal("a", j.members[j.count - (n < FLAT_JSON_TEXT)].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
