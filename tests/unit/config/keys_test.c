/* The table agrees with the struct, with itself, and with what people mistype. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/duration.h"
#include "config/keys.h"
#include "config/nearest.h"
#include "config/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t size_of(const struct key *k)
{
    switch (k->type) {
    case KEY_COUNT:
        return sizeof(uint32_t);
    case KEY_BOOL:
        return sizeof(bool);
    case KEY_CHOICE:
        return sizeof(enum play_out);
    case KEY_SWITCH:
        return sizeof(enum room_switch);
    default:
        return sizeof(char *);
    }
}

/* Every byte of the struct belongs to exactly one key, to a list, or to padding. */
static void test_members(void **state)
{
    (void)state;
    unsigned char owner[sizeof(struct config)] = {0};
    size_t covered = 0;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        for (size_t b = 0; b < size_of(&config_keys[i]); b++) {
            assert_int_equal(owner[config_keys[i].offset + b], 0);
            owner[config_keys[i].offset + b] = 1;
            covered++;
        }
    }
    covered += CONFIG_LISTS * (sizeof(void *) + sizeof(uint32_t));
    assert_true(covered <= sizeof(struct config));
    /* A forgotten member would leave more than alignment can: 4 bytes per section, 3 per bool. */
    assert_true(sizeof(struct config) - covered <= 4 * CONFIG_SECTIONS + 6);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct key *k = &config_keys[i];
        char path[KEY_PATH_SIZE];
        assert_non_null(key_section_find(k->section));
        assert_ptr_equal(key_find(k->section, k->name), k);
        assert_non_null(k->standard);
        assert_int_equal(value_check(k, k->standard, strlen(k->standard)), 0);
        assert_true(k->type != KEY_COUNT || (k->unit && k->min < k->max));
        assert_int_equal(k->help[strlen(k->help) - 1], '.');
        key_path(k, path);
        assert_true(strlen(path) + 1 < KEY_PATH_SIZE);
    }
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        assert_ptr_equal(key_find_in_room(room_keys[i].name), &room_keys[i]);
    assert_null(key_find("srt", "nothing"));
    assert_null(key_find("hls", "tick_ms"));
    assert_null(key_find_in_room("listen"));
}

static void check(const struct key *k, const char *text, bool allowed)
{
    if ((value_check(k, text, strlen(text)) == 0) != allowed)
        fail_msg("%s \"%s\" should %sbe allowed", k->name, text, allowed ? "" : "not ");
}

static void test_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct key *k = &config_keys[i];
        char text[32];
        if (k->type != KEY_COUNT)
            continue;
        snprintf(text, sizeof text, "%u", k->min);
        check(k, text, true);
        snprintf(text, sizeof text, "%u", k->max);
        check(k, text, true);
        snprintf(text, sizeof text, "%llu", k->max + 1ULL);
        check(k, text, false);
        snprintf(text, sizeof text, "%lld", k->min - 1LL);
        check(k, text, false);
    }
    const struct key *k = key_find("srt", "workers");
    check(k, "0", true);
    static const char *const bad[] = {
        "",    "00", "07", "+1",  "-0", "1.0",        "1e1",
        "0x1", " 1", "1 ", "1_0", "1k", "4294967297", "18446744073709551617"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(k, bad[i], false);
}

static void test_texts(void **state)
{
    (void)state;
    char text[256];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        const struct key *k = &room_keys[i];
        if (k->type != KEY_NAME && k->type != KEY_TEXT && k->type != KEY_SECRET)
            continue;
        assert_int_equal(value_check(k, text, k->min), 0);
        assert_int_equal(value_check(k, text, k->max), 0);
        assert_int_not_equal(value_check(k, text, k->min - 1), 0);
        assert_int_not_equal(value_check(k, text, k->max + 1), 0);
    }
    const struct key *title = key_find_in_room("title"), *key = key_find_in_room("key");
    check(title, "\xe4\xb8\xbb\xe8\x88\x9e\xe5\x8f\xb0, \"Stage\" \\ 1", true);
    check(title, "two\nlines", false);
    check(title, "\xff", false);
    check(title, "(set)", true);
    check(key, "(set)", false);
    check(key, "(set) ", true);
    check(key_find("rooms", "open"), "off", false);
    check(key_find("rooms", "open"), "YES", true);
    check(key_find("rooms", "open"), "1", false);
    check(key_find("log", "level"), "Info", false);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds;
    } good[] = {{"0", 0},   {"0s", 0},    {"90", 90},   {"90s", 90},
                {"1m", 60}, {"15m", 900}, {"2h", 7200}, {"999999999", 999999999}};
    static const char *const bad[] = {"",    "s",  "m",  "-1",      "1.5m",
                                      "1 m", "m1", "1M", "01m",     "00",
                                      "1mm", "1d", "+1", "900000h", "1000000000"};
    uint32_t seconds;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(duration_parse(good[i].text, strlen(good[i].text), &seconds), 0);
        assert_int_equal(seconds, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(duration_parse(bad[i], strlen(bad[i]), &seconds), 0);
    const struct key *k = key_find_in_room("window");
    check(k, "4h", true);
    check(k, "14401", false);
}

static void test_room_names(void **state)
{
    (void)state;
    char longest[ROOM_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest);
    assert_true(room_name_is_valid(longest, ROOM_NAME_MAX));
    assert_false(room_name_is_valid(longest, ROOM_NAME_MAX + 1));
    static const char *const good[] = {"a", "0", "-", "_", "A.b_c-9", "a..b"};
    static const char *const bad[] = {"", ".", ".a", "..", "a/b", "a b", "a%", "\xc3\xa9", "a\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(room_name_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(room_name_is_valid(bad[i], strlen(bad[i])));
    assert_false(room_name_is_valid("a\0b", 3));
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *wrote, *meant;
    } row[] = {
        {"srt.tik_ms", "srt.tick_ms"},
        {"srt.tcik_ms", "srt.tick_ms"},
        {"tick_ms", "srt.tick_ms"},
        {"hls.tick_ms", "srt.tick_ms"},
        {"http.listne", "http.listen"},
        {"srt.listen_", "srt.listen"},
        {"hsl", "hls"},
        {"room", "rooms"},
        {"logs", "log"},
        {"rooms.lst", "rooms.list"},
        {"rooms.list", "rooms.list"},
        {"limit.feed_mbps", "limits.feed_mbps"},
        {"http.max_connection", "http.max_connections"},
        {"something.else", ""},
        {"q", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char out[KEY_PATH_SIZE];
        nearest_key(row[i].wrote, out);
        assert_string_equal(out, row[i].meant);
    }
    char huge[5000], out[KEY_PATH_SIZE];
    memset(huge, 'a', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    nearest_key(huge, out);
    assert_string_equal(out, "");
    assert_string_equal(nearest_list_key(&config_lists[LIST_ROOMS], "pasphrase"), "passphrase");
    assert_string_equal(nearest_list_key(&config_lists[LIST_ROOMS], "titel"), "title");
    assert_null(nearest_list_key(&config_lists[LIST_ROOMS], "colour"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),   cmocka_unit_test(test_rows),
        cmocka_unit_test(test_ranges),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_durations), cmocka_unit_test(test_room_names),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
