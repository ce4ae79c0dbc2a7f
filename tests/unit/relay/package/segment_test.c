/* A segment's file: whole, sealed, and never waiting for who reads it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/package/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BYTES = 64 * 1024 };

static uint8_t bytes[BYTES];

static void test_it_cannot_change_any_more(void **state)
{
    struct segment *s;
    int fd, shared;

    (void)state;
    assert_int_equal(segment_new(&s, "test"), 0);
    assert_int_equal(segment_append(s, bytes, BYTES), 0);
    shared = segment_share(s);
    assert_true(shared >= 0);
    fd = segment_finish(&s);
    assert_true(fd >= 0);
    assert_null(s);
    assert_int_equal(lseek(shared, 0, SEEK_END), BYTES);
    assert_int_equal(pwrite(shared, bytes, 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 1), -1);
    assert_int_equal(pread(fd, bytes, BYTES, 0), BYTES);
    close(shared);
    close(fd);
}

/* A viewer takes a part and does not read: its pages stay in the socket's queue. */
static void test_a_slow_reader_holds_nothing_up(void **state)
{
    struct segment *s;
    int pair[2], fd, shared;
    int64_t began_us;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(segment_new(&s, "test"), 0);
    assert_int_equal(segment_append(s, bytes, BYTES), 0);
    shared = segment_share(s);
    assert_true(sendfile(pair[0], shared, &(off_t){0}, BYTES / 4) > 0);
    began_us = clock_mono_us();
    fd = segment_finish(&s);
    assert_true(fd >= 0);
    assert_in_range(clock_mono_us() - began_us, 0, 20000);
    close(fd);
    close(shared);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_cannot_change_any_more),
        cmocka_unit_test(test_a_slow_reader_holds_nothing_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
