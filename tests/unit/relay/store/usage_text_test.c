/* Rows as JSON and CSV: what a spreadsheet and a parser get. */
/* SPDX-License-Identifier: MIT */
#include "relay/store/usage_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct ledger_row one = {.room = "hall",
                                      .day = 20781,
                                      .sessions = 2,
                                      .live_ms = 3000,
                                      .bytes_in = 5000000000,
                                      .bytes_out = 7,
                                      .viewers_peak = 9,
                                      .watch_ms = 11};

static void test_fields(void **state)
{
    static const struct {
        const char *in, *out;
    } known[] = {
        {"", ""},
        {"hall", "hall"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\r\nb", "\"a\r\nb\""},
        {"=1+1", "'=1+1"},
        {"-2", "'-2"},
        {"+1", "'+1"},
        {"@x", "'@x"},
        {"=a,\"", "\"'=a,\"\"\""},
        {"a=1", "a=1"},
        {"\tx", "'\tx"},
        {"\xe5\x8e\x85", "\xe5\x8e\x85"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct text t;
        text_init(&t);
        usage_text_field(&t, known[i].in);
        assert_string_equal(known[i].out, t.len ? t.data : "");
        text_fini(&t);
    }
}

static void test_forms(void **state)
{
    struct ledger_question q = {.form = LEDGER_JSON, .from_day = 20780, .to_day = 20781};
    struct ledger_row sum = {.day = 0}, other = one;
    struct text t;
    (void)state;
    text_init(&t);
    usage_text_begin(&t, &q);
    usage_text_row(&t, LEDGER_JSON, &one, 0, &sum);
    strcpy(other.room, "-x");
    other.viewers_peak = 4;
    usage_text_row(&t, LEDGER_JSON, &other, 1, &sum);
    usage_text_end(&t, LEDGER_JSON, &sum);
    assert_string_equal(
        "{\"from\":\"2026-11-23\",\"to\":\"2026-11-24\",\"rows\":[\n"
        "{\"day\":\"2026-11-24\",\"room\":\"hall\",\"sessions\":2,\"live_ms\":3000,"
        "\"bytes_in\":5000000000,\"bytes_out\":7,\"viewers_peak\":9,\"watch_ms\":11},\n"
        "{\"day\":\"2026-11-24\",\"room\":\"-x\",\"sessions\":2,\"live_ms\":3000,"
        "\"bytes_in\":5000000000,\"bytes_out\":7,\"viewers_peak\":4,\"watch_ms\":11}\n"
        "],\"total\":{\"sessions\":4,\"live_ms\":6000,\"bytes_in\":10000000000,\"bytes_out\":14,"
        "\"viewers_peak\":9,\"watch_ms\":22}}\n",
        t.data);
    text_clear(&t);
    q.form = LEDGER_CSV;
    usage_text_begin(&t, &q);
    usage_text_row(&t, LEDGER_CSV, &other, 0, &sum);
    usage_text_end(&t, LEDGER_CSV, &sum);
    assert_string_equal("day,room,sessions,live_ms,bytes_in,bytes_out,viewers_peak,watch_ms\r\n"
                        "2026-11-24,'-x,2,3000,5000000000,7,4,11\r\n",
                        t.data);
    text_fini(&t);
}

static void test_audit(void **state)
{
    const struct ledger_question q = {.form = LEDGER_AUDIT};
    const struct ledger_row none = {.day = 0};
    const struct audit_row row = {7,        1795000000123456, "organizer@::1",
                                  "create", "hall",           "title \"<b>\""};
    struct text t;
    (void)state;
    text_init(&t);
    usage_text_begin(&t, &q);
    usage_text_audit(&t, &row, 0);
    usage_text_end(&t, LEDGER_AUDIT, &none);
    assert_string_equal("{\"entries\":[\n{\"id\":7,\"at\":\"2026-11-18T11:06:40.123Z\",\"who\":"
                        "\"organizer@::1\",\"act\":\"create\",\"room\":\"hall\",\"detail\":"
                        "\"title \\\"\\u003cb>\\\"\"}\n]}\n",
                        t.data);
    text_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_audit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
