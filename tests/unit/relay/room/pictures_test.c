/* Pictures on the rooms' stage: who is asked for, what is shown, and what of the helper is
 * believed. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doors.h"
#include "relay/room/picture_turn.h"
#include "relay/room/pictures.h"
#include "tests/unit/relay/room/actors.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { SECOND_US = 1000000 };

struct desk {
    struct stage *s;
    struct pictures *p;
    struct picture_ask ask;
    int fds[PICTURE_ASK_FDS];
    uint64_t cpu_us;
};

static void open_desk(struct desk *d, struct stage *s)
{
    *d = (struct desk){.s = s};
    s->config.pictures = (struct config_pictures){true, 5, 5};
    assert_int_equal(0, pictures_new(&d->p, s->rooms));
}

static void go_live(struct stage *s, uint64_t feed, const char *room)
{
    stage_open(s, feed, room);
    stage_track(s, feed, 0, 1, "video init");
    struct link_message m = stage_segment(s, feed, 0, 0);
    m.u.segment.iframe_bytes = 5000;
    stage_deliver(s, &m);
}

static bool next(struct desk *d)
{
    return pictures_next(d->p, &d->s->config, d->s->now_us, d->s->wall_us, &d->ask, d->fds);
}

static int jpeg_of(uint32_t bytes, bool sealed)
{
    int fd = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(0, ftruncate(fd, bytes));
    if (sealed)
        assert_int_equal(
            0, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    return fd;
}

static bool answer(struct desk *d, enum picture_result result, int fd)
{
    struct picture_answer a = {.number = d->ask.number,
                               .cpu_us = d->cpu_us += 1000,
                               .result = result,
                               .bytes = fd >= 0 ? 300 : 0,
                               .width = 320,
                               .height = 180};
    bool believed = pictures_answer(d->p, &d->s->config, &a, fd);

    rooms_show(d->s->rooms, d->s->now_us, d->s->wall_us);
    return believed;
}

/* Of picture.jpg; 0: there is none. */
static uint32_t shown(struct stage *s, const char *room)
{
    struct room_view *v = *viewers_place(&s->viewers, room);
    struct view_match m;

    if (!v || room_view_find(v, "picture.jpg", 11, &m) != 0)
        return 0;
    assert_string_equal("image/jpeg", m.type);
    assert_null(m.rendition);
    return m.bytes;
}

static void pass(struct desk *d, int64_t us)
{
    for (; us > 0; us -= SECOND_US) {
        stage_pass(d->s, SECOND_US);
        pictures_tick(d->p, &d->s->config, d->s->now_us);
    }
    rooms_show(d->s->rooms, d->s->now_us, d->s->wall_us);
}

/* A room that is live, and has its first picture: of 300 bytes. */
static void show_hall(struct desk *d)
{
    go_live(d->s, 1, "hall");
    assert_true(next(d));
    assert_true(answer(d, PICTURE_MADE, jpeg_of(300, true)));
}

static void test_turns(void **state)
{
    struct stage *s = *state;
    struct desk d;
    char first[LINK_NAME];

    open_desk(&d, s);
    assert_false(next(&d)); /* there is no room */
    stage_open(s, 9, "silent");
    assert_false(next(&d)); /* and now none with a picture */
    go_live(s, 1, "hall");
    go_live(s, 2, "tea");
    assert_true(next(&d));
    assert_int_equal(10, d.ask.init_bytes);
    assert_int_equal(0, d.ask.offset);
    assert_int_equal(5000, d.ask.bytes); /* to the end of its IDR */
    assert_true(d.fds[0] >= 0 && d.fds[1] >= 0);
    snprintf(first, sizeof(first), "%s", d.ask.room);
    assert_false(next(&d)); /* one at a time */
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    assert_int_equal(300, shown(s, first));
    assert_true(next(&d));
    assert_string_not_equal(first, d.ask.room);
    assert_true(answer(&d, PICTURE_UNDECODED, -1));
    assert_int_equal(0, shown(s, d.ask.room));
    assert_false(next(&d)); /* both have had their turn */
    pass(&d, 5 * SECOND_US);
    assert_true(next(&d));
    assert_string_equal(first, d.ask.room);
    pictures_skip(d.p);
    assert_false(next(&d)); /* the other one waits longer, because it failed */
    pass(&d, 5 * SECOND_US);
    assert_true(next(&d));
    pictures_free(&d.p);
}

static void test_said_of_rooms(void **state)
{
    struct stage *s = *state;
    struct pictures_facts before, after;
    struct room_facts f;
    struct desk d;

    open_desk(&d, s);
    pictures_facts(s->rooms, s->wall_us, &before);
    go_live(s, 1, "hall");
    assert_true(next(&d));
    stage_pass(s, 2 * SECOND_US);
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(2 * SECOND_US, s->wall_us - f.picture_wall_us); /* since its turn began */
    pictures_facts(s->rooms, s->wall_us, &after);
    assert_int_equal(1, after.made - before.made);
    assert_int_equal(1000, after.cpu_us - before.cpu_us);
    assert_int_equal(1, after.shown);
    assert_int_equal(300, after.bytes);
    assert_int_equal(2, after.oldest_s);
    stage_pass(s, 2 * SECOND_US);
    assert_non_null(strstr(s->list->plain, "\"picture\":true"));
    pictures_free(&d.p);
}

static void test_goes_with_its_feed(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    show_hall(&d);
    pass(&d, 30 * SECOND_US);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_false(next(&d));
    pass(&d, 50 * SECOND_US);
    assert_int_equal(300, shown(s, "hall"));
    pass(&d, 11 * SECOND_US);
    assert_int_equal(0, shown(s, "hall"));
    assert_non_null(*viewers_place(&s->viewers, "hall"));
    pictures_free(&d.p);
}

static void test_off(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    show_hall(&d);
    pass(&d, 5 * SECOND_US);
    assert_true(next(&d)); /* under way while it is turned off */
    s->config.pictures.enabled = false;
    pass(&d, SECOND_US);
    assert_int_equal(0, shown(s, "hall"));
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    assert_int_equal(0, shown(s, "hall"));
    pass(&d, 10 * SECOND_US);
    assert_false(next(&d));
    pictures_free(&d.p);
}

/* A helper that was taken over may say anything. */
static void test_not_believed(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    go_live(s, 1, "hall");
    d.ask.number = 1;
    assert_false(answer(&d, PICTURE_MADE, jpeg_of(300, true))); /* nobody asked */
    assert_true(next(&d));
    assert_false(answer(&d, PICTURE_MADE, jpeg_of(300, false))); /* could change, or vanish */
    assert_false(answer(&d, PICTURE_MADE, jpeg_of(200, true)));  /* shorter than was said */
    d.ask.number++;
    assert_false(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    d.ask.number--;
    d.cpu_us = UINT64_MAX / 2;
    assert_false(answer(&d, PICTURE_UNDECODED, -1)); /* longer than it lives */
    assert_int_equal(0, shown(s, "hall"));
    pictures_free(&d.p);
}

static void test_deadly_room(void **state)
{
    struct stage *s = *state;
    unsigned deaths = 0;
    struct desk d;

    open_desk(&d, s);
    go_live(s, 1, "hall");
    go_live(s, 2, "tea");
    pictures_helper_gone(d.p, s->now_us); /* a helper that dies over nothing */
    for (int i = 0; i < 120; i++) {
        pass(&d, SECOND_US);
        if (!next(&d))
            continue;
        if (strcmp(d.ask.room, "tea") == 0) {
            assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
            continue;
        }
        deaths++;
        pictures_helper_gone(d.p, s->now_us);
        d.cpu_us = 0;
    }
    assert_int_equal(PICTURE_DEATHS, deaths);
    assert_int_equal(300, shown(s, "tea"));
    pictures_free(&d.p);
}

/* A picture that is not followed by another one is not shown for what is on air for ever. */
static void test_gets_old(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    show_hall(&d);
    pass(&d, 100 * SECOND_US); /* no turn: the budget is for others, and all get older alike */
    assert_int_equal(300, shown(s, "hall"));
    for (int i = 0; i < 100; i++) { /* a turn now and then that fails */
        pass(&d, SECOND_US);
        if (next(&d))
            assert_true(answer(&d, PICTURE_UNDECODED, -1));
        if (i == 30)
            assert_int_equal(300, shown(s, "hall")); /* for a moment that is no reason */
    }
    assert_int_equal(0, shown(s, "hall"));
    pictures_free(&d.p);
}

/* What was seen while the doors were open is not kept for when they open again. */
static void test_closed_doors(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    s->config.rooms.go_public = GO_PUBLIC_GREEN;
    go_live(s, 1, "hall");
    doors_open_by_hand(rooms_grasp(s->rooms, "hall"), "a test");
    assert_true(next(&d));
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    pass(&d, 5 * SECOND_US);
    assert_true(next(&d));
    doors_close(rooms_grasp(s->rooms, "hall"));
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true))); /* of before they closed */
    pass(&d, 2 * SECOND_US);
    doors_open_by_hand(rooms_grasp(s->rooms, "hall"), "a test");
    room_show_soon(rooms_grasp(s->rooms, "hall"));
    pass(&d, 2 * SECOND_US);
    assert_int_equal(0, shown(s, "hall"));
    pictures_free(&d.p);
}

/* Its file may be gone from the window, or the room itself, when the answer comes. */
static void test_room_is_gone(void **state)
{
    struct stage *s = *state;
    struct desk d;

    open_desk(&d, s);
    s->config.rooms.resume_s = 1;
    go_live(s, 1, "hall");
    assert_true(next(&d));
    stage_close(s, 1, LINK_CLOSE_ENDED);
    pass(&d, 60 * SECOND_US);
    assert_null(rooms_find(s->rooms, "hall"));
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    assert_false(next(&d));
    pictures_free(&d.p);
}

/* A room that waits for its green light shows nothing, and the helper has nothing to do with it. */
static void test_not_public_yet(void **state)
{
    struct stage *s = *state;
    struct room_facts f;
    struct desk d;

    open_desk(&d, s);
    s->config.rooms.go_public = GO_PUBLIC_GREEN;
    go_live(s, 1, "hall");
    assert_false(next(&d));
    doors_open_by_hand(rooms_grasp(s->rooms, "hall"), "a test");
    assert_true(next(&d));
    assert_true(answer(&d, PICTURE_MADE, jpeg_of(300, true)));
    assert_int_equal(300, shown(s, "hall"));
    doors_close(rooms_grasp(s->rooms, "hall"));
    room_show_soon(rooms_grasp(s->rooms, "hall"));
    stage_pass(s, 2 * SECOND_US);
    assert_int_equal(0, shown(s, "hall"));
    room_facts(rooms_find(s->rooms, "hall"), &f);
    assert_int_equal(0, f.picture_wall_us);
    pictures_free(&d.p);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_set, stage_strike)
    const struct CMUnitTest tests[] = {
        ON_STAGE(test_turns),
        ON_STAGE(test_said_of_rooms),
        ON_STAGE(test_goes_with_its_feed),
        ON_STAGE(test_off),
        ON_STAGE(test_not_believed),
        ON_STAGE(test_deadly_room),
        ON_STAGE(test_gets_old),
        ON_STAGE(test_closed_doors),
        ON_STAGE(test_room_is_gone),
        ON_STAGE(test_not_public_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
