/* A segment's file: written, shared while it grows, sealed, whoever is reading it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/package/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PART_BYTES = 300000, QUICK_US = 50000 };

static char part[PART_BYTES];

static void test_sealed(void **state)
{
    struct segment *s;
    (void)state;
    assert_int_equal(segment_new(&s, "test"), 0);
    assert_int_equal(segment_append(s, part, sizeof(part)), 0);
    int shared = segment_share(s);
    assert_true(shared >= 0);
    int fd = segment_finish(&s);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(pwrite(shared, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(shared, 1), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    close(fd);
    close(shared);
}

/* Two ends of a TCP connection on this machine. */
static void connect_pair(int ends[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&a, sizeof(a)), 0);
    ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(ends[1] >= 0);
    close(listener);
}

/* A viewer that was sent a part and does not read it: its socket holds the file's pages. */
static void test_slow_viewer(void **state)
{
    struct segment *s;
    off_t at = 0;
    int ends[2];
    (void)state;
    connect_pair(ends);
    assert_int_equal(segment_new(&s, "test"), 0);
    assert_int_equal(segment_append(s, part, sizeof(part)), 0);
    int shared = segment_share(s);
    assert_true(sendfile(ends[1], shared, &at, sizeof(part)) > 0);
    int64_t began_us = clock_mono_us();
    int fd = segment_finish(&s);
    assert_true(fd >= 0);
    assert_true(clock_mono_us() - began_us < QUICK_US);
    close(fd);
    close(shared);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_slow_viewer),
    };
    memset(part, 'p', sizeof(part));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
