/* What is asked of rooms by the API: what reaches the store, and what is refused before it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/parcel.h"
#include "relay/control/room_edit.h"
#include "relay/link/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct writes writes;
static struct config_stored stored;
static struct config *config;
static int ends[2];
static struct action a;
static struct text out;

static int setup(void **state)
{
    static const char yaml[] = "srt:\n  listen: 0.0.0.0:9000\nrooms:\n  list:\n    - name: filed\n"
                               "      key: 0123456789abcdef\n";
    struct publish_key key = {.salt = {1}};
    struct stored_list *l;
    (void)state;
    assert_int_equal(0, config_parse(&config, "t", yaml, sizeof(yaml) - 1, NULL, 0, stderr));
    assert_int_equal(0, stored_list_new(&l, 3));
    stored_list_room(l, "made", &key, 1, 1);
    stored_list_value(l, "passphrase", "never-to-be-shown");
    stored_list_value(l, "title", "A <b>");
    int fd = stored_list_seal(l);
    assert_int_equal(0, stored_rooms_take(&stored.rooms, fd));
    close(fd);
    stored_list_free(&l);
    config->stored = &stored;
    writes_init(&writes);
    assert_int_equal(0, link_pair(ends));
    writes.store = ends[0];
    text_init(&out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    text_fini(&out);
    stored_rooms_free(&stored.rooms);
    config_free(&config);
    writes_fini(&writes);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static int act(int (*action)(struct text *, struct action *), const char *room, const char *body)
{
    const struct source src = {.config = config, .writes = &writes};
    const struct asked asked = {
        .host = "relay.example:8080", .body = body, .body_len = strlen(body)};
    a = (struct action){.src = &src, .asked = &asked, .room = room, .who = "organizer@::1"};
    return action(&out, &a);
}

/* What came to the store, or false. */
static bool asked(struct store_request *q)
{
    struct parcel *p = malloc(sizeof(*p));
    bool came = parcel_receive(ends[1], p, 0) == 1;
    if (came)
        memcpy(q, p->bytes, sizeof(*q));
    free(p);
    return came;
}

static const char *value(const struct store_request *q, const char *key)
{
    size_t i = (size_t)(key_find_in_room(key) - room_keys);
    return q->has[i] ? q->value[i] : NULL;
}

static void test_create(void **state)
{
    struct store_request q;
    (void)state;
    assert_int_equal(0, act(room_edit_create, "",
                            "{\"name\":\"new\",\"title\":\"\\u4e3b<script>'; --\",\"part_ms\":400,"
                            "\"ts\":true,\"low_latency\":false,\"window\":null}"));
    assert_true(asked(&q));
    assert_int_equal(STORE_CREATE, q.act);
    assert_string_equal("new", q.room);
    assert_string_equal("organizer@::1", q.who);
    assert_string_equal("\xe4\xb8\xbb<script>'; --", value(&q, "title"));
    assert_string_equal("400", value(&q, "part_ms"));
    assert_string_equal("true", value(&q, "ts"));
    assert_string_equal("false", value(&q, "low_latency"));
    assert_string_equal("", value(&q, "window"));
    assert_null(value(&q, "access"));
    assert_int_equal(a.pending, q.id);

    struct write *w = &writes.list[0];
    assert_true(publish_key_is(&q.key, w->key));
    assert_int_equal(201, room_edit_done(&out, w, config));
    char line[160];
    snprintf(line, sizeof(line), "\"srt\":\"srt://relay.example:9000?streamid=new?key=%s\"",
             w->key);
    assert_non_null(strstr(out.data, line));
}

static void test_others(void **state)
{
    struct store_request q;
    (void)state;
    assert_int_equal(0, act(room_edit_change, "made", "{\"title\":\"B\"}"));
    assert_true(asked(&q));
    assert_int_equal(STORE_CHANGE, q.act);
    assert_int_equal(0, act(room_edit_close, "made", ""));
    assert_true(asked(&q));
    assert_int_equal(STORE_CLOSE, q.act);
    assert_int_equal(0, act(room_edit_key, "made", ""));
    assert_true(asked(&q) && q.act == STORE_NEW_KEY && !q.keep_feed);
    assert_int_equal(0, act(room_edit_key, "made", "{\"keep_feed\":true}"));
    assert_true(asked(&q) && q.keep_feed);
}

/* A title of 100 Chinese characters is no fault of the JSON. */
static void test_too_long(void **state)
{
    char body[400] = "{\"title\":\"";
    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(body, "\xe4\xb8\xbb");
    strcat(body, "\"}");
    assert_int_equal(422, act(room_edit_change, "made", body));
    assert_string_equal("title", a.field);
    assert_string_equal("title: expected one line of text, 1 to 128 bytes.", a.detail);
}

static void test_refused(void **state)
{
    static const struct {
        int (*action)(struct text *, struct action *);
        const char *room, *body, *field;
        int status;
    } bad[] = {
        {room_edit_create, "", "[]", "", 400},
        {room_edit_create, "", "{}", "name", 422},
        {room_edit_create, "", "{\"name\":7}", "name", 422},
        {room_edit_create, "", "{\"name\":\"a/b\"}", "name", 422},
        {room_edit_create, "", "{\"name\":\"made\"}", "", 409},
        {room_edit_create, "", "{\"name\":\"filed\"}", "", 409},
        {room_edit_create, "", "{\"name\":\"x\",\"key\":\"0123456789abcdef\"}", "key", 422},
        {room_edit_create, "", "{\"name\":\"x\",\"slate\":\"/etc/passwd\"}", "slate", 422},
        {room_edit_create, "", "{\"name\":\"x\",\"what\":null}", "what", 422},
        {room_edit_create, "", "{\"name\":\"x\",\"access\":\"signed\"}", "access", 422},
        {room_edit_create, "", "{\"name\":\"x\",\"fill\":\"slate\"}", "fill", 422},
        {room_edit_change, "made", "{\"title\":true}", "title", 422},
        {room_edit_change, "made", "{\"title\":\"a\\nb\"}", "title", 422},
        {room_edit_change, "made", "{\"part_ms\":\"400\"}", "part_ms", 422},
        {room_edit_change, "made", "{\"part_ms\":7}", "part_ms", 422},
        {room_edit_change, "made", "{\"ts\":1}", "ts", 422},
        {room_edit_change, "made", "{\"passphrase\":\"short\"}", "passphrase", 422},
        {room_edit_change, "made", "{\"name\":\"other\"}", "name", 422},
        {room_edit_change, "made", "{}", "", 422},
        {room_edit_change, "filed", "{\"title\":\"x\"}", "", 409},
        {room_edit_change, "nobody", "{\"title\":\"x\"}", "", 404},
        {room_edit_close, "filed", "", "", 409},
        {room_edit_close, "nobody", "", "", 404},
        {room_edit_key, "made", "{\"keep_feed\":1}", "keep_feed", 422},
        {room_edit_key, "made", "{\"keep\":true}", "", 422},
        {room_edit_key, "filed", "", "", 409},
    };
    struct store_request q;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int status = act(bad[i].action, bad[i].room, bad[i].body);
        if (status != bad[i].status || strcmp(a.field, bad[i].field) != 0)
            fail_msg("%s: %d %s %s", bad[i].body, status, a.field, a.detail);
        assert_non_null(a.detail);
        assert_false(asked(&q));
    }
}

static void test_without_a_list(void **state)
{
    struct stored_rooms *rooms = stored.rooms;
    (void)state;
    stored.rooms = NULL;
    assert_int_equal(503, act(room_edit_create, "", "{\"name\":\"x\"}"));
    assert_int_equal(503, act(room_edit_close, "made", ""));
    stored.rooms = rooms;
    config->stored = NULL;
    assert_int_equal(503, act(room_edit_create, "", "{\"name\":\"x\"}"));
}

static void test_list(void **state)
{
    (void)state;
    room_edit_list(&out, config, NULL);
    assert_null(strstr(out.data, "0123456789abcdef"));
    assert_null(strstr(out.data, "never-to-be-shown"));
    assert_null(strstr(out.data, "<b>"));
    assert_non_null(strstr(out.data, "{\"source\":\"file\",\"name\":\"filed\",\"title\":null,"
                                     "\"key\":true,\"passphrase\":false"));
    assert_non_null(strstr(out.data,
                           "{\"source\":\"api\",\"name\":\"made\",\"title\":\"A \\u003cb>\","
                           "\"key\":true,\"passphrase\":true"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
