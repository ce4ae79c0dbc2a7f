/* Events in memory that outlives who writes and who reads it. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_ring.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int fd;
static struct hook_ring *ring;

static int set(void **state)
{
    (void)state;
    return hook_ring_make(&fd) || hook_ring_map(&ring, fd, true);
}

static int strike(void **state)
{
    (void)state;
    hook_ring_free(&ring);
    close(fd);
    return 0;
}

static struct hook_event event(enum hook_type type, uint64_t feed)
{
    struct hook_event e = {.type = type, .feed = feed, .mono_us = 5, .wall_us = 6};
    snprintf(e.room, sizeof(e.room), "hall");
    snprintf(e.role, sizeof(e.role), "main");
    snprintf(e.peer, sizeof(e.peer), "192.0.2.1:5");
    snprintf(e.light, sizeof(e.light), "red");
    return e;
}

static void test_post_and_read(void **state)
{
    struct hook_event e, before = {0};
    (void)state;
    assert_false(hook_ring_read(ring, 0, &e));
    assert_false(hook_ring_read(ring, 1, &e));
    for (uint64_t i = 1; i <= HOOK_SLOTS + 5; i++) {
        struct hook_event one = event(HOOK_PING, i);
        hook_ring_post(ring, &one, INT64_C(1792900800000000));
        assert_int_equal(i, one.seq);
        assert_int_equal(i, hook_ring_head(ring));
        if (i > 1 && i % 4096 != 0)
            assert_true(memcmp(before.id, one.id, sizeof(one.id)) < 0);
        before = one;
    }
    assert_false(hook_ring_read(ring, 5, &e));
    assert_true(hook_ring_read(ring, 6, &e));
    assert_int_equal(6, e.feed);
    assert_true(hook_ring_read(ring, HOOK_SLOTS + 5, &e));
    assert_memory_equal(&before, &e, sizeof(e));
    assert_false(hook_ring_read(ring, HOOK_SLOTS + 6, &e));
    assert_int_equal(0x70, e.id[6] & 0xf0); /* version and variant */
    assert_int_equal(0x80, e.id[8] & 0xc0);
}

/* Who reads cannot write, whatever becomes of it. */
static void test_reader(void **state)
{
    struct hook_event e = event(HOOK_PING, 0), again;
    struct hook_ring *reads;
    int reader = hook_ring_reader(fd), status;
    (void)state;
    assert_true(reader >= 0);
    assert_int_equal(-EPERM, ftruncate(fd, 0) ? -errno : 0);
    assert_int_equal(0, hook_ring_map(&reads, reader, false));
    hook_ring_post(ring, &e, 1);
    assert_true(hook_ring_read(reads, 1, &again));
    assert_int_equal(hook_ring_epoch(ring), hook_ring_epoch(reads));
    assert_ptr_equal(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0));
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        hook_ring_tell(reads, "mine");
        _exit(0);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFSIGNALED(status));
    hook_ring_free(&reads);
    close(reader);
}

static void test_told(void **state)
{
    struct hook_told *t = hook_ring_tell(ring, "hall");
    struct hook_event e = event(HOOK_FEED_STARTED, 7);
    (void)state;
    assert_int_equal(1, hook_ring_told_count(ring));
    assert_true(hook_told_is_empty(t));
    for (int i = 0; i < 2; i++) { /* twice is as good as once */
        e = event(HOOK_FEED_STARTED, 7);
        hook_told_apply(t, &e);
        e = event(HOOK_FEED_STARTED, 8);
        hook_told_apply(t, &e);
    }
    assert_int_equal(7, t->feeds[0].feed);
    assert_int_equal(8, t->feeds[1].now);
    assert_int_equal(0, t->feeds[2].feed);
    assert_string_equal("192.0.2.1:5", t->feeds[0].peer);
    for (uint64_t i = 9; i < 30; i++) { /* more than there is room for */
        e = event(HOOK_FEED_STARTED, i);
        hook_told_apply(t, &e);
    }
    for (uint64_t i = 7; i < 30; i++) {
        e = event(HOOK_FEED_STOPPED, i);
        hook_told_apply(t, &e);
    }
    assert_true(hook_told_is_empty(t));
    e = event(HOOK_ROOM_LIVE, 0);
    hook_told_apply(t, &e);
    e = event(HOOK_FEED_UNHEALTHY, 8);
    hook_told_apply(t, &e);
    assert_true(t->live && t->unhealthy && t->unhealthy_us == 5);
    assert_string_equal("red", t->light);
    e = event(HOOK_ROOM_SILENT, 0);
    hook_told_apply(t, &e);
    assert_false(hook_told_is_empty(t));
    e = event(HOOK_FEED_HEALTHY, 8);
    hook_told_apply(t, &e);
    assert_true(hook_told_is_empty(t));
    t->room[0] = '\0';
    assert_ptr_equal(t, hook_ring_tell(ring, "other"));
    assert_int_equal(1, hook_ring_told_count(ring));
}

/* Killed between an event and what it leaves behind. */
static void test_goes_on(void **state)
{
    struct hook_told *t = hook_ring_tell(ring, "hall");
    struct hook_event e = event(HOOK_FEED_STARTED, 7);
    uint64_t epoch = hook_ring_epoch(ring);
    (void)state;
    hook_ring_post(ring, &e, 1);
    assert_int_equal(0, t->feeds[0].feed);
    hook_ring_free(&ring);
    assert_int_equal(0, hook_ring_map(&ring, fd, true));
    assert_int_equal(epoch, hook_ring_epoch(ring));
    assert_int_equal(1, hook_ring_head(ring));
    assert_int_equal(7, hook_ring_told(ring, 0)->feeds[0].feed);
}

static void test_other_format(void **state)
{
    uint32_t other = HOOK_FORMAT + 1;
    struct hook_event e = event(HOOK_PING, 0);
    struct hook_ring *reads;
    uint64_t epoch = hook_ring_epoch(ring);
    (void)state;
    hook_ring_post(ring, &e, 1);
    assert_non_null(hook_ring_tell(ring, "hall"));
    hook_ring_free(&ring);
    assert_int_equal(sizeof(other), pwrite(fd, &other, sizeof(other), sizeof(other)));
    assert_int_equal(-EPROTO, hook_ring_map(&reads, fd, false));
    assert_int_equal(0, hook_ring_map(&ring, fd, true));
    assert_int_not_equal(epoch, hook_ring_epoch(ring));
    assert_int_equal(0, hook_ring_head(ring));
    assert_int_equal(0, hook_ring_told_count(ring));
    assert_false(hook_ring_read(ring, 1, &e));
    int small = memfd_create("small", MFD_CLOEXEC);
    assert_int_equal(-EPROTO, hook_ring_map(&reads, small, true));
    close(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_post_and_read, set, strike),
        cmocka_unit_test_setup_teardown(test_reader, set, strike),
        cmocka_unit_test_setup_teardown(test_told, set, strike),
        cmocka_unit_test_setup_teardown(test_goes_on, set, strike),
        cmocka_unit_test_setup_teardown(test_other_format, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
