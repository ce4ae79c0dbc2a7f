/* Every mistake in the words it is answered with: file, line, key, what was expected. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What one attempt to load said; the configuration itself is given up at once. */
struct said {
    int rc;
    char *text;
};

static struct said attempt(const char *yaml, size_t len, const char *set)
{
    struct said s = {0};
    size_t size = 0;
    struct config *c = (struct config *)&s;
    struct config_override o = {set};
    FILE *err = open_memstream(&s.text, &size);
    assert_non_null(err);
    s.rc = config_parse(&c, "F", yaml, len, &o, set ? 1 : 0, err);
    fclose(err);
    assert_int_equal(s.rc == 0, c != NULL);
    config_free(&c);
    return s;
}

static void assert_said(const char *yaml, size_t len, const char *set, const char *expected)
{
    struct said s = attempt(yaml, len, set);
    assert_int_equal(s.rc, -EINVAL);
    assert_string_equal(s.text, expected);
    free(s.text);
}

#define GENERAL_SYNTAX                                                                             \
    "); check the indentation (spaces, no tabs) and quote text that begins with * & [ { or %\n"
#define AN_ADDRESS                                                                                 \
    "a numeric address and port in quotes, such as \"0.0.0.0:9000\" or \"[::]:9000\", got "
#define NO_ANCHORS                                                                                 \
    "expected plain values, got an anchor or alias (& or *); write the value out, or quote the "   \
    "text\n"

static const struct {
    const char *yaml, *expected;
} MISTAKE[] = {
    /* words */
    {"srt:\n  tick_ms: abc\n",
     "F:2: srt.tick_ms: expected a whole number of milliseconds from 1 to 50, got \"abc\"; the "
     "default is 5\n"},
    {"srt:\n\n  # slow\n  tick_ms: 51\n",
     "F:4: srt.tick_ms: expected a whole number of milliseconds from 1 to 50, got \"51\"; the "
     "default is 5\n"},
    {"srt:\n  latency_ms: 010\n",
     "F:2: srt.latency_ms: expected a whole number of milliseconds from 0 to 60000, got \"010\"; "
     "the default is 120\n"},
    {"srt:\n  udp_buffer_bytes: 16 MiB\n",
     "F:2: srt.udp_buffer_bytes: expected a whole number of bytes from 65536 to 1073741824, got "
     "\"16 MiB\"; the default is 16777216\n"},
    {"limits:\n  room_bytes: 99999999999999999999\n",
     "F:2: limits.room_bytes: expected a whole number of bytes from 65536 to 4294967295, got "
     "\"99999999999999999999\"; the default is 536870912\n"},
    {"limits:\n  audio_tracks: -1\n",
     "F:2: limits.audio_tracks: expected a whole number of tracks from 0 to 7, got \"-1\"; the "
     "default is 7\n"},
    {"srt:\n  workers:\nhls:\n  segment_ms: ~\n",
     "F:2: srt.workers: expected a whole number of processes from 0 to 64, got nothing; the "
     "default is 0\n"
     "F:4: hls.segment_ms: expected a whole number of milliseconds from 500 to 10000, got "
     "nothing; the default is 2000\n"},
    {"rooms:\n  open: off\n",
     "F:2: rooms.open: expected true or false, got \"off\"; the default is true\n"},
    {"log:\n  level: loud\n",
     "F:2: log.level: expected one of debug, info, warn, error, got \"loud\"; the default is "
     "info\n"},
    {"srt:\n  listen: localhost:9000\n",
     "F:2: srt.listen: expected " AN_ADDRESS "\"localhost:9000\"; the default is 0.0.0.0:9000\n"},
    {"srt:\n  listen: \"\x1b[2J\\0 a value that is long enough to be cut in the middle of it\"\n",
     "F:2: expected UTF-8 text, got control characters are not allowed; save the file as UTF-8\n"},
    {"srt:\n  listen: \"\\e[2J\\0 a value that is long enough to be cut, \\u4e2d and more, "
     "more\"\n",
     "F:2: srt.listen: expected " AN_ADDRESS "\"\\x1b[2J\\x00 a value that is long enough to be "
     "cut, \xe4\xb8\xad and m...\"; the default is 0.0.0.0:9000\n"},
    /* keys */
    {"srt:\n  listen: 127.0.0.1:0\n  tik_ms: 4\n",
     "F:3: srt.tik_ms: expected a known key, got \"tik_ms\"; did you mean \"srt.tick_ms\"?\n"},
    {"hsl:\n  segment_ms: 1\n",
     "F:1: hsl: expected a known key, got \"hsl\"; did you mean \"hls\"?\n"},
    {"listen: 127.0.0.1:0\n",
     "F:1: listen: expected a known key, got \"listen\"; did you mean \"srt.listen\"?\n"},
    {"srt: {colour: red}\n",
     "F:1: srt.colour: expected a known key, got \"colour\"; --help-config lists them\n"},
    {"srt:\n  tick_ms: 4\n  workers: 2\n  tick_ms: 6\n",
     "F:4: srt.tick_ms: expected once, got again; it stands on line 2 already, delete one\n"},
    {"srt:\n  tick_ms: 4\nsrt:\n  workers: 2\n",
     "F:3: srt: expected once, got again; it stands on line 1 already, delete one\n"},
    {"srt:\n  ? [a, b]\n  : c\n", "F:2: expected a key, got something else left of a colon\n"},
    /* rooms */
    {"rooms:\n  list:\n    - titel: x\n      name: main\n",
     "F:3: rooms.list.main.titel: expected a known key, got \"titel\"; did you mean \"title\"?\n"},
    {"rooms:\n  list:\n    - name: .hidden\n",
     "F:3: rooms.list[1].name: expected 1 to 64 of A-Z a-z 0-9 . _ - that do not start with a dot, "
     "got \".hidden\"\n"},
    {"rooms:\n  list:\n    - name: a\n    - name: b\n    - name: a\n",
     "F:5: rooms.list.a.name: expected a name of its own, got \"a\" again; line 3 has it "
     "already\n"},
    {"rooms:\n  list:\n    - name: a\n      passphrase: hush\n",
     "F:4: rooms.list.a.passphrase: expected one line of text, 10 to 79 bytes, got 4 bytes; leave "
     "it out to ask for none\n"},
    {"rooms:\n  list:\n    - name: a\n      key: null\n",
     "F:4: rooms.list.a.key: expected one line of text, 1 to 128 bytes, got nothing; leave it out "
     "to ask for none\n"},
    {"rooms:\n  list:\n    - name: a\n      key: \"(set)\"\n",
     "F:4: rooms.list.a.key: expected one line of text, 1 to 128 bytes, got 5 bytes; \"(set)\" is "
     "what --check shows in place of a secret, write the secret\n"},
    {"rooms:\n  list:\n    - name: a\n      title: |\n        two\n        lines\n",
     "F:4: rooms.list.a.title: expected one line of text, 1 to 128 bytes, got "
     "\"two\\x0alines\\x0a\"\n"},
    {"rooms:\n  list:\n    - name: a\n      play_out: fast\n",
     "F:4: rooms.list.a.play_out: expected one of auto, classic, got \"fast\"; the default is "
     "auto\n"},
    /* shapes: libcyaml's */
    {"rooms:\n  list:\n    - name: a\n    - title: x\n      key: y\n",
     "F:4: rooms.list[2]: expected a room with a name, got none; add \"name: NAME\"\n"},
    {"rooms:\n  list:\n    - main-stage\n",
     "F:3: rooms.list[1]: expected a room, \"- name: NAME\" and its other keys, got one value or "
     "nothing; delete it for the default\n"},
    {"rooms:\n  list:\n    name: a\n",
     "F:3: rooms.list: expected a list of rooms, each \"- name: NAME\", or [], got keys and "
     "values; delete it for the default\n"},
    {"rooms:\n  list:\n    - name: a\n      title: [x]\n",
     "F:4: rooms.list[1].title: expected one line of text, 1 to 128 bytes, got a list; delete it "
     "for the default\n"},
    {"hls:\n  window_segments: [7]\n",
     "F:2: hls.window_segments: expected a whole number of segments from 6 to 1000, got a list; "
     "delete it for the default\n"},
    {"log:\nsrt:\n  tick_ms: 1\n",
     "F:1: log: expected keys and values indented below it, got one value or nothing; delete it "
     "for the default\n"},
    {"- srt\n",
     "F:1: expected sections such as \"srt:\" with their keys, got a list; delete it for "
     "the default\n"},
    /* YAML */
    {"srt:\n\ttick_ms: 5\n",
     "F:2: expected YAML, got text that is none (found character that cannot start any token "
     "while scanning for the next token" GENERAL_SYNTAX},
    {"http:\n  embed_from: \"https://a.example; script-src *\"\n",
     "F:2: http.embed_from: expected any, self, or origins such as https://www.example.org with "
     "one "
     "blank between them, got \"https://a.example; script-src *\"\n"},
    {"http:\n  listen: *:8080\n",
     "F:2: expected YAML, got text that is none (did not find expected alphabetic or numeric "
     "character while scanning an alias" GENERAL_SYNTAX},
    {"http:\n  listen: [::]:8080\n",
     "F:2: expected YAML, got text that is none (did not find expected node content while "
     "parsing a flow node" GENERAL_SYNTAX},
    {"srt: {tick_ms: 5\n",
     "F:2: expected YAML, got text that is none (did not find expected ',' or '}' while parsing "
     "a flow mapping" GENERAL_SYNTAX},
    {"srt: &a\n  tick_ms: 5\nhls: *a\n", "F:1: " NO_ANCHORS},
    {"srt:\n  tick_ms: *a\n", "F:2: " NO_ANCHORS},
    {"srt:\n  tick_ms: !!int 5\n", "F:2: expected plain values, got a tag (!); quote the text\n"},
    {"srt:\n  tick_ms: 5\n---\nsrt:\n  tick_ms: 6\n",
     "F:3: expected one document, got a second; delete everything from this line on\n"},
    {"a:\n [[[[[[[[x]]]]]]]]\n",
     "F:2: expected at most 8 levels of nesting, got more; see --help-config for the form\n"},
    {"srt:\n  tick_ms: 5\n  listen: \xff\n",
     "F:3: expected UTF-8 text, got invalid leading UTF-8 octet; save the file as UTF-8\n"},
    /* one key against another */
    {"hls:\n  max_target_duration_s: 2\n  segment_ms: 2001\n",
     "F:3: hls.segment_ms: expected at most 2000 milliseconds, which is "
     "hls.max_target_duration_s, got \"2001\"; a segment may not be longer than its playlist "
     "declares\n"},
    {"srt:\n  max_latency_ms: 100\n",
     "F:2: srt.max_latency_ms: expected at least 120 milliseconds, for srt.latency_ms is 120, got "
     "\"100\"; we would refuse publishers for the latency we ask for\n"},
    {"limits:\n  segment_bytes: 65536\n",
     "F:2: limits.segment_bytes: expected at least 4194304 bytes, for limits.access_unit_bytes is "
     "4194304, got \"65536\"; a frame has to fit into a segment\n"},
    {"rooms:\n  max: 1\n  list: [{name: a}, {name: b}]\n",
     "F:2: rooms.max: expected at least 2, the rooms in rooms.list, got \"1\"; raise it\n"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof MISTAKE / sizeof *MISTAKE; i++)
        assert_said(MISTAKE[i].yaml, strlen(MISTAKE[i].yaml), NULL, MISTAKE[i].expected);
}

static const struct {
    const char *set, *expected;
} BAD_SET[] = {
    {"srt.tick_ms=abc", "--set srt.tick_ms=abc: expected a whole number of milliseconds from 1 to "
                        "50, got \"abc\"; the default is 5\n"},
    {"srt.tick_ms=", "--set srt.tick_ms=: expected a whole number of milliseconds from 1 to 50, "
                     "got nothing; the default is 5\n"},
    {"srt.tick_ms", "--set srt.tick_ms: expected KEY=VALUE, such as srt.listen=127.0.0.1:9000\n"},
    {"srt.tik_ms=5",
     "--set srt.tik_ms: expected a known key, got \"srt.tik_ms\"; did you mean \"srt.tick_ms\"?\n"},
    {"=5", "--set : expected a known key, got nothing; --help-config lists them\n"},
    {"srt=5", "--set srt: expected a known key, got \"srt\"; --help-config lists them\n"},
    {"srt.listen=*", "--set srt.listen=*: expected " AN_ADDRESS "\"*\"; the default is "
                     "0.0.0.0:9000\n"},
    {"rooms.list.x.key=", "--set rooms.list.x.key: expected one line of text, 1 to 128 bytes, got "
                          "nothing; leave it out to ask for none\n"},
    /* A secret is not repeated, not even under a mistyped key. */
    {"rooms.list.x.passphrase=hush",
     "--set rooms.list.x.passphrase: expected one line of text, 10 to 79 bytes, got 4 bytes; leave "
     "it out to ask for none\n"},
    {"rooms.list.x.pasphrase=long-and-secret",
     "--set rooms.list.x.pasphrase: expected a known key, got \"pasphrase\"; did you mean "
     "\"passphrase\"?\n"},
    {"access.organizer_token=hunter2secret",
     "--set access.organizer_token: expected one line of text, 16 to 128 bytes, got 13 bytes; "
     "leave it out to ask for none\n"},
    {"rooms.list..x.key=a", "--set rooms.list..x.key: expected rooms.list.NAME.KEY=VALUE with a "
                            "room's name, such as rooms.list.main-stage.title=Main\n"},
    {"rooms.list.x.name=y", "--set rooms.list.x.name: expected another key after a room's "
                            "name, such as title, got \"name\"; naming a room makes it\n"},
    {"hls.window=5h", "--set hls.window=5h: expected a duration such as 90s, 15m or 2h, from 0s to "
                      "14400s, got \"5h\"; the default is 0\n"},
    {"hls.part_uris=both", "--set hls.part_uris=both: expected one of number, range, got \"both\"; "
                           "the default is number\n"},
    {"rooms.list.x.low_latency=1",
     "--set rooms.list.x.low_latency: expected true or false, got \"1\"\n"},
    {"rooms.list.x.title=\xff", "--set rooms.list.x.title: expected one line of text, 1 to 128 "
                                "bytes, got \"\\xff\"\n"},
    {"srt.max_latency_ms=50",
     "--set srt.max_latency_ms=50: expected at least 120 milliseconds, for srt.latency_ms is 120, "
     "got \"50\"; we would refuse publishers for the latency we ask for\n"},
};

static void test_bad_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD_SET / sizeof *BAD_SET; i++)
        assert_said("", 0, BAD_SET[i].set, BAD_SET[i].expected);
}

/* One run shows all, in the order of the file, and stops at a readable number. */
static void test_many_mistakes(void **state)
{
    (void)state;
    static const char three[] = "srt:\n  tick_ms: x\n  workers: x\nlog:\n  level: x\n";
    assert_said(three, strlen(three), NULL,
                "F:2: srt.tick_ms: expected a whole number of milliseconds from 1 to 50, got "
                "\"x\"; the default is 5\n"
                "F:3: srt.workers: expected a whole number of processes from 0 to 64, got \"x\"; "
                "the default is 0\n"
                "F:5: log.level: expected one of debug, info, warn, error, got \"x\"; the default "
                "is info\n");
    char yaml[4096] = "srt:\n";
    for (int i = 0; i < 100; i++)
        snprintf(yaml + strlen(yaml), 32, "  unknown_%d: 1\n", i);
    struct said s = attempt(yaml, strlen(yaml), NULL);
    size_t lines = 0;
    for (const char *p = s.text; (p = strchr(p, '\n')); p++)
        lines++;
    assert_true(lines <= 21);
    free(s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_bad_sets),
        cmocka_unit_test(test_many_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
