/* A room that only signed links open, over real sockets: each way to be refused, and both forms. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/access.h"
#include "relay/web/postbox.h"
#include "relay/web/token.h"
#include "tests/unit/relay/web/stage.h"

#include <stdatomic.h>
#include <time.h>

#define OLD_SECRET "0123456789abcdef0123456789abcdef"
#define NEW_SECRET "fedcba9876543210fedcba9876543210"
#define CLOSED     "This room opens with a valid link only; please ask for a new one.\n"
#define NO_STORE   "Cache-Control: no-store"

static _Atomic unsigned fail_at; /* a post about nobody, counted from 1, that finds no memory */

/* The sanitizers have a malloc of their own: there all posts are made. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_calloc(size_t n, size_t size);

void *calloc(size_t n, size_t size)
{
    bool post = n == 1 && size == sizeof(struct post) + 1 && fail_at > 0;
    return post && --fail_at == 0 ? NULL : __libc_calloc(n, size);
}
#endif

static char old_key[] = "old=" OLD_SECRET, both_keys[] = "new=" NEW_SECRET ", old=" OLD_SECRET,
            new_key[] = "new=" NEW_SECRET;
static char open_name[] = "open-house", stage_name[] = "stage";
static struct config_room listed[] = {{.name = open_name, .access = 1 + ACCESS_OPEN},
                                      {.name = stage_name, .access = ROOM_ACCESS_GLOBAL}};

static struct config signed_config(char *keys)
{
    struct config c = fixture_config();
    c.rooms.access = ACCESS_SIGNED;
    c.rooms.sign_keys = keys;
    c.rooms.list = listed;
    c.rooms.list_count = 2;
    return c;
}

static void open_signed(size_t threads)
{
    struct config c = signed_config(both_keys);
    site_open(&site, &c, threads, NULL, 0);
    media = fixture_blob(64 * PART_BYTES, "\"media\"");
    now = (struct moment){START, MADE_UP_TD_S, false, false};
    show("stage");
    show("open-house");
    show("stage-2");
}

static const char *sign(const char *id, const char *secret, const char *room, const char *address,
                        long left_s)
{
    static char text[TOKEN_MAX];
    struct token_key k;
    const struct token_wish wish = {room, address, (int64_t)time(NULL) + left_s};
    token_key_init(&k, id, strlen(id), secret, strlen(secret));
    assert_int_equal(token_write(&wish, &k, text), 0);
    return text;
}

static const char *path(const char *token, const char *rest)
{
    static char text[512];
    snprintf(text, sizeof text, "/live/~%s/%s", token, rest);
    return text;
}

static const char *good(long left_s)
{
    return sign("new", NEW_SECRET, "stage", NULL, left_s);
}

static uint64_t refused(enum access_verdict v)
{
    server_stats(site.server, &stats);
    return stats.access_refused[v];
}

static void check_refused(const char *what, enum access_verdict why)
{
    uint64_t before = refused(why);
    check(what, "", 403, CLOSED, NO_STORE);
    assert_int_equal(refused(why), before + 1);
}

static void test_refused(void **state)
{
    (void)state;
    char text[TOKEN_MAX];
    open_signed(1);
    check_refused("/live/stage/index.m3u8", ACCESS_MISSING);
    check_refused("/live/stage/nothing", ACCESS_MISSING);
    check_refused("/live/nobody/index.m3u8", ACCESS_MISSING);
    check_refused("/live/stage/video.m3u8?token", ACCESS_MISSING);
    check_refused("/live/stage/status.json?xtoken=a", ACCESS_MISSING);
    check_refused("/live/~/stage/video.m3u8", ACCESS_MALFORMED);
    check_refused("/live/~a~b/stage/video.m3u8", ACCESS_MALFORMED);
    check_refused("/live/stage/video.m3u8?token=%zz", ACCESS_MALFORMED);
    check_refused(path(sign("lost", NEW_SECRET, "stage", NULL, 60), "stage/video.m3u8"),
                  ACCESS_UNKNOWN_KEY);
    check_refused(path(sign("new", OLD_SECRET, "stage", NULL, 60), "stage/video.m3u8"),
                  ACCESS_FORGED);
    check_refused(path(good(0), "stage/video.m3u8"), ACCESS_EXPIRED);
    check_refused(path(good(60), "stage-2/video.m3u8"), ACCESS_OTHER_ROOM);
    check_refused(path(sign("new", NEW_SECRET, "stage", "10.0.0.0/8", 60), "stage/video.m3u8"),
                  ACCESS_OTHER_ADDRESS);
    snprintf(text, sizeof text, "%s", good(60));
    text[4]++; /* "nev" or a later second */
    check(path(text, "stage/video.m3u8"), "", 403, CLOSED, NO_STORE);
    close_stage();
}

static void test_path(void **state)
{
    (void)state;
    open_signed(2);
    check(path(good(600), "stage/video.m3u8"), "", 200, "video 402 ", UNBLOCKED);
    check(path(good(600), "stage/index.m3u8"), "", 200, "index ", "");
    check(path(good(600), "stage/video/p401.m4s"), "", 200, "", FILE_AGE);
    check(path(good(600), "stage/none.m3u8"), "", 404, "There is ", "");
    check(path(good(600), "rooms.json"), "", 404, "There is ", "");
    check(path(sign("old", OLD_SECRET, "st*", NULL, 60), "stage-2/video.m3u8"), "", 200, "video ",
          UNBLOCKED);
    int fd = park(path(good(600), "stage/video.m3u8?_HLS_msn=100&_HLS_part=2"), "");
    int part = park(path(good(600), "stage/video/p402.m4s"), "");
    advance();
    check_answer(fd, 200, "video 403 ", BLOCKED);
    check_answer(part, 200, "", HINT_AGE);
    server_stats(site.server, &stats);
    assert_int_equal(stats.by_code[403], 0);
    close_stage();
}

/* No cache keeps what a link gave beyond the link's end, nor for others where it might. */
static void test_lifetimes(void **state)
{
    (void)state;
    open_signed(1);
    struct answer a = take(ask(path(good(20), "stage/video/p401.m4s"), ""));
    const char *age = strstr(a.head, "max-age=");
    assert_true(age && atoi(age + 8) <= 20 && atoi(age + 8) >= 18);
    answer_drop(&a);
    check(path(sign("new", NEW_SECRET, "stage", "127.0.0.0/8", 600), "stage/video.m3u8"), "", 200,
          "video ", "Cache-Control: private, max-age=1");
    int fd = park(path(sign("new", NEW_SECRET, "stage", "127.0.0.1", 600),
                       "stage/video.m3u8?_HLS_msn=100&_HLS_part=2"),
                  "");
    advance();
    check_answer(fd, 200, "video ", "Cache-Control: private, max-age=0");
    close_stage();
}

/* Whoever stands between hides where the viewer is; only a cache's own question says it. */
static void test_forwarded(void **state)
{
    (void)state;
    static const char *const lines[] = {"X-Forwarded-For: 127.0.0.1\r\n",
                                        "Forwarded: for=127.0.0.1\r\n", "Via: 1.1 cache\r\n"};
    char bound[512], query[512], asked[512], free[512];
    open_signed(1);
    const char *token = sign("new", NEW_SECRET, "stage", "127.0.0.0/8", 600);
    snprintf(bound, sizeof bound, "%s", path(token, "stage/video.m3u8"));
    snprintf(query, sizeof query, "/live/stage/video.m3u8?token=%s", token);
    snprintf(asked, sizeof asked, "%s", path(token, "stage/access"));
    check(bound, "", 200, "video ", "");
    check(asked, "", 204, "", "Cache-Control: private, max-age=60");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        check(bound, lines[i], 403, CLOSED, NO_STORE);
        check(query, lines[i], 403, CLOSED, NO_STORE);
        check(asked, lines[i], 403, CLOSED, NO_STORE);
    }
    assert_int_equal(refused(ACCESS_OTHER_ADDRESS), 9);
    snprintf(asked, sizeof asked, "%s", path(token, "stage/access?address=127.0.0.1"));
    check(asked, lines[0], 204, "", "Cache-Control: public, max-age=60");
    snprintf(free, sizeof free, "%s", path(good(600), "stage/video.m3u8"));
    check(free, lines[0], 200, "video ", UNBLOCKED);
    close_stage();
}

/* One spelling for one link: in a path there are no escapes, in a query they are undone. */
static void test_spelling(void **state)
{
    (void)state;
    char token[TOKEN_MAX], what[512], wanted[512];
    open_signed(1);
    snprintf(token, sizeof token, "%s", good(600));
    snprintf(what, sizeof what, "/live/~%%31%s/stage/video.m3u8", token + 1);
    check(what, "", 403, CLOSED, NO_STORE);
    check("/live/~%31/open-house/video.m3u8", "", 403, CLOSED, NO_STORE);
    snprintf(what, sizeof what, "/live/stage/index.m3u8?token=%%31%s", token + 1);
    snprintf(wanted, sizeof wanted, "/live/~%s/stage/", token);
    struct answer a = take(ask(what, ""));
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, wanted));
    assert_null(strchr(a.body, '%'));
    answer_drop(&a);
    struct config c = fixture_config();
    assert_int_equal(server_set_access(site.server, &c), 0);
    for (int i = 0, status = 0; status != 404 && i < 200; i++) {
        a = take(ask("/live/~%31/open-house/video.m3u8", ""));
        status = a.status;
        answer_drop(&a);
        assert_true(status == 404 || i < 199);
        usleep(10000);
    }
    close_stage();
}

/* What is one viewer's alone may not cost a compression for each request. */
static void test_long_twin(void **state)
{
    (void)state;
    enum { LINES = 1000 };
    char list[LINES * 12], what[512];
    struct moment m = {START, MADE_UP_TD_S, false, false};
    for (size_t i = 0; i < LINES; i++)
        memcpy(list + i * 12, "video/1.m4s\n", 12);
    open_signed(1);
    struct room_view *v = moment_view("stage", media, &m);
    body_unref(&v->renditions[0].playlist);
    assert_int_equal(body_new(&v->renditions[0].playlist, "application/vnd.apple.mpegurl", list,
                              sizeof list, true, 1, 0),
                     0);
    server_show(site.server, v);
    room_view_unref(&v);
    static const char gzip[] = "Accept-Encoding: gzip\r\n";
    struct answer a = take(ask(path(good(600), "stage/video.m3u8"), gzip));
    assert_true(answer_has(&a, "Content-Encoding: gzip"));
    answer_drop(&a);
    snprintf(what, sizeof what, "/live/stage/video.m3u8?token=%s", good(600));
    a = take(ask(what, gzip));
    assert_int_equal(a.status, 200);
    assert_null(strstr(a.head, "Content-Encoding"));
    answer_drop(&a);
    close_stage();
}

/* The query form leads to the path form. */
static void test_query(void **state)
{
    (void)state;
    char what[512],
        playlist[] = "#EXTM3U\n#EXT-X-MAP:URI=\"video/init.mp4\",X=1\n"
                     "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"audio.m3u8\",NAME=\"URI=\"\n"
                     "#EXTINF:2,\n\nvideo/1.m4s\n#EXT-X-ENDLIST",
        wanted[2048];
    struct moment m = {START, MADE_UP_TD_S, false, false};
    open_signed(1);
    struct room_view *v = moment_view("stage", media, &m);
    body_unref(&v->renditions[0].playlist);
    assert_int_equal(body_new(&v->renditions[0].playlist, "application/vnd.apple.mpegurl", playlist,
                              strlen(playlist), true, 1, 0),
                     0);
    server_show(site.server, v);
    room_view_unref(&v);
    char token[TOKEN_MAX];
    snprintf(token, sizeof token, "%s", good(600));
    snprintf(what, sizeof what, "/live/stage/video.m3u8?a=b&token=%s&_HLS_msn=99", token);
    snprintf(wanted, sizeof wanted,
             "#EXTM3U\n#EXT-X-MAP:URI=\"/live/~%s/stage/video/init.mp4\",X=1\n"
             "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"/live/~%s/stage/audio.m3u8\",NAME=\"URI=\"\n"
             "#EXTINF:2,\n\n/live/~%s/stage/video/1.m4s\n#EXT-X-ENDLIST",
             token, token, token);
    check(what, "", 200, wanted, "Cache-Control: private, max-age=0");
    snprintf(what, sizeof what, "/live/stage/video/p401.m4s?token=%s", token);
    check(what, "", 200, "", "Cache-Control: private, max-age=60, immutable");
    close_stage();
}

static void test_open_rooms(void **state)
{
    (void)state;
    open_signed(1);
    check("/live/open-house/video.m3u8", "", 200, "video 402 ", UNBLOCKED);
    check("/live/~whatever/open-house/video.m3u8", "", 200, "video 402 ", UNBLOCKED);
    check("/live/open-house/video.m3u8?token=x", "", 200, "video 402 ", UNBLOCKED);
    check("/live/open-house/access", "", 204, "", "Cache-Control: public, max-age=60");
    close_stage();
}

/* A cache asks for the viewer whom it sees. */
static void test_access(void **state)
{
    (void)state;
    char token[TOKEN_MAX];
    open_signed(1);
    check(path(good(600), "stage/access"), "", 204, "", "Cache-Control: public, max-age=60");
    check(path(good(600), "stage/access?address=2001:db8::1"), "", 204, "", "");
    check_refused("/live/stage/access", ACCESS_MISSING);
    snprintf(token, sizeof token, "%s", sign("new", NEW_SECRET, "stage", "10.0.0.0/8", 600));
    check(path(token, "stage/access?address=10.1.2.3"), "", 204, "",
          "Cache-Control: public, max-age=60");
    check_refused(path(token, "stage/access"), ACCESS_OTHER_ADDRESS);
    check_refused(path(token, "stage/access?address=11.1.2.3"), ACCESS_OTHER_ADDRESS);
    check_refused(path(token, "stage/access?address=nowhere"), ACCESS_MALFORMED);
    /* Only there: a viewer cannot say where it comes from. */
    check_refused(path(token, "stage/video.m3u8?address=10.1.2.3"), ACCESS_OTHER_ADDRESS);
    close_stage();
}

static void change_keys(char *keys)
{
    struct config c = signed_config(keys);
    assert_int_equal(server_set_access(site.server, &c), 0);
}

static void await_status(const char *what, int status)
{
    for (int i = 0; i < 200; i++) {
        struct answer a = take(ask(what, ""));
        int got = a.status;
        answer_drop(&a);
        if (got == status)
            return;
        usleep(10000);
    }
    fail_msg("%s never becomes %d", what, status);
}

static void test_rotation(void **state)
{
    (void)state;
    char by_old[512], by_new[512];
    open_signed(2);
    snprintf(by_old, sizeof by_old, "%s",
             path(sign("old", OLD_SECRET, "stage", NULL, 60), "stage/video.m3u8"));
    snprintf(by_new, sizeof by_new, "%s", path(good(60), "stage/video.m3u8"));
    check(by_old, "", 200, "video ", "");
    check(by_new, "", 200, "video ", "");
    change_keys(new_key);
    await_status(by_old, 403);
    check(by_new, "", 200, "video ", "");
    change_keys(old_key);
    await_status(by_new, 403);
    struct config c = fixture_config();
    assert_int_equal(server_set_access(site.server, &c), 0);
    await_status("/live/stage/video.m3u8", 200);
    close_stage();
}

/* All threads hear of it, or none does: half a change would open rooms to who is to be kept out. */
static void test_no_memory(void **state)
{
    (void)state;
    open_signed(2);
    struct config c = fixture_config();
    fail_at = 2;
    int rc = server_set_access(site.server, &c);
    if (fail_at == 0) {
        assert_int_equal(rc, -ENOMEM);
        usleep(50000);
        for (int i = 0; i < 20; i++)
            check("/live/stage/video.m3u8", "", 403, CLOSED, NO_STORE);
    }
    fail_at = 0;
    close_stage();
}

/* Who fails for long must connect anew each time; who has a link is not concerned. */
static void test_often(void **state)
{
    (void)state;
    open_signed(1);
    int status = 0, n = 0;
    for (; n < 1000 && status != 429; n++) {
        struct answer a = take(ask("/live/~x/stage/video.m3u8", ""));
        status = a.status;
        assert_true(status == 403 ||
                    (answer_has(&a, "Connection: close") && answer_has(&a, "Retry-After: 10") &&
                     answer_has(&a, NO_STORE)));
        answer_drop(&a);
    }
    assert_true(n > 100 && n < 300);
    check(path(good(60), "stage/video.m3u8"), "", 200, "video ", "");
    check("/live/open-house/video.m3u8", "", 200, "video ", "");
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_path, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_lifetimes, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_forwarded, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_spelling, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_long_twin, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_query, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_open_rooms, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_access, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_rotation, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_no_memory, count_before, nothing_left),
        cmocka_unit_test_setup_teardown(test_often, count_before, nothing_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
