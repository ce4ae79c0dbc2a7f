/* Agencies: whose a room is, what they may be called, and every mistake with its line. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char THREE[] =
    "agencies:\n"
    "  list:\n"
    "    - {name: south, prefix: south-, token: sixteen-bytes-of-south, window: 1h}\n"
    "    - {name: north, prefix: north-, title: \"The North\", max_live_rooms: 2,\n"
    "       room_mbps: 20, total_mbps: 30, reader_token: 0123456789abcdef}\n"
    "    - {name: N, prefix: N}\n";

static struct config *load(const char *yaml, const struct config_override *set, size_t n)
{
    struct config *c = NULL;
    assert_int_equal(config_parse(&c, "F", yaml, strlen(yaml), set, n, stderr), 0);
    return c;
}

static const char *owner(const struct config *c, const char *room)
{
    const struct config_agency *a = config_agency_of(c, room);
    return a ? a->name : "organizer";
}

static void test_whose_a_room_is(void **state)
{
    (void)state;
    struct config *c = load(THREE, NULL, 0);
    assert_string_equal(owner(c, "north-1"), "north");
    assert_string_equal(owner(c, "north-"), "north");
    assert_string_equal(owner(c, "north"), "organizer");
    assert_string_equal(owner(c, "north.1"), "organizer");
    assert_string_equal(owner(c, "Nemo"), "N");
    assert_string_equal(owner(c, "nemo"), "organizer");
    assert_string_equal(owner(c, "south-stage"), "south");
    assert_string_equal(owner(c, "zebra"), "organizer");
    assert_string_equal(owner(c, "A"), "organizer");
    const struct config_agency *north = config_find_agency(c, "north");
    assert_int_equal(north->max_live_rooms, 2);
    assert_int_equal(north->room_mbps, 20);
    assert_int_equal(north->total_mbps, 30);
    assert_string_equal(north->reader_token, "0123456789abcdef");
    assert_null(north->token);
    assert_string_equal(config_agency_title(north), "The North");
    assert_string_equal(config_agency_title(config_find_agency(c, "N")), "N");
    assert_null(config_find_agency(c, "norther"));
    assert_int_equal(config_feed_mbps(c, "north-1"), 20);
    assert_int_equal(config_feed_mbps(c, "south-1"), c->limits.feed_mbps);
    c->limits.feed_mbps = 7; /* an agency's may only be less */
    assert_int_equal(config_feed_mbps(c, "north-1"), 7);
    config_free(&c);
}

/* As many agencies as there may be, each with rooms that only it has. */
static void test_many(void **state)
{
    (void)state;
    size_t size = 0;
    char *yaml = NULL, name[32], expected[32];
    FILE *f = open_memstream(&yaml, &size);
    assert_non_null(f);
    fputs("agencies:\n  list:\n", f);
    for (int i = 0; i < CONFIG_AGENCIES_MAX; i++) {
        int n = i * 7919 % CONFIG_AGENCIES_MAX;
        fprintf(f, "    - {name: agency-%d, prefix: a%d-}\n", n, n);
    }
    fclose(f);
    struct config *c = load(yaml, NULL, 0);
    for (int i = 0; i < CONFIG_AGENCIES_MAX; i++) {
        snprintf(name, sizeof name, "a%d-room", i);
        snprintf(expected, sizeof expected, "agency-%d", i);
        assert_string_equal(owner(c, name), expected);
    }
    assert_string_equal(owner(c, "a500-room"), "organizer");
    config_free(&c);
    free(yaml);
}

static void test_windows(void **state)
{
    (void)state;
    static const char yaml[] = "hls: {window: 2h}\n"
                               "rooms: {list: [{name: a-short, window: 1m}, {name: a-none}]}\n"
                               "agencies: {list: [{name: a, prefix: a-, window: 30m}]}\n";
    struct config *c = load(yaml, NULL, 0);
    assert_int_equal(config_window_ms(c, "a-short"), 60000);
    assert_int_equal(config_window_ms(c, "a-none"), 1800000);
    assert_int_equal(config_window_ms(c, "a-unlisted"), 1800000);
    assert_int_equal(config_window_ms(c, "b"), 7200000);
    config_free(&c);
    static const struct config_override many[] = {{"hls.window=0"}, {"hls.window_segments=1000"}};
    c = load(yaml, many, 2); /* 1000 segments of 2 s are more than half an hour */
    assert_int_equal(config_window_ms(c, "a-none"), 1800000);
    assert_int_equal(config_window_ms(c, "b"), 0);
    config_free(&c);
    c = load(yaml, many, 1);
    assert_int_equal(config_window_ms(c, "a-none"), 0);
    config_free(&c);
}

/* Printed with its secrets it reads back to the same; without, there is none in it. */
static void test_printed(void **state)
{
    (void)state;
    static const struct config_override set[] = {{"agencies.list.west.prefix=west-"},
                                                 {"agencies.list.west.token=sixteen-bytes-of-west"},
                                                 {"agencies.list.N.title=\xe4\xb8\xad"}};
    struct config *c = load(THREE, set, 3);
    for (int secrets = 0; secrets < 2; secrets++) {
        char *text = NULL, *again = NULL;
        size_t len;
        FILE *f = open_memstream(&text, &len);
        assert_int_equal(config_print(c, secrets, f), 0);
        fclose(f);
        assert_int_equal(strstr(text, "sixteen-bytes") != NULL, secrets);
        assert_non_null(strstr(text, "    - name: \"west\"\n      prefix: \"west-\"\n"));
        if (secrets) {
            struct config *other = load(text, NULL, 0);
            f = open_memstream(&again, &len);
            assert_int_equal(config_print(other, true, f), 0);
            fclose(f);
            assert_string_equal(text, again);
            config_free(&other);
            free(again);
        }
        free(text);
    }
    config_agencies_forget(c);
    assert_string_equal(config_find_agency(c, "west")->token, "");
    config_free(&c);
}

#define APART "expected a beginning that no other one begins with, got "
#define OWN                                                                                        \
    "expected a token of its own, got one that somebody else has too; \"openssl rand -hex 16\" "   \
    "makes a good one\n"
#define LIST "agencies:\n  list:\n"

static const struct {
    const char *yaml, *set, *expected;
} mistakes[] = {
    {LIST "    - {name: a, prefix: x-}\n    - {name: b, prefix: x-1}\n", NULL,
     "F:4: agencies.list.b.prefix: " APART
     "\"x-1\"; \"x-\" of \"a\" (line 3): a room would be both's\n"},
    {LIST "    - {name: a, prefix: xx}\n    - {name: b, prefix: y}\n    - {name: c, prefix: xx}\n",
     NULL,
     "F:5: agencies.list.c.prefix: " APART
     "\"xx\"; \"xx\" of \"a\" (line 3): a room would be both's\n"},
    {LIST "    - {name: a, prefix: x-}\n", "agencies.list.b.prefix=x",
     "F:2: agencies.list.a.prefix: " APART "\"x-\"; \"x\" of \"b\": a room would be both's\n"},
    {LIST "    - {name: a, prefix: x}\n", "agencies.list.b.title=B",
     "F:2: agencies.list.b.prefix: expected what its rooms' names begin with, got nothing; set "
     "it\n"},
    {LIST "    - {name: a, prefix: x}\n    - {name: a, prefix: y}\n", NULL,
     "F:4: agencies.list.a.name: expected a name of its own, got \"a\" again; line 3 has it "
     "already\n"},
    {LIST "    - name: a\n      title: A\n", NULL,
     "F:3: agencies.list[1]: expected an agency with a prefix, got none; add \"prefix: PREFIX\"\n"},
    {LIST "    - prefix: a\n", NULL,
     "F:3: agencies.list[1]: expected an agency with a name, got none; add \"name: NAME\"\n"},
    {LIST "    - {name: a, prefix: 0123456789012345678901234567890123}\n", NULL,
     "F:3: agencies.list.a.prefix: expected 1 to 32 of A-Z a-z 0-9 . _ - that do not start with a "
     "dot, got \"0123456789012345678901234567890123\"\n"},
    {LIST "    - {name: a, prefix: a/b}\n", NULL,
     "F:3: agencies.list.a.prefix: expected 1 to 32 of A-Z a-z 0-9 . _ - that do not start with a "
     "dot, got \"a/b\"\n"},
    {LIST "    - {name: a, prefix: x, tokn: abc}\n", NULL,
     "F:3: agencies.list.a.tokn: expected a known key, got \"tokn\"; did you mean \"token\"?\n"},
    {LIST "    - {name: a, prefix: x, token: short-secret}\n", NULL,
     "F:3: agencies.list.a.token: expected one line of text, 16 to 128 bytes, got 12 bytes; leave "
     "it out to ask for none\n"},
    {LIST "    - {name: a, prefix: x, max_live_rooms: 0}\n", NULL,
     "F:3: agencies.list.a.max_live_rooms: expected a whole number of rooms from 1 to 10000, got "
     "\"0\"\n"},
    {"agencies: {list: {name: a}}\n", NULL,
     "F:1: agencies.list: expected a list of agencies, each \"- name: NAME, prefix: PREFIX\", or "
     "[], got keys and values; delete it for the default\n"},
    {"agencies: {max: 3}\n", NULL,
     "F:1: agencies.max: expected a known key, got \"max\"; did you mean \"rooms.max\"?\n"},
    {"agency:\n  list: []\n", NULL,
     "F:1: agency: expected a known key, got \"agency\"; --help-config lists them\n"},
    {"access: {organizer_token: sixteen-characters}\n" LIST
     "    - {name: a, prefix: x, token: sixteen-characters}\n",
     NULL, "F:3: agencies.list.a.token: " OWN},
    {LIST "    - {name: a, prefix: x, token: sixteen-characters}\n"
          "    - {name: b, prefix: y, reader_token: sixteen-characters}\n",
     NULL, "F:2: agencies.list.a.token: " OWN "F:2: agencies.list.b.reader_token: " OWN},
    {LIST "    - {name: a, prefix: x, token: sixteen-characters, reader_token: "
          "sixteen-characters}\n",
     NULL, "F:2: agencies.list.a.reader_token: " OWN},
    {"rooms:\n  list: [{name: x-1, window: 2h}]\n" LIST "    - {name: a, prefix: x-, window: 1h}\n",
     NULL,
     "F:2: rooms.list.x-1.window: expected at most 1h, which is agencies.list.a.window, got "
     "\"2h\"\n"},
    {"", "agencies.list.a=b",
     "--set agencies.list.a: expected agencies.list.NAME.KEY=VALUE with an agency's name, such as "
     "agencies.list.north.title=Main\n"},
    {"", "agencies.list.a.token=hunter2",
     "--set agencies.list.a.token: expected one line of text, 16 to 128 bytes, got 7 bytes; leave "
     "it out to ask for none\n"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct config_override set = {mistakes[i].set};
        struct config *c = NULL;
        char *said = NULL;
        size_t len;
        FILE *f = open_memstream(&said, &len);
        int rc = config_parse(&c, "F", mistakes[i].yaml, strlen(mistakes[i].yaml), &set,
                              set.text != NULL, f);
        fclose(f);
        assert_string_equal(said, mistakes[i].expected);
        assert_true(rc < 0);
        assert_null(c);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_a_room_is), cmocka_unit_test(test_many),
        cmocka_unit_test(test_windows),         cmocka_unit_test(test_printed),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
