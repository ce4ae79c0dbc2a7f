/* What stands behind the question mark: taken as it is meant, or refused by name. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/query.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct query q;
static struct query_refusal no;

enum { TODAY = 20781 }; /* 2026-11-24 */

static void test_taken(void **state)
{
    (void)state;
    assert_int_equal(0, query_parse(&q, "usage", "", TODAY, &no));
    assert_int_equal(TODAY, q.to_day);
    assert_int_equal(TODAY - 30, q.from_day);
    assert_string_equal("", q.room);
    assert_int_equal(LEDGER_JSON, q.form);
    assert_int_equal(
        0, query_parse(&q, "usage.csv", "room=-x.Y_9&to=2024-03-01&from=2024-02-29", TODAY, &no));
    assert_int_equal(LEDGER_CSV, q.form);
    assert_string_equal("-x.Y_9", q.room);
    assert_int_equal(1, q.to_day - q.from_day);
    assert_int_equal(19783, q.to_day); /* date -d 2024-03-01 +%s / 86400 */
    assert_int_equal(0, query_parse(&q, "usage", "from=1970-01-01&to=1970-12-31", TODAY, &no));
    assert_int_equal(0, q.from_day);
    assert_int_equal(364, q.to_day);
    assert_int_equal(0, query_parse(&q, "usage", "from=2000-02-29&to=2001-04-03", TODAY, &no));
    assert_int_equal(399, q.to_day - q.from_day);
    assert_int_equal(0, query_parse(&q, "audit", "after=12&limit=1000", TODAY, &no));
    assert_int_equal(12, q.after);
    assert_int_equal(1000, q.limit);
    assert_int_equal(0, query_parse(&q, "audit", "after=9223372036854775807", TODAY, &no));
    assert_true(q.after == INT64_MAX && q.limit == QUERY_LIMIT);
}

static void test_refused(void **state)
{
    static const struct {
        const char *route, *text, *field, *words;
    } bad[] = {
        {"usage", "colour=red", "colour", "no parameter \"colour\""},
        {"usage", "from", "from", "YYYY-MM-DD"},
        {"usage", "from=", "from", "YYYY-MM-DD"},
        {"usage", "from=2026-02-29", "from", "YYYY-MM-DD"},
        {"usage", "from=2026-13-01", "from", "YYYY-MM-DD"},
        {"usage", "from=2026-00-01", "from", "YYYY-MM-DD"},
        {"usage", "from=2026-04-31", "from", "YYYY-MM-DD"},
        {"usage", "to=1969-12-31", "to", "YYYY-MM-DD"},
        {"usage", "to=20261124", "to", "YYYY-MM-DD"},
        {"usage", "to=+026-11-24", "to", "YYYY-MM-DD"},
        {"usage", "to=2026-11-24T00:00", "to", "YYYY-MM-DD"},
        {"usage", "from=2026-11-24&from=2026-11-24", "from", "twice"},
        {"usage", "room=", "room", "room's name"},
        {"usage", "room=../x", "room", "room's name"},
        {"usage", "room=a%20b", "room", "room's name"},
        {"usage", "from=2026-11-24&to=2026-11-23", "from", "after"},
        {"usage", "from=2025-10-20&to=2026-11-24", "from", "400 days"},
        {"usage", "&", "", "no parameter"},
        {"usage", "after=1", "after", "no parameter"},
        {"audit", "room=a", "room", "no parameter"},
        {"audit", "limit=0", "limit", "1 to 1000"},
        {"audit", "limit=1001", "limit", "1 to 1000"},
        {"audit", "limit=-1", "limit", "1 to 1000"},
        {"audit", "after=9223372036854775808", "after", "id"},
        {"audit", "after=1e3", "after", "id"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (query_parse(&q, bad[i].route, bad[i].text, TODAY, &no) != -EINVAL)
            fail_msg("%s was let through", bad[i].text);
        assert_string_equal(bad[i].field, no.field);
        if (!strstr(no.words, bad[i].words))
            fail_msg("%s: %s", bad[i].text, no.words);
    }
}

static void test_long(void **state)
{
    char text[QUERY_MAX + 1];
    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(-EINVAL, query_parse(&q, "usage", text, TODAY, &no));
    assert_non_null(strstr(no.words, "too long"));
    text[QUERY_MAX - 1] = '\0';
    assert_int_equal(-EINVAL, query_parse(&q, "usage", text, TODAY, &no));
    assert_int_equal(QUERY_FIELD - 1, strlen(no.field));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
