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
        cmocka_unit_test(test_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
