/* Who may publish: keys, conflicts, a full house, closed doors, and how fast one may knock. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct config_room listed[] = {
    {.name = (char[]){"keyed"}, .key = (char[]){"s3cret"}},
    {.name = (char[]){"sealed"}, .passphrase = (char[]){"at-least-ten"}},
    {.name = (char[]){"slow"}, .play_out = PLAY_OUT_CLASSIC},
};
static struct config config = {.srt.handshakes_per_s = 1000,
                               .rooms = {.open = true, .list = listed, .list_count = 3}};
static struct admission *a;
static int64_t now_us;

static int make(void **state)
{
    (void)state;
    config.rooms.open = true;
    config.srt.handshakes_per_s = 1000;
    return admission_new(&a, &config);
}

static int end(void **state)
{
    (void)state;
    admission_free(&a);
    return a != NULL;
}

static struct admission_answer ask(const char *id)
{
    struct admission_request q = {
        .stream_id = id, .stream_id_len = strlen(id), .hs_version = 5, .now_us = now_us};
    struct admission_answer answer;

    admission_decide(a, &q, &answer);
    return answer;
}

static void test_keys_and_doors(void **state)
{
    (void)state;
    assert_int_equal(ask("any").verdict, ADMISSION_YES);
    assert_int_equal(ask("keyed").verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask("keyed?role=1080p").verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask("keyed?role=1080p&key=s3cret").verdict, ADMISSION_YES);
    assert_int_equal(ask("keyed?key=s3cre").verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask("keyed?key=s3cret2").verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask("keyed?key=s3cret").verdict, ADMISSION_YES);
    assert_string_equal(ask("sealed").passphrase, "at-least-ten");
    assert_true(ask("slow").classic);
    assert_false(ask("any").classic);
    config.rooms.open = false;
    assert_int_equal(ask("any").verdict, ADMISSION_NOT_FOUND);
    assert_int_equal(ask("keyed?key=s3cret").verdict, ADMISSION_YES);
}

/* What a store may know is shut until its list comes; then its keys hold, and no key is there. */
static void test_stored_rooms(void **state)
{
    struct config_stored stored = {.rooms = NULL};
    struct publish_key key;
    struct stored_list *l;
    struct stored_rooms *rooms;
    char text[PUBLISH_KEY_TEXT + 1], right[80], wrong[80];

    (void)state;
    assert_int_equal(publish_key_make(&key, text), 0);
    snprintf(right, sizeof(right), "made?key=%s", text);
    snprintf(wrong, sizeof(wrong), "made?key=%.31s", text);
    config.stored = &stored;
    assert_int_equal(ask("any").verdict, ADMISSION_AWAITED);
    assert_int_equal(ask(right).verdict, ADMISSION_AWAITED);
    assert_int_equal(ask("keyed?key=s3cret").verdict, ADMISSION_YES);
    assert_int_equal(admission_reject_code(ADMISSION_AWAITED), 1503);
    assert_int_equal(stored_list_new(&l, 1), 0);
    stored_list_room(l, "keyed", &key, 1, 1); /* the file's holds */
    stored_list_room(l, "made", &key, 2, 1);
    stored_list_value(l, "passphrase", "ten-or-more");
    int fd = stored_list_seal(l);
    assert_int_equal(stored_rooms_take(&rooms, fd), 0);
    close(fd);
    stored_list_free(&l);
    assert_null(admission_set_stored(a, &stored, rooms));
    assert_int_equal(ask("any").verdict, ADMISSION_YES);
    assert_int_equal(ask("made").verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask(wrong).verdict, ADMISSION_UNAUTHORIZED);
    assert_int_equal(ask(right).verdict, ADMISSION_YES);
    assert_string_equal(ask(right).passphrase, "ten-or-more");
    assert_int_equal(ask("keyed?key=s3cret").verdict, ADMISSION_YES);
    config.rooms.open = false;
    assert_int_equal(ask("any").verdict, ADMISSION_NOT_FOUND);
    assert_int_equal(ask(right).verdict, ADMISSION_YES);
    rooms = admission_set_stored(a, &stored, NULL);
    stored_rooms_free(&rooms);
    config.stored = NULL;
}

static void test_bad_requests(void **state)
{
    struct admission_request old = {.stream_id = "any", .stream_id_len = 3, .hs_version = 4};
    struct admission_answer answer;

    (void)state;
    assert_int_equal(ask("../x").verdict, ADMISSION_BAD_REQUEST);
    assert_int_equal(ask("").verdict, ADMISSION_BAD_REQUEST);
    assert_int_equal(ask("#!::r=any,m=request").verdict, ADMISSION_BAD_MODE);
    assert_int_equal(ask("any?role=backup").verdict, ADMISSION_YES);
    admission_decide(a, &old, &answer);
    assert_int_equal(answer.verdict, ADMISSION_VERSION);
    for (int v = ADMISSION_BAD_REQUEST; v < ADMISSION_VERDICTS; v++) {
        assert_true(strlen(admission_text((enum admission_verdict)v)) > 0);
        assert_true(admission_reject_code((enum admission_verdict)v) >= 0);
    }
}

static void test_states(void **state)
{
    (void)state;
    admission_set_room(a, "any", LINK_ROOM_LIVE, false, false);
    assert_int_equal(ask("any").verdict, ADMISSION_CONFLICT);
    assert_int_equal(ask("any?role=main").verdict, ADMISSION_CONFLICT);
    assert_int_equal(ask("any?role=1080p").verdict, ADMISSION_YES); /* it stands beside */
    admission_set_room(a, "any", LINK_ROOM_STALE, false, false);
    assert_int_equal(ask("any").verdict, ADMISSION_YES);
    admission_set_room(a, "any", LINK_ROOM_WAITING, true, true);
    assert_int_equal(ask("any").verdict, ADMISSION_YES); /* the house is full, its place is kept */
    assert_true(ask("any").classic);
    assert_int_equal(ask("other").verdict, ADMISSION_FULL);
    admission_set_room(a, "any", LINK_ROOM_FREE, false, true);
    assert_int_equal(ask("any").verdict, ADMISSION_FULL);
    admission_set_room(a, "any", LINK_ROOM_FREE, false, false);
    assert_int_equal(ask("other").verdict, ADMISSION_YES);
}

static enum admission_verdict ask_as(const char *id, const char *peer)
{
    struct admission_request q = {.stream_id = id,
                                  .stream_id_len = strlen(id),
                                  .hs_version = 5,
                                  .peer = peer,
                                  .now_us = now_us};
    struct admission_answer answer;

    admission_decide(a, &q, &answer);
    return answer.verdict;
}

static enum admission_verdict ask_from(const char *peer)
{
    return ask_as("any", peer);
}

static const struct stream_id any = {.room = "any", .role = "main"};

/* An encoder that sends all its streams from one port loses only the one that was ended. */
static void test_repeats_of_one_port(void **state)
{
    static const char peer[] = "203.0.113.7:5000";

    (void)state;
    now_us += 5000000;
    admission_set_room(a, "any", LINK_ROOM_STALE, false, false);
    admission_set_room(a, "other", LINK_ROOM_STALE, false, false);
    admission_note_ended(a, peer, &any, now_us);
    assert_int_equal(ask_as("any", peer), ADMISSION_REPEAT);
    assert_int_equal(ask_as("#!::r=any,m=publish,role=main,u=me", peer), ADMISSION_REPEAT);
    assert_int_equal(ask_as("any?role=backup", peer), ADMISSION_YES);
    assert_int_equal(ask_as("any?role=720p", peer), ADMISSION_YES);
    assert_int_equal(ask_as("other", peer), ADMISSION_YES);
}

/* Nobody gets a rendition's place while it sends: it is sent away with its main feed, and comes
 * back at once. */
static void test_repeats_of_renditions(void **state)
{
    static const struct stream_id small = {.room = "any", .role = "720p"},
                                  backup = {.room = "any", .role = "backup"};

    (void)state;
    now_us += 5000000;
    admission_set_room(a, "any", LINK_ROOM_STALE, false, false);
    admission_note_ended(a, "203.0.113.7:5000", &small, now_us);
    admission_note_ended(a, "203.0.113.7:5000", &backup, now_us);
    assert_int_equal(ask_as("any?role=720p", "203.0.113.7:5000"), ADMISSION_YES);
    assert_int_equal(ask_as("any?role=backup", "203.0.113.7:5000"), ADMISSION_REPEAT);
}

/* Where nobody publishes any more it takes nothing from anybody. */
static void test_repeats_into_an_empty_room(void **state)
{
    static const char peer[] = "203.0.113.7:5000";

    (void)state;
    now_us += 5000000;
    admission_note_ended(a, peer, &any, now_us);
    assert_int_equal(ask_from(peer), ADMISSION_YES);
    admission_set_room(a, "any", LINK_ROOM_WAITING, true, false);
    assert_int_equal(ask_from(peer), ADMISSION_YES);
    admission_set_room(a, "any", LINK_ROOM_LIVE, true, false);
    assert_int_equal(ask_from(peer), ADMISSION_REPEAT);
    admission_set_room(a, "any", LINK_ROOM_FREE, true, false);
    assert_int_equal(ask_from(peer), ADMISSION_YES);
}

static void test_repeats(void **state)
{
    char peer[32];

    (void)state;
    now_us += 5000000;
    admission_set_room(a, "any", LINK_ROOM_STALE, false, false);
    assert_int_equal(ask_from("203.0.113.7:5000"), ADMISSION_YES);
    admission_note_ended(a, "203.0.113.7:5000", &any, now_us);
    assert_int_equal(ask_from("203.0.113.7:5000"), ADMISSION_REPEAT);
    assert_int_equal(ask_from("203.0.113.7:500"), ADMISSION_YES);
    assert_int_equal(ask_from("203.0.113.7:5001"), ADMISSION_YES); /* it has come anew */
    now_us += 9000000;
    assert_int_equal(ask_from("203.0.113.7:5000"), ADMISSION_REPEAT);
    now_us += 1000000;
    assert_int_equal(ask_from("203.0.113.7:5000"), ADMISSION_YES);
    admission_note_ended(a, "203.0.113.7:5000", &any, now_us);
    for (int i = 0; i < 32; i++) { /* the oldest are forgotten */
        snprintf(peer, sizeof(peer), "203.0.113.8:%d", i);
        admission_note_ended(a, peer, &any, now_us);
    }
    assert_int_equal(ask_from("203.0.113.7:5000"), ADMISSION_YES);
    assert_int_equal(ask_from("203.0.113.8:0"), ADMISSION_REPEAT);
}

static void test_rate(void **state)
{
    (void)state;
    config.srt.handshakes_per_s = 3;
    now_us += 5000000;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask("any").verdict, ADMISSION_YES);
    assert_int_equal(ask("any").verdict, ADMISSION_RATE);
    now_us += 1000000;
    assert_int_equal(ask("any").verdict, ADMISSION_YES);
}

static void test_events_are_bounded(void **state)
{
    struct admission_event e = {.verdict = ADMISSION_CONFLICT}, out;
    int n = 0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        e.socket = i;
        admission_post(a, &e);
    }
    for (; admission_next_event(a, &out); n++)
        assert_int_equal(out.socket, n);
    assert_int_equal(n + (int)admission_events_lost(a), 300);
    assert_true(n >= 64);
}

static int by_length(const void *x, const void *y)
{
    return *(const int64_t *)x < *(const int64_t *)y ? -1
                                                     : *(const int64_t *)x > *(const int64_t *)y;
}

/* All rooms of a festival with keys, all on air: a handshake is judged on libsrt's one receive
 * thread, so 99 of 100 must take 50 us at most. */
static void test_ten_thousand_keys(void **state)
{
    enum { ROOMS = 10000 };
    static struct config_room rooms[ROOMS];
    static char names[ROOMS][16], keys[ROOMS][16];
    static int64_t took_ns[ROOMS];
    struct config many = {.srt.handshakes_per_s = 1u << 30,
                          .rooms = {.list = rooms, .list_count = ROOMS}};
    struct admission *full;

    (void)state;
    for (int i = 0; i < ROOMS; i++) { /* in the order that the configuration keeps */
        snprintf(names[i], sizeof(names[i]), "room-%05d", i);
        snprintf(keys[i], sizeof(keys[i]), "key-%05d", i * 7);
        rooms[i] = (struct config_room){.name = names[i], .key = keys[i]};
    }
    assert_int_equal(admission_new(&full, &many), 0);
    for (int i = 0; i < ROOMS; i += 2)
        admission_set_room(full, names[i], LINK_ROOM_LIVE, false, false);
    for (int i = 0; i < ROOMS; i++) {
        char id[64];
        struct admission_request q = {.stream_id = id, .hs_version = 5};
        struct admission_answer answer;
        struct timespec from, to;

        q.stream_id_len = (size_t)snprintf(id, sizeof(id), "%s?key=%s", names[i], keys[i]);
        clock_gettime(CLOCK_MONOTONIC, &from);
        admission_decide(full, &q, &answer);
        clock_gettime(CLOCK_MONOTONIC, &to);
        took_ns[i] = (to.tv_sec - from.tv_sec) * 1000000000LL + (to.tv_nsec - from.tv_nsec);
        assert_int_equal(answer.verdict, i % 2 ? ADMISSION_YES : ADMISSION_CONFLICT);
    }
    qsort(took_ns, ROOMS, sizeof(took_ns[0]), by_length);
    assert_in_range(took_ns[ROOMS * 99 / 100], 1, 50000);
    admission_free(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_and_doors, make, end),
        cmocka_unit_test_setup_teardown(test_stored_rooms, make, end),
        cmocka_unit_test_setup_teardown(test_bad_requests, make, end),
        cmocka_unit_test_setup_teardown(test_states, make, end),
        cmocka_unit_test_setup_teardown(test_repeats, make, end),
        cmocka_unit_test_setup_teardown(test_repeats_of_one_port, make, end),
        cmocka_unit_test_setup_teardown(test_repeats_of_renditions, make, end),
        cmocka_unit_test_setup_teardown(test_repeats_into_an_empty_room, make, end),
        cmocka_unit_test_setup_teardown(test_rate, make, end),
        cmocka_unit_test_setup_teardown(test_events_are_bounded, make, end),
        cmocka_unit_test_setup_teardown(test_ten_thousand_keys, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
