/* Views: which path leads where, and which lead nowhere. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/view.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct blob *make_blob(uint32_t bytes)
{
    struct blob *b;
    assert_int_equal(0, blob_new(&b, memfd_create("t", 0), bytes, "\"tag\""));
    return b;
}

static struct body *make_body(const char *text)
{
    struct body *b;
    assert_int_equal(0, body_new(&b, "text/plain", text, strlen(text), false, 1, 0));
    return b;
}

static int make_view(void **state)
{
    static const char *const names[] = {"init-5f3a9c01.mp4", "100.m4s", "99.m4s", "101.m4s",
                                        "9.m4s"};
    struct room_view *v;
    assert_int_equal(0, room_view_new(&v, "hall", 2));
    v->status = make_body("status");
    for (size_t i = 0; i < 2; i++) {
        struct view_rendition *r = &v->renditions[i];
        snprintf(r->name, sizeof(r->name), i == 0 ? "video" : "audio");
        r->media_type = i == 0 ? "video/mp4" : "audio/mp4";
        r->playlist = make_body(r->name);
        assert_int_equal(0, view_rendition_reserve(r, 5));
        for (uint32_t k = 0; k < 5; k++) {
            struct view_file *f = &r->files[r->file_count++];
            snprintf(f->name, sizeof(f->name), "%s", names[k]);
            f->blob = make_blob(k + 1);
            f->max_age_s = k + 10;
        }
        view_rendition_sort(r);
    }
    *state = v;
    return 0;
}

static int end_view(void **state)
{
    struct room_view *v = *state;
    room_view_unref(&v);
    assert_int_equal(0, blob_count());
    return 0;
}

static int find(const struct room_view *v, const char *tail, struct view_match *m)
{
    return room_view_find(v, tail, strlen(tail), m);
}

static void test_finds(void **state)
{
    struct view_match m;
    const struct room_view *v = *state;
    assert_int_equal(0, find(v, "status.json", &m));
    assert_string_equal("status", m.body->plain);
    assert_int_equal(0, find(v, "audio.m3u8", &m));
    assert_string_equal("audio", m.body->plain);
    assert_int_equal(0, find(v, "audio/99.m4s", &m));
    assert_int_equal(3, m.blob->bytes);
    assert_int_equal(12, m.max_age_s);
    assert_string_equal("audio/mp4", m.type);
    assert_int_equal(0, find(v, "video/init-5f3a9c01.mp4", &m));
    assert_int_equal(0, find(v, "video/9.m4s", &m));
    assert_int_equal(0, find(v, "video/100.m4s", &m));
    assert_int_equal(0, find(v, "video/101.m4s", &m));
    assert_null(m.body);
}

static void test_finds_nothing(void **state)
{
    static const char *const tails[] = {
        "",
        "index.m3u8",
        "/",
        "video",
        "video/",
        "video/98.m4s",
        ".m3u8",
        "video.m3u",
        "video.m3u8x",
        "videos.m3u8",
        "Video.m3u8",
        "video/100.m4s/",
        "../hall/",
        "video//100.m4s",
        "video/%39%39.m4s",
        "status.json/",
        "text/99.m4s",
        "m3u8",
        "video/../audio/99.m4s",
    };
    struct view_match m;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
        assert_int_equal(-ENOENT, find(*state, tails[i], &m));
    assert_int_equal(-ENOENT, room_view_find(*state, "video.m3u8\0", 11, &m));
    assert_int_equal(-ENOENT, room_view_find(*state, "video/99.m4s", 8, &m));
}

static void test_is_shared(void **state)
{
    struct room_view *other = room_view_ref(*state);
    uint64_t alive = blob_count();
    room_view_unref(&other);
    assert_null(other);
    room_view_unref(&other);
    assert_int_equal(alive, blob_count());
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_view, end_view)
    const struct CMUnitTest tests[] = {
        CASE(test_finds),
        CASE(test_finds_nothing),
        CASE(test_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
