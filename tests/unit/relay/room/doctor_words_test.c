/* Every finding can be said in both languages, with the same values, and names a setting. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doctor_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SENTENCE_MAX = 400 };

/* Which of {a}, {b}, {c} a sentence has; anything else in braces is a mistake. */
static unsigned parameters(const char *s)
{
    unsigned set = 0;
    for (s = strchr(s, '{'); s; s = strchr(s + 1, '{')) {
        assert_in_range(s[1], 'a', 'a' + DOCTOR_PARAMETERS - 1);
        assert_int_equal('}', s[2]);
        set |= 1u << (s[1] - 'a');
    }
    return set;
}

static void test_both_languages(void **state)
{
    (void)state;
    for (enum doctor_check k = 0; k < DOCTOR_CHECKS; k++) {
        const struct doctor_words *w = doctor_words(k);
        assert_non_null(w->id);
        for (size_t l = 0; l < DOCTOR_LANGUAGES; l++) {
            assert_non_null(w->says[l]);
            assert_in_range(strlen(w->says[l]), 30, SENTENCE_MAX);
        }
        const char *en = w->says[DOCTOR_EN], *zh = w->says[DOCTOR_ZH];
        assert_int_equal(parameters(en), parameters(zh));
        assert_true(strstr(en, "Settings >") || strstr(en, "Edit >"));
        assert_true(strstr(zh, "设置 >") || strstr(zh, "编辑 >"));
        assert_int_equal('.', en[strlen(en) - 1]);
        assert_string_equal("。", zh + strlen(zh) - strlen("。"));
        for (const char *c = en; *c; c++) /* it goes into the log between quotation marks */
            assert_true(*c >= ' ' && *c <= '~' && *c != '"');
        assert_null(strstr(zh, ") "));
        assert_null(strstr(zh, "） "));
    }
}

static void test_ids(void **state)
{
    (void)state;
    for (enum doctor_check k = 0; k < DOCTOR_CHECKS; k++) {
        const char *id = doctor_words(k)->id;
        assert_int_equal(strlen(id), strspn(id, "abcdefghijklmnopqrstuvwxyz_"));
        for (enum doctor_check i = 0; i < k; i++)
            assert_string_not_equal(id, doctor_words(i)->id);
    }
}

/* Bytes of a UTF-8 sequence all go through, and every value is put in. */
static void test_saying(void **state)
{
    const uint32_t values[DOCTOR_PARAMETERS] = {104, 400, 1600000};
    struct text t;
    (void)state;
    text_init(&t);
    doctor_say(&t, DOCTOR_KEYFRAME_INTERVAL, DOCTOR_EN, values);
    assert_memory_equal("Keyframes are 10.4 s apart", t.data, 26);
    assert_non_null(strstr(t.data, "set Keyframe Interval to 2 s."));
    text_clear(&t);
    doctor_say(&t, DOCTOR_KEYFRAME_INTERVAL, DOCTOR_ZH, values);
    assert_non_null(strstr(t.data, "关键帧相隔 10.4 秒"));
    assert_non_null(strstr(t.data, "“关键帧间隔”设为 2 秒。"));
    text_clear(&t);
    doctor_say(&t, DOCTOR_LATENCY, DOCTOR_EN, values);
    assert_non_null(strstr(t.data, "latency of 104 ms is short for a round trip of 400 ms"));
    assert_non_null(strstr(t.data, "srt://...?latency=1600000"));
    assert_null(strchr(t.data, '{'));
    text_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_languages),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_saying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
