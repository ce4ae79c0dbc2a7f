/* The list of rooms that the API made: written, read, refused; and where a configuration finds it.
 */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/stored_rooms.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct stored_rooms *sealed(struct publish_key *key, char text[static PUBLISH_KEY_TEXT + 1])
{
    struct stored_list *l;
    struct stored_rooms *r;
    assert_int_equal(0, publish_key_make(key, text));
    assert_int_equal(0, stored_list_new(&l, 42));
    stored_list_room(l, "annex", key, 3, 1);
    stored_list_value(l, "low_latency", "false");
    stored_list_room(l, "hall", key, 9, 4);
    stored_list_value(l, "title", "A title with  spaces ");
    stored_list_value(l, "access", "signed");
    int fd = stored_list_seal(l);
    assert_true(fd >= 0);
    assert_int_equal(-1, write(fd, "x", 1)); /* nobody can change it */
    assert_int_equal(0, stored_rooms_take(&r, fd));
    close(fd);
    stored_list_free(&l);
    return r;
}

static void test_list(void **state)
{
    struct publish_key key;
    char text[PUBLISH_KEY_TEXT + 1];
    struct stored_rooms *r = sealed(&key, text);
    (void)state;
    assert_int_equal(42, stored_rooms_version(r));
    assert_int_equal(2, stored_rooms_count(r));
    const struct stored_room *hall = stored_rooms_find(r, "hall");
    assert_string_equal("A title with  spaces ", hall->room.title);
    assert_int_equal(1 + ACCESS_SIGNED, hall->room.access);
    assert_null(hall->room.key);
    assert_int_equal(9, hall->id);
    assert_int_equal(4, hall->feeds);
    assert_true(publish_key_is(&hall->key, text));
    assert_int_equal(ROOM_SWITCH_OFF, stored_rooms_find(r, "annex")->room.low_latency);
    assert_null(stored_rooms_find(r, "Hall"));
    stored_rooms_free(&r);
    assert_null(r);
}

static void test_refused(void **state)
{
#define ROOM(name)                                                                                 \
    "ROOM 1 1 00112233445566778899aabbccddeeff "                                                   \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff " name "\n"
#define AGENCY(name, prefix)                                                                       \
    "AGENCY 1 00112233445566778899aabbccddeeff "                                                   \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff - - " prefix " " name "\n"
    static const char *const texts[] = {
        "x",
        "roomcast-rooms 1\n",
        "roomcast-rooms 1 1\n",
        "roomcast-rooms 1 0\n" ROOM("a"),
        "roomcast-rooms 1 6000\n",
        "roomcast-rooms 1 1\n" ROOM("../a"),
        "roomcast-rooms 1 2\n" ROOM("b") ROOM("a"),
        "roomcast-rooms 1 2\n" ROOM("a") ROOM("a"),
        "roomcast-rooms 1 1\n title x\n" ROOM("a"),
        "roomcast-rooms 1 1\n" ROOM("a") " title\n",
        "roomcast-rooms 1 1\n" ROOM("a") " part_ms 7\n",
        "roomcast-rooms 1 1\n" ROOM("a") " access everybody\n",
        "roomcast-rooms 1 1\n" ROOM("a") " slate /etc/passwd\n",
        "roomcast-rooms 1 1\n" ROOM("a") " key 0123456789abcdef\n",
        "roomcast-rooms 1 1\n" ROOM("a") " title cut",
        "roomcast-rooms 1 1\nROOM 1 1 zz zz a\n",
        "roomcast-rooms 1 0 1\n",
        "roomcast-rooms 1 0 501\n",
        "roomcast-rooms 1 0 0\n" AGENCY("a", "a-"),
        "roomcast-rooms 1 0 1\n" AGENCY("a", "../"),
        "roomcast-rooms 1 0 1\n" AGENCY("a/", "a-"),
        "roomcast-rooms 1 0 2\n" AGENCY("a", "b-") AGENCY("b", "a-"),
        "roomcast-rooms 1 0 2\n" AGENCY("a", "a-") AGENCY("b", "a-1"),
        "roomcast-rooms 1 1 1\n" ROOM("a") AGENCY("a", "a-"),
        "roomcast-rooms 1 0 1\n" AGENCY("a", "a-") " token 0123456789abcdef\n",
        "roomcast-rooms 1 0 1\n" AGENCY("a", "a-") " prefix b-\n",
        "roomcast-rooms 1 0 1\n" AGENCY("a", "a-") " max_live_rooms 0\n",
        "roomcast-rooms 1 0 1\n" AGENCY("a", "a-") " part_ms 400\n",
        "roomcast-rooms 1 0 1\nAGENCY 1 - - - - a- a\n",
        "roomcast-rooms 1 1\nROOM 1 1 +0112233445566778899aabbccddeeff "
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff a\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct stored_rooms *r;
        int fd = memfd_create("test", 0);
        assert_int_equal(strlen(texts[i]), write(fd, texts[i], strlen(texts[i])));
        if (stored_rooms_take(&r, fd) != -EPROTO || r)
            fail_msg("read: %s", texts[i]);
        close(fd);
    }
}

/* With agencies, of which the file has one: there its own holds. */
static void test_agencies(void **state)
{
    static const char yaml[] = "agencies:\n  list:\n    - {name: west, prefix: w-, title: File}\n"
                               "    - {name: mine, prefix: north-x}\n";
    static char north[] = "north", north_prefix[] = "north-", west[] = "west", west_prefix[] = "x";
    struct stored_agency a = {.agency = {.name = north, .prefix = north_prefix}, .id = 4},
                         b = {.agency = {.name = west, .prefix = west_prefix}, .id = 5};
    struct config_stored stored = {.rooms = NULL};
    char admin[PUBLISH_KEY_TEXT + 1], reader[PUBLISH_KEY_TEXT + 1];
    struct stored_list *l;
    struct stored_rooms *other;
    struct config *c;
    int fds[2];
    (void)state;
    assert_int_equal(0, publish_key_make(&a.admin, admin));
    assert_int_equal(0, publish_key_make(&a.reader, reader));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(0, stored_list_new(&l, 42));
        a.has_reader = i == 1;
        stored_list_agency(l, &a);
        stored_list_value(l, "title", "The  North ");
        stored_list_value(l, "window", "30m");
        stored_list_agency(l, &b);
        stored_list_room(l, "north-1", &a.admin, 3, 1);
        stored_list_value(l, "window", "2h");
        fds[i] = stored_list_seal(l);
        assert_true(fds[i] >= 0);
        stored_list_free(&l);
    }
    assert_int_equal(0, stored_rooms_take(&other, fds[0]));
    assert_int_equal(0, stored_rooms_take(&stored.rooms, fds[1]));
    assert_false(stored_agencies_are_same(other, stored.rooms));
    assert_true(stored_agencies_are_same(other, other));
    assert_false(stored_agencies_are_same(NULL, other));
    assert_true(stored_agencies_are_same(NULL, NULL));
    assert_int_equal(2, stored_agencies_count(stored.rooms));
    const struct stored_agency *s = stored_agencies_at(stored.rooms, 0);
    assert_string_equal("The  North ", s->agency.title);
    assert_int_equal(4, s->id);
    assert_true(publish_key_is(&s->admin, admin));
    assert_true(s->has_reader && publish_key_is(&s->reader, reader));
    assert_false(stored_agencies_at(other, 0)->has_reader);
    assert_null(s->agency.token);

    assert_int_equal(0, config_parse(&c, "t", yaml, sizeof(yaml) - 1, NULL, 0, stderr));
    c->stored = &stored;
    assert_ptr_equal(&s->agency, config_agency_of(c, "north-1"));
    assert_string_equal("mine", config_agency_of(c, "north-x1")->name);
    assert_null(config_agency_of(c, "x1")); /* its agency's name is the file's */
    assert_null(config_find_stored_agency(c, "west"));
    assert_string_equal("File", config_find_agency(c, "west")->title);
    assert_string_equal("w-", config_agency_of(c, "w-1")->prefix);
    assert_ptr_equal(s, config_find_stored_agency(c, "north"));
    assert_int_equal(1800000, config_window_ms(c, "north-1"));
    config_free(&c);
    stored_rooms_free(&other);
    stored_rooms_free(&stored.rooms);
    close(fds[0]);
    close(fds[1]);
}

static void test_key(void **state)
{
    struct publish_key a, b;
    char one[PUBLISH_KEY_TEXT + 1], other[PUBLISH_KEY_TEXT + 1];
    (void)state;
    assert_int_equal(0, publish_key_make(&a, one));
    assert_int_equal(0, publish_key_make(&b, other));
    assert_int_equal(PUBLISH_KEY_TEXT, strspn(one, "0123456789abcdef"));
    assert_string_not_equal(one, other);
    assert_true(publish_key_is(&a, one));
    assert_false(publish_key_is(&a, other));
    assert_false(publish_key_is(&b, one));
    assert_false(publish_key_is(&a, ""));
    one[PUBLISH_KEY_TEXT - 1] ^= 1;
    assert_false(publish_key_is(&a, one));
    b = a;
    b.salt[0] ^= 1;
    one[PUBLISH_KEY_TEXT - 1] ^= 1;
    assert_false(publish_key_is(&b, one));
}

/* The file's room holds where both have one; without a list every other name is in doubt. */
static void test_in_configuration(void **state)
{
    static const char yaml[] = "rooms:\n  list:\n    - name: hall\n      title: The file's\n";
    struct publish_key key;
    char text[PUBLISH_KEY_TEXT + 1];
    struct config_stored stored = {.rooms = NULL};
    struct config *c;
    (void)state;
    assert_int_equal(0, config_parse(&c, "t", yaml, sizeof(yaml) - 1, NULL, 0, stderr));
    assert_false(config_awaits_store(c));
    assert_null(config_find_room(c, "annex"));
    c->stored = &stored;
    assert_true(config_awaits_store(c));
    assert_null(config_find_room(c, "annex"));
    assert_false(config_is_signed(c, "annex")); /* nobody can have published there yet */
    stored.refused = true;
    assert_true(config_is_signed(c, "annex"));
    assert_false(config_is_signed(c, "hall"));
    stored.rooms = sealed(&key, text);
    assert_false(config_awaits_store(c));
    assert_non_null(config_find_room(c, "annex"));
    assert_false(config_is_signed(c, "annex"));
    assert_false(config_low_latency(c, "annex"));
    assert_string_equal("The file's", config_find_room(c, "hall")->title);
    assert_null(config_find_stored(c, "hall"));
    assert_int_equal(3, stored_room_id(c, "annex"));
    assert_int_equal(0, stored_room_id(c, "hall"));
    assert_false(stored_room_is_other(c, "annex", 3));
    assert_true(stored_room_is_other(c, "annex", 2));
    assert_true(stored_room_is_other(c, "annex", 0));
    assert_true(stored_room_is_other(c, "gone", 5));
    assert_false(stored_room_is_other(c, "open", 0));
    assert_false(stored_room_is_other(c, "hall", 9)); /* a reload has listed it */
    stored_rooms_free(&stored.rooms);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_agencies),
        cmocka_unit_test(test_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
