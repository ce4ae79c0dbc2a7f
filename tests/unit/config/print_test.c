/* What is printed is read back to the same; the example file is the table's. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/keys.h"
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

/* The unit tests run in the top of the tree. */
static const char EXAMPLE[] = "config/roomcast.conf";

static struct config *parse(const char *yaml, const struct config_override *set, size_t n)
{
    struct config *c = NULL;
    assert_int_equal(config_parse(&c, "test", yaml, strlen(yaml), set, n, stderr), 0);
    return c;
}

static char *print(const struct config *c, bool with_secrets)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    assert_int_equal(config_print(c, with_secrets, f), 0);
    fclose(f);
    return text;
}

/* The text lives until the next call. */
static char *describe(void)
{
    static char text[64 * 1024];
    FILE *f = fmemopen(text, sizeof text - 1, "w");
    assert_non_null(f);
    config_describe(f);
    assert_false(ferror(f));
    fclose(f);
    return text;
}

/* Printed, read and printed again: equal texts are equal values, since every key is printed. */
static void assert_round_trip(const struct config *c)
{
    char *first = print(c, true);
    struct config *again = parse(first, NULL, 0);
    char *second = print(again, true);
    assert_string_equal(first, second);
    free(first);
    free(second);
    config_free(&again);
}

static void test_defaults_round_trip(void **state)
{
    (void)state;
    struct config *c = parse("", NULL, 0);
    char *text = print(c, false);
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        char line[128];
        enum key_type type = config_keys[i].type;
        bool quoted = type == KEY_ADDRESS || type == KEY_TEXT || type == KEY_FILE ||
                      type == KEY_PATH || type == KEY_SECRET || type == KEY_SIGNS;
        const char *quote = quoted ? "\"" : "";
        snprintf(line, sizeof line, "\n  %s: %s%s%s\n", config_keys[i].name, quote,
                 config_keys[i].standard, quote);
        assert_non_null(strstr(text, line));
    }
    free(text);
    assert_round_trip(c);
    config_free(&c);
}

static void test_extremes_round_trip(void **state)
{
    (void)state;
    for (int high = 0; high < 2; high++) {
        char text[CONFIG_KEYS][128];
        struct config_override set[CONFIG_KEYS + 4];
        size_t n = 0;
        for (size_t i = 0; i < CONFIG_KEYS; i++) {
            const struct key *k = &config_keys[i];
            if (k->type != KEY_COUNT)
                continue;
            /* The cross-checks leave these three no choice at the lower end. */
            bool bound = strcmp(k->name, "max_age_ms") == 0 ||
                         strcmp(k->name, "max_latency_ms") == 0 ||
                         strcmp(k->name, "max_target_duration_s") == 0;
            snprintf(text[n], sizeof text[n], "%s.%s=%u", k->section, k->name,
                     high || bound ? k->max : k->min);
            set[n] = (struct config_override){text[n]};
            n++;
        }
        set[n++].text = high ? "rooms.open=no" : "rooms.open=yes";
        set[n++].text = high ? "log.level=error" : "log.level=debug";
        set[n++].text = "srt.listen=[2001:db8::1]:0";
        set[n++].text = "http.listen=*:65535";
        struct config *c = parse("", set, n);
        assert_int_equal(c->rooms.open, !high);
        assert_int_equal(c->limits.room_bytes, high ? UINT32_MAX : 65536);
        assert_round_trip(c);
        config_free(&c);
    }
}

static const char ROOMS[] = "rooms:\n"
                            "  list:\n"
                            "    - name: zebra\n"
                            "      title: \"Zebra \\\"1\\\" \\\\ \xc3\xa9 # no: comment\"\n"
                            "      key: \"null\"\n"
                            "      passphrase: '  ten bytes at least  '\n"
                            "      play_out: classic\n"
                            "      takeover: refuse\n"
                            "      low_latency: false\n"
                            "      part_ms: 334\n"
                            "      window: 15m\n"
                            "      ts: true\n"
                            "    - {name: '1234', title: 'true', key: '~'}\n"
                            "    - {name: a.b-c_d, title: '- *x &y !z %a @b `c {d} [e]'}\n";

static void test_rooms_round_trip(void **state)
{
    (void)state;
    struct config *c = parse(ROOMS, NULL, 0);
    assert_int_equal(c->rooms.list_count, 3);
    const struct config_room *r = config_find_room(c, "zebra");
    assert_non_null(r);
    assert_string_equal(r->title, "Zebra \"1\" \\ \xc3\xa9 # no: comment");
    assert_string_equal(r->key, "null");
    assert_string_equal(r->passphrase, "  ten bytes at least  ");
    assert_int_equal(r->play_out, PLAY_OUT_CLASSIC);
    assert_int_equal(r->takeover, ROOM_TAKEOVER_REFUSE);
    assert_int_equal(r->low_latency, ROOM_SWITCH_OFF);
    assert_int_equal(r->part_ms, 334);
    assert_string_equal(r->window, "15m");
    assert_true(r->ts);
    char *text = print(c, true), *last = strstr(text, "part_ms: 334");
    assert_non_null(last); /* what a room does not say is not printed: zebra is the last one */
    assert_ptr_equal(strstr(strstr(text, "rooms:"), "part_ms"), last);
    free(text);
    assert_round_trip(c);
    config_free(&c);
}

/* What hides the secrets must not be usable as a configuration with known secrets. */
static void test_secrets_are_hidden(void **state)
{
    (void)state;
    struct config *c = parse(ROOMS, NULL, 0), *again = NULL;
    char *text = print(c, false), *faults = NULL;
    size_t len = 0;
    assert_null(strstr(text, "ten bytes"));
    assert_null(strstr(text, "\"null\""));
    assert_non_null(strstr(text, "      key: \"(set)\"\n      passphrase: \"(set)\"\n"));
    FILE *err = open_memstream(&faults, &len);
    assert_int_not_equal(config_parse(&again, "shown", text, strlen(text), NULL, 0, err), 0);
    fclose(err);
    assert_non_null(strstr(faults, "\"(set)\" is what --check shows in place of a secret"));
    free(faults);
    free(text);
    config_free(&c);
}

static void test_example_file(void **state)
{
    (void)state;
    char *text = describe(), file[64 * 1024];
    FILE *f = fopen(EXAMPLE, "r");
    if (!f)
        fail_msg("%s cannot be read; run the tests in the top of the tree", EXAMPLE);
    file[fread(file, 1, sizeof file - 1, f)] = '\0';
    fclose(f);
    /* After a change of the table: build/roomcast --help-config > config/roomcast.conf */
    assert_string_equal(file, text);

    struct config *c = parse(text, NULL, 0), *standard = parse("", NULL, 0);
    char *a = print(c, true), *b = print(standard, true);
    assert_string_equal(a, b);
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        assert_non_null(strstr(text, config_keys[i].help));
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        assert_non_null(strstr(text, room_keys[i].help));
    free(a);
    free(b);
    config_free(&c);
    config_free(&standard);
}

/* The room in the comment is one that works once the marks are taken away. */
static void test_example_room(void **state)
{
    (void)state;
    char *text = describe();
    char *list = strstr(text, "  list: []\n"), *commented = strstr(text, "  # list:\n");
    assert_true(list && commented && commented > list);
    memset(list, ' ', strlen("  list: []"));
    for (char *line = commented; strncmp(line, "  # ", 4) == 0; line = strchr(line, '\n') + 1)
        memmove(line + 2, line + 4, strlen(line + 4) + 1);
    struct config *c = parse(text, NULL, 0);
    assert_int_equal(c->rooms.list_count, 1);
    assert_string_equal(c->rooms.list->name, "main-stage");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++)
        assert_false(value_is_absent(&room_keys[i], c->rooms.list));
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_round_trip), cmocka_unit_test(test_extremes_round_trip),
        cmocka_unit_test(test_rooms_round_trip),    cmocka_unit_test(test_secrets_are_hidden),
        cmocka_unit_test(test_example_file),        cmocka_unit_test(test_example_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
