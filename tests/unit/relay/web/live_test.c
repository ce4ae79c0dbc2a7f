/* Blocking reload over real sockets, against a room that moves part by part. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/stage.h"

#include <pthread.h>

static void test_at_once(void **state)
{
    (void)state;
    open_stage(2);
    check(LIST, "", 200, "video 402 ", UNBLOCKED);
    check(LIST "?x=_HLS_msn&_HLS_foo=", "", 200, "video 402 ", UNBLOCKED);
    check(LIST "?_HLS_msn=5", "", 200, "video 402 ", UNBLOCKED); /* rule 94 */
    check(LIST "?_HLS_msn=98&_HLS_part=0", "", 200, "video 402 ", UNBLOCKED);
    check(LIST "?_HLS_msn=99", "", 200, "video 402 ", BLOCKED);
    check(LIST "?_HLS_msn=99&_HLS_part=77", "", 200, "video 402 ", BLOCKED); /* rule 93 */
    check(LIST "?_HLS_part=1&_HLS_msn=100", "", 200, "video 402 ", BLOCKED);
    check(LIST "?_HLS_skip=YES", "", 200, "delta 402 ", UNBLOCKED);
    check(LIST "?_HLS_msn=99&_HLS_skip=v2", "", 200, "delta_v2 402 ", BLOCKED);
    check("/live/stage/audio.m3u8?_HLS_skip=YES", "", 200, "audio 402 ", UNBLOCKED);
    check("/live/stage/index.m3u8?_HLS_msn=999&_HLS_part=x", "", 200, "index ", UNBLOCKED);
    check("/live/stage/none.m3u8?_HLS_msn=100", "", 404, "There is ", NO_PART);
    check("/live/nobody/video.m3u8?_HLS_msn=100", "", 404, "There is ", UNBLOCKED);
    server_stats(site.server, &stats);
    assert_int_equal(stats.blocked_refused + stats.blocked_answered + stats.holding, 0);
    close_stage();
}

static void test_refused(void **state)
{
    (void)state;
    open_stage(1);
    check(LIST "?_HLS_part=1", "", 400, "_HLS_part needs _HLS_msn.\n", IN_VAIN);
    check(LIST "?_HLS_msn=-1", "", 400, "_HLS_msn must ", IN_VAIN);
    check(LIST "?_HLS_msn=1&_HLS_part=", "", 400, "_HLS_part must ", IN_VAIN);
    check(LIST "?_HLS_skip=maybe", "", 400, "_HLS_skip must ", NO_PART);
    check(LIST "?_HLS_msn=1&_HLS_msn=1", "", 400, "A delivery directive ", IN_VAIN);
    /* Too far: never cached for longer than it takes to come within reach. */
    check(LIST "?_HLS_msn=9999999999", "", 400, "This is too far ", IN_VAIN);
    check(LIST "?_HLS_msn=103", "", 400, "This is too far ", NO_PART);
    check(LIST "?_HLS_msn=102", "", 400, "This is too far ", UNBLOCKED);
    check(LIST "?_HLS_msn=100&_HLS_part=8", "", 400, "This is too far ", UNBLOCKED);
    server_stats(site.server, &stats);
    assert_int_equal(stats.blocked_refused, 9);
    /* What cannot be waited for takes no directives, good or bad. */
    now.ended = true;
    now.next++;
    show("stage");
    check(LIST "?_HLS_msn=x", "", 200, "video 403 end", UNBLOCKED);
    check(LIST "?_HLS_msn=100&_HLS_part=3&_HLS_skip=YES", "", 200, "video 403 end", UNBLOCKED);
    check(LIST "?_HLS_msn=999", "", 200, "video 403 end", UNBLOCKED);
    close_stage();
}

static void test_next_part_and_segment(void **state)
{
    (void)state;
    open_stage(2);
    int part = park(LIST "?_HLS_msn=100&_HLS_part=2", "Accept-Encoding: gzip\r\n");
    int later = park(LIST "?_HLS_msn=100&_HLS_part=3&_HLS_skip=YES", "");
    int over = park(LIST "?_HLS_msn=100&_HLS_part=4", ""); /* rule 93, in time */
    int whole = park(LIST "?_HLS_msn=100", "");
    advance();
    struct answer a = take(part);
    assert_int_equal(a.status, 200);
    assert_true(answer_has(&a, "Content-Encoding: gzip") && answer_has(&a, BLOCKED));
    assert_true(answer_has(&a, "Vary: Accept-Encoding"));
    assert_true(answer_has(&a, "Last-Modified: Sun, 22 Nov 2026 21:18:03 GMT"));
    answer_drop(&a);
    AWAIT(&site, stats, stats.holding == 3);
    advance();
    check_answer(later, 200, "delta 404 ", BLOCKED);
    check_answer(whole, 200, "video 404 ", BLOCKED);
    AWAIT(&site, stats, stats.holding == 1);
    advance();
    check_answer(over, 200, "video 405 ", BLOCKED);
    AWAIT(&site, stats, stats.holding == 0 && stats.blocked_answered == 4);
    close_stage();
}

/* HEAD, conditions and what was pipelined behind the wait. */
static void test_the_same_request(void **state)
{
    char etag[64] = "", lines[128];
    (void)state;
    open_stage(1);
    int head = viewer_connect(&site.address);
    viewer_say(head, "HEAD " LIST "?_HLS_msn=100&_HLS_part=2 HTTP/1.1\r\nHost: t\r\n\r\n"
                     "GET /live/stage/index.m3u8 HTTP/1.1\r\nHost: t\r\n\r\n");
    AWAIT(&site, stats, stats.holding == 1);
    advance();
    viewer_expect(head, false, 200, BLOCKED);
    viewer_expect(head, true, 200, UNBLOCKED);
    close(head);
    struct answer a = take(ask(LIST, ""));
    assert_int_equal(sscanf(strstr(a.head, "\r\nETag: "), "\r\nETag: %63s", etag), 1);
    answer_drop(&a);
    snprintf(lines, sizeof lines, "If-None-Match: %s\r\n", etag);
    check_unchanged(LIST "?_HLS_msn=100&_HLS_part=2", lines, BLOCKED);
    int waits = park(LIST "?_HLS_msn=100&_HLS_part=3", lines);
    show("stage"); /* the same again wakes, and does not answer */
    AWAIT(&site, stats, stats.holding == 1);
    advance();
    check_answer(waits, 200, "video 404 ", BLOCKED);
    close_stage();
}

static void test_in_vain(void **state)
{
    (void)state;
    open_stage(1);
    now.target_duration_s = 1;
    show("stage");
    int64_t start_us = clock_mono_us();
    int list = park(LIST "?_HLS_msn=100&_HLS_part=3", "");
    int part = park(PARTS "p402.m4s", "");
    for (int i = 0; i < 20; i++) { /* views without news do not put the end off */
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        show("stage");
    }
    check_answer(list, 503, "Nothing new ", "Cache-Control: public, max-age=4");
    check_answer(part, 503, "Nothing new ", UNBLOCKED);
    int64_t took_us = clock_mono_us() - start_us;
    assert_in_range(took_us, 2900000, 4000000);
    AWAIT(&site, stats, stats.holding == 0 && stats.blocked_timeouts == 2);
    close_stage();
}

static void test_end_and_hiding(void **state)
{
    (void)state;
    open_stage(2);
    int list = park(LIST "?_HLS_msn=101", ""), part = park(PARTS "p402.m4s", "");
    now.ended = true;
    show("stage");
    check_answer(list, 200, "video 402 end", UNBLOCKED);
    check_answer(part, 404, "There is ", NO_PART);
    now.ended = false;
    show("stage");
    AWAIT(&site, stats, stats.holding == 0);
    list = park(LIST "?_HLS_msn=101", "");
    part = park(PARTS "p402.m4s", "");
    int other = park("/live/stage/audio.m3u8?_HLS_msn=100&_HLS_part=2", "");
    server_hide(site.server, "stage");
    check_answer(list, 404, "There is ", IN_VAIN);
    check_answer(part, 404, "There is ", NO_PART);
    check_answer(other, 404, "There is ", IN_VAIN);
    AWAIT(&site, stats, stats.holding == 0);
    close_stage();
}

static void test_viewers_leave(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)state;
    open_stage(1);
    for (int how = 0; how < 4; how++) {
        int fd = park(LIST "?_HLS_msn=100&_HLS_part=2", "");
        if (how & 1)
            viewer_say(fd, "GET /live/stage/index.m3u8 HTTP/1.1\r\nHost: t\r\n\r\n");
        if (how & 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
        AWAIT(&site, stats, stats.holding == 0 && stats.connections_open == 0);
    }
    advance();
    check(LIST "?_HLS_msn=100&_HLS_part=2", "", 200, "video 403 ", BLOCKED);
    close_stage();
}

static void test_drain(void **state)
{
    (void)state;
    open_stage(2);
    int list = park(LIST "?_HLS_msn=101", ""), part = park(PARTS "p402.m4s", "");
    server_stop(site.server, clock_mono_us() + 5000000);
    check_answer(list, 503, "Nothing new ", "Cache-Control: no-store");
    check_answer(part, 503, "Nothing new ", "Connection: close");
    close_stage();
}

/* A thousand at once: one view answers those of its room, and nobody else's. */
static void test_many(void **state)
{
    enum { N = 1000 };
    static int fds[N];
    (void)state;
    open_stage(2);
    show("other");
    int other = park("/live/other/video.m3u8?_HLS_msn=100&_HLS_part=2", "");
    for (int i = 0; i < N; i++)
        fds[i] = ask(i % 2 ? LIST "?_HLS_msn=100&_HLS_part=2" : PARTS "p402.m4s", "");
    AWAIT(&site, stats, stats.holding == N + 1 && stats.connections_open == N + 1);
    advance();
    for (int i = 0; i < N; i++) {
        struct answer a = take(fds[i]);
        assert_true(a.status == 200 && answer_has(&a, i % 2 ? BLOCKED : HINT_AGE));
        assert_int_equal(a.len, i % 2 ? 400 : PART_BYTES);
        answer_drop(&a);
    }
    AWAIT(&site, stats, stats.holding == 1);
    show("other");
    check_answer(other, 200, "video 403 ", BLOCKED);
    close_stage();
}

enum { FOLLOWERS = 6, UPDATES = 100 };

struct follower {
    pthread_t id;
    char trouble[200];
};

static struct answer fetch(struct follower *f, const char *path, const char *body)
{
    struct answer a = take(ask(path, ""));
    if (a.status != 200 || strncmp(a.body, body, strlen(body)) != 0)
        snprintf(f->trouble, sizeof f->trouble, "%s: %d %.60s", path, a.status, a.body);
    return a;
}

/* Follows the room by blocking reload: whichever thread answers, what was asked for is there, and
 * the part that was hinted comes. */
static void *follow(void *arg)
{
    struct follower *f = arg;
    for (uint64_t next = START, got = 0; next < START + UPDATES && !f->trouble[0]; next = got) {
        char path[96];
        snprintf(path, sizeof path, LIST "?_HLS_msn=%d&_HLS_part=%d", (int)(next / LONG_PARTS),
                 (int)(next % LONG_PARTS));
        struct answer a = fetch(f, path, "video ");
        got = strtoull(a.body + 6, NULL, 10);
        if (!f->trouble[0] && got <= next)
            snprintf(f->trouble, sizeof f->trouble, "%s: %d", path, (int)got);
        answer_drop(&a);
        snprintf(path, sizeof path, PARTS "p%d.m4s", (int)got);
        if (got >= START + UPDATES || f->trouble[0])
            break;
        const char first = (char)byte_at(got % 64 * PART_BYTES);
        a = fetch(f, path, (const char[]){first, '\0'});
        answer_drop(&a);
    }
    return NULL;
}

static void test_followers(void **state)
{
    struct follower followers[FOLLOWERS] = {0};
    (void)state;
    open_stage(3);
    for (int i = 0; i < FOLLOWERS; i++)
        pthread_create(&followers[i].id, NULL, follow, &followers[i]);
    for (int i = 0; i < UPDATES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = i % 10 ? 3000000 : 0}, NULL);
        advance();
    }
    for (int i = 0; i < FOLLOWERS; i++) {
        pthread_join(followers[i].id, NULL);
        assert_string_equal(followers[i].trouble, "");
    }
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_next_part_and_segment),
        cmocka_unit_test(test_the_same_request),
        cmocka_unit_test(test_in_vain),
        cmocka_unit_test(test_end_and_hiding),
        cmocka_unit_test(test_viewers_leave),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_followers),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
