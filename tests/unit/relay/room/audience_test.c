/* Who is counted as a viewer, for how long, and how well when there are very many. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/attendance.h"
#include "relay/room/audience.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S INT64_C(1000000)
static const int64_t start_us = 5000 * S;

/* What a keyed hash would be: splitmix64. */
static uint64_t viewer(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static struct audience *made(uint32_t threads)
{
    struct audience *a;
    assert_int_equal(0, audience_new(&a, threads));
    return a;
}

static uint64_t count(const struct audience *a, int64_t now_us)
{
    struct audience_count n;
    audience_count(a, now_us, &n);
    return n.viewers;
}

/* first..first + n - 1, each at one of the threads. */
static void come(struct audience *a, uint32_t threads, uint64_t first, uint64_t n, int64_t now_us)
{
    for (uint64_t i = first; i < first + n; i++)
        audience_note(a, (uint32_t)(i % threads), viewer(i), now_us, 0);
}

static void test_coming_and_going(void **state)
{
    struct audience *a = made(2);
    (void)state;
    assert_int_equal(0, count(a, start_us));
    audience_note(a, 0, viewer(1), start_us, 0);
    audience_note(a, 0, viewer(1), start_us, 0);
    assert_int_equal(1, count(a, start_us));
    audience_note(a, 1, viewer(1), start_us, 0); /* its other connection is at another thread */
    audience_note(a, 1, viewer(2), start_us + 4 * S, 0);
    assert_int_equal(2, count(a, start_us + 4 * S));
    assert_int_equal(2, count(a, start_us + AUDIENCE_STAY_S * S));
    assert_int_equal(1, count(a, start_us + (AUDIENCE_STAY_S + 1) * S));
    audience_note(a, 0, viewer(2), start_us + 14 * S, 0);
    assert_int_equal(1, count(a, start_us + (14 + AUDIENCE_STAY_S) * S));
    assert_int_equal(0, count(a, start_us + (15 + AUDIENCE_STAY_S) * S));
    audience_note(a, 2, viewer(3), start_us + 60 * S, 0); /* there is no such thread */
    assert_int_equal(0, count(a, start_us + 60 * S));
    audience_unref(&a);
    assert_null(a);
}

static void test_parked(void **state)
{
    struct audience *a = made(1);
    (void)state;
    audience_note(a, 0, viewer(1), start_us, 30);
    audience_note(a, 0, viewer(2), start_us, 3);
    assert_int_equal(2, count(a, start_us + AUDIENCE_STAY_S * S));
    assert_int_equal(1, count(a, start_us + 30 * S));
    audience_note(a, 0, viewer(2), start_us + 30 * S, UINT32_MAX); /* nobody is parked for ever */
    assert_int_equal(1, count(a, start_us + 600 * S));
    assert_int_equal(0, count(a, start_us + 640 * S));
    /* once it is answered, the usual time */
    audience_note(a, 0, viewer(1), start_us + 700 * S, 30);
    audience_note(a, 0, viewer(1), start_us + 701 * S, 0);
    assert_int_equal(0, count(a, start_us + 715 * S));
    audience_unref(&a);
}

static void test_exact(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 16; threads *= 4) {
        struct audience *a = made(threads);
        for (uint64_t n = 1; n <= AUDIENCE_EXACT; n *= 2) {
            come(a, threads, 0, n, start_us);
            assert_int_equal(n, count(a, start_us));
        }
        /* all of them go to other threads */
        for (uint64_t i = 0; i < AUDIENCE_EXACT; i++)
            audience_note(a, (uint32_t)((i + 1) % threads), viewer(i), start_us + S, 0);
        assert_int_equal(AUDIENCE_EXACT, count(a, start_us + S));
        assert_int_equal(0, count(a, start_us + 20 * S));
        audience_unref(&a);
    }
}

/* A long day of short visits: what is over makes place, and nothing is taken for a crowd. */
static void test_many_days(void **state)
{
    struct audience *a = made(1);
    uint64_t next = 0;
    (void)state;
    for (int64_t now_us = start_us; now_us < start_us + 40000 * S; now_us += 10 * S) {
        come(a, 1, next, 300, now_us);
        next += 300;
        uint64_t n = count(a, now_us);
        if (now_us > start_us)
            assert_int_equal(600, n); /* the ones before these are still within their time */
    }
    audience_unref(&a);
}

static void assert_near(uint64_t is, uint64_t want, unsigned percent)
{
    assert_in_range(is, want - want * percent / 100, want + want * percent / 100);
}

static void test_estimate(void **state)
{
    static const uint64_t sizes[] = {6000, 10000, 30000, 100000, 1000000};
    (void)state;
    for (uint32_t threads = 1; threads <= 8; threads *= 8)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct audience *a = made(threads);
            come(a, threads, i << 32, sizes[i], start_us);
            assert_near(count(a, start_us), sizes[i], 7);
            come(a, threads, i << 32, sizes[i], start_us + 5 * S); /* they ask again */
            assert_near(count(a, start_us + 5 * S), sizes[i], 7);
            assert_int_equal(0, count(a, start_us + 5 * S + 60 * S));
            audience_unref(&a);
        }
}

/* Every 5 s all that are left ask: the count follows down to where it is exact again. */
static void test_crowd_leaves(void **state)
{
    struct audience *a = made(2);
    int64_t now_us = start_us;
    (void)state;
    come(a, 2, 0, 200000, now_us);
    for (uint64_t left = 200000; left > 50; left = left * 3 / 4)
        for (int i = 0; i < 4; i++) {
            now_us += 5 * S;
            come(a, 2, 0, left, now_us);
            if (i == 3)
                assert_near(count(a, now_us), left, 15); /* small samples of large crowds */
        }
    for (int i = 0; i < 60; i++) {
        now_us += 5 * S;
        come(a, 2, 0, 50, now_us);
    }
    assert_int_equal(50, count(a, now_us));
    come(a, 2, 0, 3000, now_us + S);
    assert_int_equal(3000, count(a, now_us + S));
    audience_unref(&a);
}

/* The clock's seconds have 24 bits in an entry: half a year on, nobody comes back as a ghost. */
static void test_half_a_year(void **state)
{
    struct audience *a = made(1);
    (void)state;
    come(a, 1, 0, 40, start_us);
    for (int64_t days = 1; days < 190; days++)
        assert_int_equal(0, count(a, start_us + days * 86400 * S));
    int64_t wrap_us = ((INT64_C(1) << 24) - 5) * S;
    come(a, 1, 100, 7, wrap_us);
    assert_int_equal(7, count(a, wrap_us + 8 * S));
    assert_int_equal(0, count(a, wrap_us + 13 * S));
    audience_unref(&a);
}

struct writer {
    struct audience *audience;
    uint32_t thread;
};

static void *write_on(void *arg)
{
    const struct writer *w = arg;
    for (uint64_t i = 0; i < 60000; i++) {
        audience_note(w->audience, w->thread, viewer(i % 20000), start_us, 0);
        audience_sent(w->audience, w->thread, 3);
    }
    return NULL;
}

/* One looks while the others write and their tables grow. */
static void test_threads(void **state)
{
    enum { WRITERS = 3 };
    struct audience *a = made(WRITERS);
    struct writer w[WRITERS];
    pthread_t ids[WRITERS];
    struct audience_count n;
    (void)state;
    for (uint32_t i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){.audience = a, .thread = i};
        assert_int_equal(0, pthread_create(&ids[i], NULL, write_on, &w[i]));
    }
    for (int i = 0; i < 200; i++) {
        audience_count(a, start_us, &n);
        assert_true(n.viewers < 24000);
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(ids[i], NULL);
    audience_count(a, start_us, &n);
    assert_near(n.viewers, 20000, 7);
    assert_int_equal(WRITERS * 60000 * 3, n.bytes_out);
    audience_unref(&a);
}

static void test_attendance(void **state)
{
    struct audience *a = made(1);
    struct attendance t = {0}, next;
    (void)state;
    attendance_add(&t, NULL, start_us);
    come(a, 1, 0, 3, start_us);
    audience_sent(a, 0, 1000);
    attendance_add(&t, a, start_us + S);
    assert_int_equal(3, t.viewers);
    assert_int_equal(0, t.viewer_us);
    attendance_add(&t, a, start_us + 3 * S);
    assert_int_equal(3 * 2 * S, t.viewer_us);
    assert_int_equal(1000, t.bytes_out);
    audience_sent(a, 0, 24);
    attendance_add(&t, a, start_us + 20 * S);
    assert_int_equal(0, t.viewers);
    assert_int_equal(3, t.peak);
    assert_int_equal(1024, t.bytes_out);
    attendance_begin(&t);
    assert_int_equal(0, t.peak);
    come(a, 1, 0, 5, start_us + 21 * S);
    attendance_add(&t, a, start_us + 21 * S);
    audience_unref(&a);

    /* In the next process they ask one after the other: nobody has left in between. */
    attendance_adopt(&next, &t);
    assert_int_equal(5, next.viewers);
    attendance_add(&next, NULL, start_us + 22 * S);
    assert_int_equal(5, next.viewers);
    assert_int_equal(t.viewer_us, next.viewer_us);
    a = made(1);
    come(a, 1, 0, 2, start_us + 23 * S);
    audience_sent(a, 0, 6);
    attendance_add(&next, a, start_us + 23 * S);
    assert_int_equal(5, next.viewers);
    assert_int_equal(t.viewer_us + 5 * S, next.viewer_us);
    assert_int_equal(1030, next.bytes_out);
    attendance_add(&next, a, start_us + 33 * S);
    assert_int_equal(2, next.viewers);
    assert_int_equal(5, next.peak);
    audience_unref(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coming_and_going),
        cmocka_unit_test(test_parked),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_many_days),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_crowd_leaves),
        cmocka_unit_test(test_half_a_year),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_attendance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
