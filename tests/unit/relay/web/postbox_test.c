/* News for a thread that is slow to read them: the order holds and the last word is never lost. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/postbox.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PATHS = 16, ROUNDS = 20000 };

struct seen {
    int last[PATHS]; /* by path: the newest number, -1 taken away */
    size_t posts, answers;
    _Atomic bool posted_all;
    struct postbox *box;
};

static struct body *numbered(int n)
{
    struct body *b;
    char text[32];
    int len = snprintf(text, sizeof text, "%d", n);
    assert_int_equal(body_new(&b, "text/plain", text, (size_t)len, false, 1, 1), 0);
    return b;
}

/* n < 0: takes the text away. */
static void put_text(struct postbox *box, int path, int n)
{
    char name[16];
    struct body *b = n < 0 ? NULL : numbered(n);
    snprintf(name, sizeof name, "/%d", path);
    postbox_put(box, post_new(POST_TEXT, name, NULL, b, NULL));
    body_unref(&b);
}

static void put_answer(struct postbox *box)
{
    const struct request_token t = {0};
    postbox_put(box, post_new(POST_ANSWER, NULL, NULL, NULL, &t));
}

static void take(void *ctx, struct post *p)
{
    struct seen *s = ctx;
    s->posts++;
    if (p->kind == POST_ANSWER) {
        s->answers++;
        return;
    }
    assert_int_equal(p->kind, POST_TEXT);
    int path = atoi(p->name + 1), n = p->body ? atoi(p->body->plain) : -1;
    if (n >= 0 && s->last[path] >= 0 && n <= s->last[path])
        fail_msg("path %d: %d after %d", path, n, s->last[path]);
    s->last[path] = n;
}

static void test_overflow(void **state)
{
    struct seen s = {.last = {0}};
    (void)state;
    assert_int_equal(postbox_new(&s.box), 0);
    for (int i = 1; i <= 3 * POSTBOX_CAPACITY; i++) {
        put_text(s.box, i % PATHS, i);
        if (i % 3 == 0)
            put_answer(s.box);
    }
    put_text(s.box, 5, -1);
    assert_true(postbox_late(s.box) > 0);
    postbox_take(s.box, take, &s);
    for (int i = 0; i < PATHS; i++)
        assert_int_equal(s.last[i], i == 5 ? -1 : 3 * POSTBOX_CAPACITY - (PATHS - i) % PATHS);
    assert_int_equal(s.answers, POSTBOX_CAPACITY); /* each answer has its own viewer */
    assert_true(s.posts <= 2 * POSTBOX_CAPACITY + PATHS);
    /* All went back to normal. */
    uint64_t late = postbox_late(s.box);
    put_text(s.box, 1, 4 * POSTBOX_CAPACITY);
    assert_int_equal(postbox_late(s.box), late);
    postbox_take(s.box, take, &s);
    assert_int_equal(s.last[1], 4 * POSTBOX_CAPACITY);
    postbox_free(&s.box);
}

static void test_answers_are_bounded(void **state)
{
    struct seen s = {.last = {0}};
    (void)state;
    assert_int_equal(postbox_new(&s.box), 0);
    for (int i = 0; i < POSTBOX_CAPACITY + POSTBOX_LATE_ANSWERS + 100; i++)
        put_answer(s.box);
    postbox_take(s.box, take, &s);
    assert_int_equal(s.answers, POSTBOX_CAPACITY + POSTBOX_LATE_ANSWERS);
    postbox_free(&s.box);
}

static void test_left_at_the_end(void **state)
{
    struct postbox *box;
    (void)state;
    assert_int_equal(postbox_new(&box), 0);
    for (int i = 0; i < 2 * POSTBOX_CAPACITY; i++)
        put_text(box, i % PATHS, i);
    postbox_nudge(box);
    postbox_free(&box); /* the leak checker says whether all went */
    assert_null(box);
    postbox_free(&box);
}

/* Takes the first post, during which so many come that the mailbox is full once more. */
static void take_in_a_flood(void *ctx, struct post *p)
{
    struct seen *s = ctx;
    bool first = s->posts == 0;
    take(ctx, p);
    for (int i = 2; first && i < 3 * POSTBOX_CAPACITY; i++)
        put_text(s->box, 0, i);
}

static void test_order_in_a_flood(void **state)
{
    struct seen s = {.last = {0}};
    (void)state;
    assert_int_equal(postbox_new(&s.box), 0);
    put_text(s.box, 0, 1);
    while (postbox_has_mail(s.box))
        postbox_take(s.box, take_in_a_flood, &s);
    assert_int_equal(s.last[0], 3 * POSTBOX_CAPACITY - 1);
    assert_true(s.posts > POSTBOX_CAPACITY);
    postbox_free(&s.box);
}

static void *post_many(void *arg)
{
    struct seen *s = arg;
    for (int i = 1; i <= ROUNDS; i++)
        put_text(s->box, i % PATHS, i);
    atomic_store(&s->posted_all, true);
    return NULL;
}

/* A reader that sleeps until it is woken, as a thread's loop does, ends with the last state. */
static void test_slow_reader(void **state)
{
    struct seen s = {.last = {0}};
    pthread_t id;
    (void)state;
    assert_int_equal(postbox_new(&s.box), 0);
    pthread_create(&id, NULL, post_many, &s);
    struct pollfd p = {.fd = postbox_fd(s.box), .events = POLLIN};
    for (bool last = false; !last;) {
        last = atomic_load(&s.posted_all);
        if (poll(&p, 1, 10) > 0)
            postbox_take(s.box, take, &s);
        if (poll(NULL, 0, 2) == 0 && last)
            last = poll(&p, 1, 0) == 0;
    }
    pthread_join(id, NULL);
    for (int i = 0; i < PATHS; i++)
        assert_int_equal(s.last[i], ROUNDS - (PATHS - i + ROUNDS % PATHS) % PATHS);
    postbox_free(&s.box);
}

static void leave_text(struct postbox *box, int path, int n)
{
    char name[16];
    struct body *b = numbered(n);
    snprintf(name, sizeof name, "/%d", path);
    postbox_leave(box, post_new(POST_TEXT, name, NULL, b, NULL));
    body_unref(&b);
}

static bool is_called(struct postbox *box)
{
    struct pollfd p = {.fd = postbox_fd(box), .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* News that is left wakes nobody until it is rung for, and only who listens. */
static void test_left_news(void **state)
{
    struct seen s = {.last = {0}};
    (void)state;
    assert_int_equal(postbox_new(&s.box), 0);
    postbox_ring(s.box, true); /* nothing to come for */
    assert_false(is_called(s.box));
    leave_text(s.box, 1, 7);
    postbox_ring(s.box, false);
    assert_false(is_called(s.box));
    assert_true(postbox_has_mail(s.box));
    postbox_take(s.box, take, &s); /* the owner looks by itself */
    assert_int_equal(s.last[1], 7);
    postbox_listen(s.box, true);
    leave_text(s.box, 1, 8);
    assert_false(is_called(s.box));
    postbox_ring(s.box, false);
    assert_true(is_called(s.box));
    postbox_take(s.box, take, &s);
    assert_false(is_called(s.box));
    postbox_listen(s.box, false);
    leave_text(s.box, 1, 9);
    postbox_ring(s.box, true);
    assert_true(is_called(s.box));
    postbox_take(s.box, take, &s);
    assert_int_equal(s.last[1], 9);
    for (int i = 1; i < POSTBOX_MUCH; i++)
        leave_text(s.box, 1, i);
    assert_false(is_called(s.box));
    leave_text(s.box, 2, 1); /* old news is not to pile up */
    assert_true(is_called(s.box));
    postbox_free(&s.box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overflow),        cmocka_unit_test(test_answers_are_bounded),
        cmocka_unit_test(test_left_at_the_end), cmocka_unit_test(test_order_in_a_flood),
        cmocka_unit_test(test_slow_reader),     cmocka_unit_test(test_left_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
