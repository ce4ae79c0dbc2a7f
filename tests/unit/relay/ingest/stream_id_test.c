/* Stream ids: both forms, every fault, and what the log may then show. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/stream_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum stream_id_fault fault;
    const char *room, *key, *user, *role;
} cases[] = {
    {"demo", STREAM_ID_OK, "demo", "", "", "main"},
    {"publish:demo", STREAM_ID_OK, "demo", "", "", "main"},
    {"demo?key=abc", STREAM_ID_OK, "demo", "abc", "", "main"},
    {"publish:a.b_c-9?key=x&user=u&role=backup", STREAM_ID_OK, "a.b_c-9", "x", "u", "backup"},
    {"#!::r=demo,m=publish", STREAM_ID_OK, "demo", "", "", "main"},
    {"#!::m=publish,r=demo,u=obs,s=k=1,role=1080p", STREAM_ID_OK, "demo", "k=1", "obs", "1080p"},
    {"#!::r=demo", STREAM_ID_OK, "demo", "", "", "main"},
    {"#!::h=host,t=stream,r=demo", STREAM_ID_OK, "demo", "", "", "main"},
    {"", STREAM_ID_EMPTY, "", "", "", "main"},
    {"#!::", STREAM_ID_ROOM, "", "", "", "main"},
    {"#!::m=publish", STREAM_ID_ROOM, "", "", "", "main"},
    {"#!::r=demo,m=request", STREAM_ID_MODE, "demo", "", "", "main"},
    {"#!::r=a,r=b", STREAM_ID_TWICE, "a", "", "", "main"},
    {"#!::r", STREAM_ID_SYNTAX, "", "", "", "main"},
    {"#!::=x", STREAM_ID_SYNTAX, "", "", "", "main"},
    {"#!::r=demo,,m=publish", STREAM_ID_SYNTAX, "demo", "", "", "main"},
    {"../etc/passwd", STREAM_ID_ROOM, "../etc/passwd", "", "", "main"},
    {".hidden", STREAM_ID_ROOM, ".hidden", "", "", "main"},
    {"a/b", STREAM_ID_ROOM, "a/b", "", "", "main"},
    {"a b", STREAM_ID_ROOM, "a b", "", "", "main"},
    {"de\nmo", STREAM_ID_SYNTAX, "", "", "", "main"},
    {"demo?nokey", STREAM_ID_SYNTAX, "demo", "", "", "main"},
    {"demo?role=", STREAM_ID_ROLE, "demo", "", "", "main"},
    {"publish:", STREAM_ID_ROOM, "", "", "", "main"},
};

static void test_table(void **state)
{
    struct stream_id id;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum stream_id_fault fault = stream_id_parse(cases[i].text, strlen(cases[i].text), &id);

        if (fault != cases[i].fault)
            fail_msg("\"%s\": fault %d, expected %d", cases[i].text, fault, cases[i].fault);
        assert_string_equal(id.room, cases[i].room);
        assert_string_equal(id.key, cases[i].key);
        assert_string_equal(id.user, cases[i].user);
        assert_string_equal(id.role, cases[i].role);
        assert_true(strlen(stream_id_fault_text(fault)) > 0);
    }
}

static void test_lengths(void **state)
{
    char text[4096];
    struct stream_id id;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(stream_id_parse(text, 64, &id), STREAM_ID_OK);
    assert_int_equal(stream_id_parse(text, 65, &id), STREAM_ID_ROOM);
    assert_int_equal(stream_id_parse(text, 512, &id), STREAM_ID_ROOM);
    assert_int_equal(stream_id_parse(text, 513, &id), STREAM_ID_TOO_LONG);
    assert_int_equal(stream_id_parse(text, 4096, &id), STREAM_ID_TOO_LONG);
    memcpy(text, "demo?key=", 9);
    assert_int_equal(stream_id_parse(text, 9 + STREAM_ID_VALUE - 1, &id), STREAM_ID_OK);
    assert_int_equal(stream_id_parse(text, 9 + STREAM_ID_VALUE, &id), STREAM_ID_TOO_LONG);
    assert_int_equal(stream_id_parse("a\0b", 3, &id), STREAM_ID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
