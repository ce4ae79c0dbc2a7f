/* Nothing posted is lost, doubled or out of its poster's order; a full box refuses. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static bool readable(const struct mailbox *m)
{
    struct pollfd p = {.fd = mailbox_fd(m), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void take_number(void *ctx, void *item)
{
    int *sum = ctx;
    *sum = *sum * 10 + *(int *)item;
}

static unsigned dropped;
static void count_drop(void *item)
{
    (void)item;
    dropped++;
}

static void test_order_and_bounds(void **state)
{
    (void)state;
    struct mailbox *m;
    int n[] = {1, 2, 3, 4}, sum = 0;
    assert_int_equal(mailbox_new(&m, 3, count_drop), 0);
    assert_false(readable(m));
    for (int i = 0; i < 3; i++)
        assert_int_equal(mailbox_post(m, &n[i]), 0);
    assert_true(readable(m));
    assert_int_equal(mailbox_post(m, &n[3]), -ENOSPC);
    assert_int_equal(mailbox_refused(m), 1);
    assert_int_equal(mailbox_drain(m, take_number, &sum), 3);
    assert_int_equal(sum, 123);
    assert_false(readable(m));
    assert_int_equal(mailbox_drain(m, take_number, &sum), 0);
    /* Both arrays have been in use once; the third round starts over. */
    for (int round = 0; round < 3; round++) {
        sum = 0;
        assert_int_equal(mailbox_post(m, &n[3]), 0);
        assert_int_equal(mailbox_post(m, &n[0]), 0);
        assert_true(readable(m));
        assert_int_equal(mailbox_drain(m, take_number, &sum), 2);
        assert_int_equal(sum, 41);
    }
    assert_int_equal(mailbox_post(m, &n[0]), 0);
    assert_int_equal(mailbox_post(m, &n[1]), 0);
    dropped = 0;
    mailbox_free(&m);
    assert_null(m);
    assert_int_equal(dropped, 2);
    mailbox_free(&m);
}

struct echo {
    struct mailbox *m;
    unsigned left;
};

static void repost(void *ctx, void *item)
{
    struct echo *e = ctx;
    if (e->left && --e->left)
        assert_int_equal(mailbox_post(e->m, item), 0);
}

/* What take() posts is for the next drain, and wakes for it. */
static void test_post_while_draining(void **state)
{
    (void)state;
    int item = 0;
    struct echo e = {.left = 5};
    assert_int_equal(mailbox_new(&e.m, 1, NULL), 0);
    assert_int_equal(mailbox_post(e.m, &item), 0);
    for (int i = 0; i < 5; i++) {
        assert_true(readable(e.m));
        assert_int_equal(mailbox_drain(e.m, repost, &e), 1);
    }
    assert_false(readable(e.m));
    mailbox_free(&e.m);
}

enum { POSTERS = 4, POSTS = 20000 };

struct post {
    unsigned poster, number;
};

struct poster {
    struct mailbox *m;
    unsigned id;
    uint64_t refused;
};

static void *poster_main(void *arg)
{
    struct poster *p = arg;
    for (unsigned i = 0; i < POSTS; i++) {
        struct post *item = malloc(sizeof *item);
        if (!item)
            abort();
        *item = (struct post){.poster = p->id, .number = i};
        while (mailbox_post(p->m, item) == -ENOSPC) {
            p->refused++;
            sched_yield();
        }
    }
    return NULL;
}

static void take_post(void *ctx, void *item)
{
    unsigned *next = ctx;
    struct post *post = item;
    assert_int_equal(post->number, next[post->poster]);
    next[post->poster]++;
    free(post);
}

/* The owner sleeps in poll() and trusts the descriptor alone: a lost wake-up ends in the timeout.
 */
static void test_many_posters(void **state)
{
    (void)state;
    struct mailbox *m;
    struct poster p[POSTERS];
    pthread_t id[POSTERS];
    unsigned next[POSTERS] = {0};
    size_t total = 0;
    uint64_t refused = 0;
    assert_int_equal(mailbox_new(&m, 64, free), 0);
    for (unsigned i = 0; i < POSTERS; i++) {
        p[i] = (struct poster){.m = m, .id = i};
        assert_int_equal(pthread_create(&id[i], NULL, poster_main, &p[i]), 0);
    }
    while (total < (size_t)POSTERS * POSTS) {
        struct pollfd pfd = {.fd = mailbox_fd(m), .events = POLLIN};
        assert_int_equal(poll(&pfd, 1, 10000), 1);
        total += mailbox_drain(m, take_post, next);
    }
    for (unsigned i = 0; i < POSTERS; i++) {
        pthread_join(id[i], NULL);
        assert_int_equal(next[i], POSTS);
        refused += p[i].refused;
    }
    assert_int_equal(mailbox_refused(m), refused);
    mailbox_free(&m);
}

static void *post_once(void *arg)
{
    return (void *)(intptr_t)mailbox_post(arg, arg);
}

static void take_nothing(void *ctx, void *item)
{
    (void)ctx, (void)item;
}

/* An item may mean "I am done": its receiver may free the box while the poster returns. */
static void test_free_after_last_item(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct mailbox *m;
        pthread_t id;
        assert_int_equal(mailbox_new(&m, 1, NULL), 0);
        assert_int_equal(pthread_create(&id, NULL, post_once, m), 0);
        while (mailbox_drain(m, take_nothing, NULL) == 0)
            sched_yield();
        mailbox_free(&m);
        pthread_join(id, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_bounds),
        cmocka_unit_test(test_post_while_draining),
        cmocka_unit_test(test_many_posters),
        cmocka_unit_test(test_free_after_last_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
