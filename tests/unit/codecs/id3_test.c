/* ID3v2 tags: where one ends. */
/* SPDX-License-Identifier: MIT */
#include "codecs/id3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t length(const char *bytes, size_t len)
{
    return id3_tag_bytes((const uint8_t *)bytes, len);
}

static void finds_the_end(void **state)
{
    (void)state;
    static const char tag[10 + 130 + 10] = "ID3\x04\0\0\0\0\x01\x02";
    assert_int_equal(length(tag, sizeof tag), 140);
    assert_int_equal(length(tag, 140), 140);
    assert_int_equal(length(tag, 139), 0); /* not whole */
    static const char footer[10 + 130 + 10] = "ID3\x04\0\x10\0\0\x01\x02";
    assert_int_equal(length(footer, sizeof footer), 150);
    static const char older[10 + 2] = "ID3\x03\0\x10\0\0\0\x02"; /* the flag is another's there */
    assert_int_equal(length(older, sizeof older), 12);
}

static void what_is_no_tag(void **state)
{
    (void)state;
    assert_int_equal(length("ID3\x04\0\0\0\0\0", 9), 0);
    assert_int_equal(length("ID4\x04\0\0\0\0\0\0", 10), 0);
    assert_int_equal(length("ID3\x05\0\0\0\0\0\0", 10), 0);
    assert_int_equal(length("ID3\x01\0\0\0\0\0\0", 10), 0);
    assert_int_equal(length("ID3\x04\xff\0\0\0\0\0", 10), 0);
    assert_int_equal(length("ID3\x04\0\0\x80\0\0\0", 10), 0);
    assert_int_equal(length("ID3\x04\0\0\x7f\x7f\x7f\x7f", 10), 0);
    assert_int_equal(length("ID3\x04\0\0\0\0\0\0", 10), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_end),
        cmocka_unit_test(what_is_no_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
