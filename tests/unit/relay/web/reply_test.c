/* Parts: slices of one file that are resources of their own, hinted before they are there. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/relay/web/stage.h"

static void check_bytes(const struct answer *a, uint64_t part, size_t first, size_t last)
{
    size_t at = part % 64 * PART_BYTES;
    assert_int_equal(a->len, last - first + 1);
    for (size_t i = 0; i < a->len; i++)
        if ((unsigned char)a->body[i] != byte_at(at + first + i))
            fail_msg("part %d: byte %zu is wrong", (int)part, first + i);
}

static void check_part(int fd, uint64_t part, size_t first, size_t last, const char *age)
{
    char line[80];
    struct answer a = take(fd);
    bool whole = first == 0 && last == PART_BYTES - 1;
    assert_int_equal(a.status, whole ? 200 : 206);
    check_bytes(&a, part, first, last);
    snprintf(line, sizeof line, "Content-Range: bytes %zu-%zu/%d", first, last, PART_BYTES);
    assert_int_equal(answer_has(&a, line), !whole);
    snprintf(line, sizeof line, "ETag: \"media-%d-%d\"", (int)(part % 64) * PART_BYTES, PART_BYTES);
    assert_true(answer_has(&a, line) && answer_has(&a, age));
    answer_drop(&a);
}

/* A part is a resource of its own, though its bytes lie in the middle of a file. */
static void test_slices(void **state)
{
    enum { END = PART_BYTES - 1 };
    (void)state;
    open_stage(1);
    check_part(ask(PARTS "p401.m4s", ""), 401, 0, END, FILE_AGE);
    check_part(ask(PARTS "p395.m4s", ""), 395, 0, END, FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=0-0\r\n"), 401, 0, 0, FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=10-9007199254740991\r\n"), 401, 10, END,
               FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=9999-\r\n"), 401, END, END, FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=-5\r\n"), 401, END - 4, END, FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=1-2\r\nIf-Range: \"media-170000-10000\"\r\n"),
               401, 1, 2, FILE_AGE);
    check_part(ask(PARTS "p401.m4s", "Range: bytes=1-2\r\nIf-Range: \"media\"\r\n"), 401, 0, END,
               FILE_AGE);
    check(PARTS "p401.m4s", "Range: bytes=10000-\r\n", 416, "This range ",
          "Content-Range: bytes */10000");
    check_unchanged(PARTS "p401.m4s", "If-None-Match: \"media-170000-10000\"\r\n", FILE_AGE);
    int head = viewer_connect(&site.address);
    viewer_say(head, "HEAD " PARTS "p401.m4s HTTP/1.1\r\nHost: t\r\n\r\n");
    viewer_expect(head, false, 200, "Content-Length: 10000");
    close(head);
    struct answer a = take(ask(PARTS "99.m4s", "")); /* of parts 396 to 399 */
    check_bytes(&a, 396, 0, LONG_PARTS * PART_BYTES - 1);
    answer_drop(&a);
    close_stage();
}

static void test_hint(void **state)
{
    enum { END = PART_BYTES - 1 };
    (void)state;
    open_stage(2);
    check(PARTS "p405.m4s", "", 404, "There is ", UNBLOCKED);
    check(PARTS "p300.m4s", "", 404, "There is ", UNBLOCKED);
    check(PARTS "init.mp4", "", 404, "There is ", UNBLOCKED);
    int whole = park(PARTS "p402.m4s", ""), ahead = park(PARTS "p403.m4s", "");
    int open = park(PARTS "p402.m4s", "Range: bytes=0-9007199254740991\r\n");
    int range = park(PARTS "p402.m4s", "Range: bytes=100-199\r\n");
    int stale = park(PARTS "p402.m4s", "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n");
    int beyond = park(PARTS "p402.m4s", "Range: bytes=10000-\r\n");
    advance();
    check_part(whole, 402, 0, END, HINT_AGE);
    check_answer(open, 206, "", "Content-Range: bytes 0-9999/10000");
    check_part(range, 402, 100, 199, HINT_AGE);
    check_part(stale, 402, 0, END, HINT_AGE);
    check_answer(beyond, 416, "This range ", "Content-Range: bytes */10000");
    AWAIT(&site, stats, stats.holding == 1);
    advance();
    check_part(ahead, 403, 0, END, HINT_AGE);
    /* The number is passed over: it will never come. */
    int abandoned = park(PARTS "p404.m4s", "");
    now.next += 100;
    show("stage");
    check_answer(abandoned, 404, "There is ", NO_PART);
    close_stage();
}

/* Parts as ranges of a segment that grows under its own name. */
static void test_growing_segment(void **state)
{
    (void)state;
    open_stage(1);
    now.ranges = true;
    show("stage");
    int next = park(PARTS "100.m4s", "Range: bytes=20000-9007199254740991\r\n");
    int whole = park(PARTS "100.m4s", ""), tail = park(PARTS "100.m4s", "Range: bytes=-100\r\n");
    int after = park(PARTS "101.m4s", "Range: bytes=0-\r\n");
    check(PARTS "100.m4s", "Range: bytes=0-9\r\n", 206, "", "Content-Range: bytes 0-9/*");
    check(PARTS "100.m4s", "Range: bytes=10000-\r\n", 206, "",
          "Content-Range: bytes 10000-19999/*");
    advance();
    check_answer(next, 206, "", "Content-Range: bytes 20000-29999/*");
    advance();
    struct answer a = take(whole);
    assert_int_equal(a.status, 200);
    check_bytes(&a, 400, 0, LONG_PARTS * PART_BYTES - 1);
    answer_drop(&a);
    check_answer(tail, 206, "", "Content-Range: bytes 39900-39999/40000");
    advance();
    check_answer(after, 206, "", "Content-Range: bytes 0-9999/*");
    close_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_growing_segment),
    };
    return cmocka_run_group_tests(tests, count_before, nothing_left);
}
