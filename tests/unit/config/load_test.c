/* Loading: defaults, every key from the file and from --set, files and their limits. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/inspect.h"
#include "config/keys.h"
#include "config/value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct config *load(const char *yaml, const struct config_override *set, size_t n)
{
    struct config *c = NULL;
    assert_int_equal(config_parse(&c, "F", yaml, strlen(yaml), set, n, stderr), 0);
    return c;
}

static void test_defaults(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "\n", "# nothing\n", "{}", "rooms: {list: []}"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct config *c = load(empty[i], NULL, 0);
        assert_string_equal(c->srt.listen, "0.0.0.0:9000");
        assert_int_equal(c->srt.workers, 0);
        assert_int_equal(c->srt.tick_ms, 5);
        assert_int_equal(c->srt.latency_ms, 120);
        assert_int_equal(c->srt.max_latency_ms, 8000);
        assert_int_equal(c->srt.peer_idle_ms, 8000);
        assert_int_equal(c->srt.flow_window, 4096);
        assert_int_equal(c->srt.udp_buffer_bytes, 16777216);
        assert_int_equal(c->srt.handshakes_per_s, 200);
        assert_string_equal(c->http.listen, "0.0.0.0:8080");
        assert_int_equal(c->http.threads, 0);
        assert_int_equal(c->http.max_connections, 20000);
        assert_int_equal(c->http.max_connections_per_address, 1000);
        assert_int_equal(c->http.max_head_bytes, 8192);
        assert_int_equal(c->http.head_timeout_ms, 5000);
        assert_int_equal(c->http.idle_timeout_ms, 15000);
        assert_int_equal(c->http.send_timeout_ms, 10000);
        assert_int_equal(c->http.min_rate_bytes, 16384);
        assert_int_equal(c->http.max_age_ms, 600000);
        assert_string_equal(c->http.embed_from, "any");
        assert_string_equal(c->https.listen, "");
        assert_int_equal(c->https.max_handshakes_per_address, 200);
        assert_int_equal(c->hls.segment_ms, 2000);
        assert_int_equal(c->hls.max_target_duration_s, 10);
        assert_int_equal(c->hls.window_segments, 7);
        assert_string_equal(c->hls.window, "0");
        assert_true(c->hls.low_latency);
        assert_int_equal(c->hls.part_ms, 500);
        assert_int_equal(c->hls.part_uris, PART_URIS_NUMBER);
        assert_true(c->rooms.open);
        assert_int_equal(c->rooms.max, 1000);
        assert_int_equal(c->rooms.resume_s, 900);
        assert_int_equal(c->rooms.list_count, 0);
        assert_null(config_find_room(c, "any"));
        assert_int_equal(c->limits.feed_mbps, 120);
        assert_int_equal(c->limits.access_unit_bytes, 4194304);
        assert_int_equal(c->limits.segment_bytes, 67108864);
        assert_int_equal(c->limits.room_bytes, 536870912);
        assert_int_equal(c->limits.audio_tracks, 7);
        assert_string_equal(c->log.level, "info");
        config_free(&c);
        assert_null(c);
        config_free(&c);
    }
}

/* One that needs no other key. */
static size_t choice_of(const struct key *k)
{
    return strcmp(k->name, "access") == 0 ? 0 : strcmp(k->name, "fill") == 0 ? 2 : 1;
}

/* The same value through the file and through --set, for each key of the table. */
static void test_every_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct key *k = &config_keys[i];
        char value[64], yaml[256], set[256], shown[2][128];
        if (k->type == KEY_COUNT) /* one beside the default keeps the cross-checks content */
            snprintf(value, sizeof value, "%ld",
                     atol(k->standard) + (atol(k->standard) < k->max ? 1 : -1));
        else
            snprintf(value, sizeof value, "%s",
                     k->type == KEY_BOOL       ? "false"
                     : k->type == KEY_WORD     ? "error"
                     : k->type == KEY_CHOICE   ? k->words[choice_of(k)]
                     : k->type == KEY_DURATION ? "15m"
                     : k->type == KEY_SIGNS    ? "k=0123456789abcdef0123456789abcdef"
                     : k->type == KEY_TEXT && strcmp(k->name, "embed_from") == 0
                         ? "https://a.example:444"
                         : "[2001:db8::77]:0");
        bool hook = strcmp(k->section, "hooks") == 0; /* an address is signed with something */
        if (hook && k->type == KEY_TEXT)
            snprintf(value, sizeof value, "%s",
                     strcmp(k->name, "url") == 0 ? "https://a.example:444/b" : "room.live");
        snprintf(yaml, sizeof yaml, "%s:\n  %s: \"%s\"\n", k->section, k->name, value);
        snprintf(set, sizeof set, "%s.%s=%s", k->section, k->name, value);
        /* an address for HTTPS is none without these two */
        bool https = strcmp(k->section, "https") == 0 && strcmp(k->name, "listen") == 0;
        struct config_override all[] = {{"https.key=k"}, {"https.certificate=c"}, {set}};
        if (hook && strcmp(k->name, "url") == 0)
            all[0].text = "hooks.secret=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        bool more = https || (hook && strcmp(k->name, "url") == 0);
        struct config *c[2] = {load(yaml, all, more ? 2 : 0),
                               load("", more ? all : all + 2, more ? 3 : 1)};
        for (size_t n = 0; n < 2; n++) {
            FILE *out = fmemopen(shown[n], sizeof shown[n], "w");
            assert_non_null(out);
            value_print(k, c[n], true, out);
            fclose(out);
            assert_non_null(strstr(shown[n], value));
            config_free(&c[n]);
        }
        assert_string_equal(shown[0], shown[1]);
    }
}

static int judge_pair(void *ctx, const char *certificate, const char *key, bool *in_key, char *why,
                      size_t size)
{
    assert_string_equal(certificate, "c.pem");
    assert_string_equal(key, "k.pem");
    snprintf(why, size, "expected better");
    *in_key = *(bool *)ctx;
    return -EINVAL;
}

/* Both files are named and judged, but only when there is an address to serve them at. */
static void test_https(void **state)
{
    (void)state;
    static const char bare[] = "https: {listen: \"*:1\"}";
    static const char half[] = "https:\n  listen: \"*:1\"\n  certificate: c\n";
    static const char whole[] = "https:\n  listen: \"*:1\"\n  certificate: c.pem\n  key: k.pem\n";
    bool in_key = false;
    assert_said(bare, sizeof bare - 1, NULL,
                "F:1: https.certificate: expected a file with the certificate when https.listen is "
                "set; name it\n");
    assert_said(half, sizeof half - 1, NULL,
                "F:3: https.key: expected the file with the certificate's key; name it\n");
    inspect_by(NULL, judge_pair, &in_key);
    assert_said(whole, sizeof whole - 1, NULL, "F:3: https.certificate: expected better\n");
    in_key = true;
    assert_said(whole, sizeof whole - 1, NULL, "F:4: https.key: expected better\n");
    struct config *c = load(whole, &(struct config_override){"https.listen="}, 1);
    config_free(&c);
    inspect_by(NULL, NULL, NULL);
    c = load(whole, NULL, 0);
    config_free(&c);
}

#define SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

/* What is sent is signed, and nobody reads the secret out of a message. */
static void test_hooks(void **state)
{
    (void)state;
    static const char bare[] = "hooks: {url: \"https://a.example/key\"}";
    static const char half[] = "hooks:\n  url: \"https://a.example/ http://b.example:80/\"\n"
                               "  secret: \"1=" SECRET "\"\n";
    static const char wrong[] = "hooks:\n  url: https://me:pass@a.example/\n  secret: nothing\n"
                                "  events: room.lively\n";
    static const char bad[] = "hooks:\n  url: https://a.example/\n  secret: whsec_short\n";
    static const char ca[] = "hooks:\n  url: https://a.example/\n  secret: " SECRET "\n"
                             "  ca: /nowhere/at/all.pem\n";
    bool in_key;
    assert_said(bare, sizeof bare - 1, NULL,
                "F:1: hooks.secret: expected a secret for https://a.example; make one with: echo "
                "whsec_$(openssl rand -base64 32)\n");
    assert_said(half, sizeof half - 1, NULL,
                "F:2: hooks.secret: expected a secret for http://b.example:80; make one with: echo "
                "whsec_$(openssl rand -base64 32)\n");
    assert_said(wrong, sizeof wrong - 1, NULL,
                "F:2: hooks.url: expected addresses without a name and password; the signature "
                "says who sends\n"
                "F:4: hooks.events: expected all, or some of feed.started feed.stopped "
                "feed.unhealthy feed.healthy room.live room.silent with one blank between them, "
                "got \"room.lively\"\n");
    assert_said(bad, sizeof bad - 1, NULL,
                "F:3: hooks.secret: expected secrets of the form whsec_BASE64 (24 to 64 bytes) "
                "with one blank between them, or 2=whsec_BASE64 for the second address\n");
    inspect_by(NULL, judge_pair, &in_key);
    assert_said(ca, sizeof ca - 1, NULL,
                "F:4: hooks.ca: expected a file that can be read, got \"/nowhere/at/all.pem\"\n");
    inspect_by(NULL, NULL, NULL); /* who may open no files believes who has */
    struct config *c = load(ca, NULL, 0);
    assert_string_equal(c->hooks.ca, "/nowhere/at/all.pem");
    config_free(&c);
}

static void test_rooms_by_set(void **state)
{
    (void)state;
    static const struct config_override set[] = {
        {"rooms.list.b.title=B again"},
        {"rooms.list.c.d-1.key=k=e.y"},
        {"rooms.list.c.d-1.passphrase=ten-bytes-x"},
        {"rooms.list.c.d-1.play_out=classic"},
        {"rooms.list.a.key=first"},
        {"rooms.list.a.key=second"},
        {"rooms.open=no"},
    };
    struct config *c = load("rooms:\n  list:\n    - {name: b, title: B, key: kept}\n", set, 7);
    assert_int_equal(c->rooms.list_count, 3);
    assert_false(c->rooms.open);
    assert_string_equal(config_find_room(c, "a")->key, "second");
    assert_string_equal(config_find_room(c, "b")->title, "B again");
    assert_string_equal(config_find_room(c, "b")->key, "kept");
    const struct config_room *r = config_find_room(c, "c.d-1");
    assert_string_equal(r->key, "k=e.y");
    assert_string_equal(r->passphrase, "ten-bytes-x");
    assert_int_equal(r->play_out, PLAY_OUT_CLASSIC);
    assert_null(r->title);
    assert_null(config_find_room(c, ""));
    assert_null(config_find_room(c, "bb"));
    config_free(&c);
}

/* A room's own values go before the global ones; rooms that are not listed have only those. */
static void test_room_values(void **state)
{
    (void)state;
    static const char yaml[] =
        "hls: {window: 10m, part_ms: 1000}\n"
        "rooms:\n"
        "  list:\n"
        "    - {name: a, low_latency: No, part_ms: 334, window: 15m, ts: yes}\n"
        "    - {name: b, low_latency: TRUE, window: 0}\n"
        "    - {name: c, part_ms: 2000}\n";
    struct config *c = load(yaml, NULL, 0);
    assert_false(config_low_latency(c, "a"));
    assert_int_equal(config_part_ms(c, "a"), 334);
    assert_int_equal(config_window_ms(c, "a"), 900000);
    assert_true(config_wants_ts(c, "a"));
    assert_true(config_low_latency(c, "b"));
    assert_int_equal(config_part_ms(c, "b"), 1000);
    assert_int_equal(config_window_ms(c, "b"), 0);
    assert_true(config_low_latency(c, "d"));
    assert_int_equal(config_window_ms(c, "d"), 600000);
    assert_false(config_wants_ts(c, "d"));
    config_free(&c);
    static const struct config_override set[] = {{"hls.segment_ms=1500"},
                                                 {"hls.low_latency=false"},
                                                 {"rooms.list.e.low_latency=true"},
                                                 {"rooms.list.e.window=2h"}};
    c = load(yaml, set, 4);
    assert_int_equal(config_part_ms(c, "c"), 1500); /* a part is no longer than a segment */
    assert_false(config_low_latency(c, "d"));
    assert_true(config_low_latency(c, "e"));
    assert_int_equal(config_window_ms(c, "e"), 7200000);
    config_free(&c);
}

/* Ten thousand rooms are read and found; one more is not, whether listed or set. */
static void test_many_rooms(void **state)
{
    (void)state;
    size_t size = 0;
    char *yaml = NULL, name[32];
    FILE *f = open_memstream(&yaml, &size);
    assert_non_null(f);
    fputs("rooms:\n  max: 10000\n  list:\n", f);
    for (int i = 0; i < CONFIG_ROOMS_MAX; i++)
        fprintf(f, "    - name: room-%d\n      key: key-%d\n", i * 7919 % CONFIG_ROOMS_MAX, i);
    fflush(f);
    struct config_override extra = {"rooms.list.one-more.key=x"};
    struct config *c = load(yaml, NULL, 0);
    for (int i = 0; i < CONFIG_ROOMS_MAX; i++) {
        snprintf(name, sizeof name, "room-%d", i);
        assert_string_equal(config_find_room(c, name)->name, name);
    }
    config_free(&c);
    assert_said(yaml, size, extra.text,
                "F:3: rooms.list: expected at most 10000 rooms, got 10001\n");
    fputs("    - name: one-more\n", f);
    fclose(f);
    assert_said(yaml, size, NULL, "F:3: rooms.list: expected at most 10000 rooms, got 10001\n");
    free(yaml);
}

/* A file in a folder of its own, which goes with it. */
static char folder[] = "/tmp/config_test.XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/f.conf", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text, size_t len, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static int load_file(const char *name, char said[static 512])
{
    struct config *c;
    memset(said, 0, 512);
    FILE *err = fmemopen(said, 511, "w");
    assert_non_null(err);
    int rc = config_load(&c, name, NULL, 0, err);
    fclose(err);
    assert_int_equal(rc == 0, c != NULL);
    config_free(&c);
    return rc;
}

static void test_files(void **state)
{
    (void)state;
    static const char keyed[] = "rooms: {list: [{name: a, key: b}]}\n";
    char said[512], expected[512];
    assert_int_equal(load_file(NULL, said), 0);
    assert_string_equal(said, "");

    snprintf(expected, sizeof expected,
             "%s: expected a file that can be read, got \"No such file or directory\"\n", path);
    assert_int_equal(load_file(path, said), -ENOENT);
    assert_string_equal(said, expected);
    assert_int_equal(load_file(folder, said), -EISDIR);

    /* Others may read a file without secrets, and one with secrets is warned about. */
    write_file("srt: {tick_ms: 6}\n", 18, 0644);
    assert_int_equal(load_file(path, said), 0);
    assert_string_equal(said, "");
    static char shipped[32768]; /* its tokens are empty */
    FILE *example = fopen("config/roomcast.conf", "r");
    assert_non_null(example);
    size_t shipped_len = fread(shipped, 1, sizeof shipped, example);
    fclose(example);
    write_file(shipped, shipped_len, 0644);
    assert_int_equal(load_file(path, said), 0);
    assert_string_equal(said, "");
    write_file(keyed, strlen(keyed), 0640);
    assert_int_equal(load_file(path, said), 0);
    assert_string_equal(said, "");
    write_file(keyed, strlen(keyed), 0644);
    assert_int_equal(load_file(path, said), 0);
    snprintf(expected, sizeof expected,
             "%s: warning: it holds keys, and others may read or change it (mode 0644); chmod 640 "
             "makes it safe\n",
             path);
    assert_string_equal(said, expected);
}

static void test_large_files(void **state)
{
    (void)state;
    enum { LIMIT = 4 * 1024 * 1024 };
    char said[512], expected[512];
    char *big = malloc(LIMIT + 1);
    assert_non_null(big);
    memset(big, '\n', LIMIT + 1);
    write_file(big, LIMIT, 0600);
    assert_int_equal(load_file(path, said), 0);
    write_file(big, LIMIT + 1, 0600);
    assert_int_equal(load_file(path, said), -EINVAL);
    snprintf(expected, sizeof expected,
             "%s: expected at most 4194304 bytes, got more; is this the right file?\n", path);
    assert_string_equal(said, expected);
    assert_int_equal(load_file("/dev/zero", said), -EINVAL);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_rooms_by_set), cmocka_unit_test(test_room_values),
        cmocka_unit_test(test_many_rooms),   cmocka_unit_test(test_files),
        cmocka_unit_test(test_large_files),  cmocka_unit_test(test_https),
        cmocka_unit_test(test_hooks),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
