/* Which answers of an HTTP/2 connection come first, seen in the order of their frames. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/h2_raw.h"
#include "tests/unit/relay/web/stage.h"

#include <signal.h>

#define PART "/live/stage/video/p401.m4s"
#define INIT "/live/plain/video/init-0.mp4"
#define LONG "/live/plain/video/1.m4s"

enum { WINDOW = 65535, FIRST = 1 };

static int viewer;

/* Asks for something long, of which no more than the connection's window comes. */
static void begin(void)
{
    open_stage(1);
    site_show(&site, "plain");
    viewer = raw_open(&site.address, 1 << 24);
    raw_get(viewer, FIRST, LONG, 5);
}

static void end(void)
{
    close(viewer);
    close_stage();
}

static void ask_for(uint32_t id, const char *path, const char *wish)
{
    uint8_t block[200] = {0x20, 0x82, 0x86, 0x01, 1, 't', 0x04, (uint8_t)strlen(path)};
    size_t len = 8 + strlen(path), n = strlen(wish);
    memcpy(block + 8, path, strlen(path));
    if (n > 0) {
        memcpy(block + len, "\0\10priority", 10);
        block[len + 10] = (uint8_t)n;
        memcpy(block + len + 11, wish, n);
        len += 11 + n;
    }
    raw(viewer, NGHTTP2_HEADERS, 5, id, block, len);
}

/* The next frame of data's stream, or 0 at the answer to a PING; *len: its bytes. */
static uint32_t next_data(size_t *len)
{
    uint8_t head[9], payload[16384];
    for (;;) {
        assert_int_equal(recv(viewer, head, 9, MSG_WAITALL), 9);
        *len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        assert_true(*len <= sizeof payload);
        assert_int_equal(recv(viewer, payload, *len, MSG_WAITALL), *len);
        if (head[3] == NGHTTP2_PING)
            return 0;
        if (head[3] == NGHTTP2_DATA)
            return (uint32_t)head[7] << 8 | head[8];
    }
}

/* The server has read everything up to here, and sent what it could. */
static void settle(void)
{
    size_t len;
    raw(viewer, NGHTTP2_PING, 0, 0, "12345678", 8);
    while (next_data(&len) != 0)
        continue;
}

static void open_window(uint32_t bytes)
{
    const uint8_t more[] = {(uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8),
                            (uint8_t)bytes};
    raw(viewer, NGHTTP2_WINDOW_UPDATE, 0, 0, more, 4);
}

/* The next streams that data comes of, in that order; each comes whole before the next. */
static void expect_order(const uint32_t *ids, size_t n)
{
    uint32_t at = 0, id;
    size_t len;
    for (size_t i = 0; i < n; i++) {
        while ((id = next_data(&len)) == at)
            continue;
        at = id;
        if (id != ids[i])
            fail_msg("place %zu: want %u, got %u", i, ids[i], id);
    }
}

#define EXPECT_ORDER(...)                                                                          \
    expect_order((const uint32_t[]){__VA_ARGS__},                                                  \
                 sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* A playlist overtakes a segment that is under way, whenever the next frame is made. */
static void test_kinds(void **state)
{
    (void)state;
    begin();
    settle();
    ask_for(3, PART, "");
    ask_for(5, INIT, "");
    ask_for(7, LIST, "");
    settle();
    open_window(200000);
    EXPECT_ORDER(5, 7, 3, FIRST);
    end();
}

/* A wish makes an answer less urgent than its kind, not more: browsers say u=1 for everything. */
static void test_wishes(void **state)
{
    (void)state;
    begin();
    settle();
    ask_for(3, PART, "u=0");
    ask_for(5, LIST, "u=5");
    ask_for(7, LIST, "u=1, i");
    ask_for(9, INIT, "nonsense;;u=9");
    settle();
    open_window(4000000);
    EXPECT_ORDER(7, 9, 3, FIRST, 5);
    end();
}

static void update(uint32_t id, const char *wish)
{
    uint8_t payload[20] = {0, 0, (uint8_t)(id >> 8), (uint8_t)id};
    memcpy(payload + 4, wish, strlen(wish));
    raw(viewer, NGHTTP2_PRIORITY_UPDATE, 0, 0, payload, 4 + strlen(wish));
}

/* PRIORITY_UPDATE is obeyed: of what is under way, of what waits, of what is still to be asked. */
static void test_updates(void **state)
{
    (void)state;
    begin();
    settle();
    ask_for(3, LIST, "");
    ask_for(5, PART, "");
    update(5, "u=0");
    update(FIRST, "u=7");
    update(7, "u=6");
    ask_for(7, LIST, "");
    settle();
    open_window(4000000);
    EXPECT_ORDER(5, 3, 7, FIRST);
    end();
}

/* Segments come one after the other, or take turns if their viewer wants that. */
static void test_incremental(void **state)
{
    size_t len;
    uint32_t before = 0;
    int turns = 0;
    (void)state;
    begin();
    settle();
    ask_for(3, LONG, "u=3, i");
    ask_for(5, LONG, "u=3, i");
    update(FIRST, "u=7");
    settle();
    open_window(400000);
    for (int i = 0; i < 20; i++) {
        uint32_t id = next_data(&len);
        turns += before && id != before;
        before = id;
    }
    assert_true(turns >= 18);
    end();
    begin();
    settle();
    ask_for(3, LONG, "");
    settle();
    open_window(4000000);
    EXPECT_ORDER(FIRST, 3);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kinds, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_wishes, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_updates, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_incremental, count_before, nothing_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
