/* A segment's file: appended to, shared while it grows, sealed at the end whoever reads it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/clock.h"
#include "relay/package/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_is_sealed(void **state)
{
    struct segment *s;
    char bytes[8] = "abcdefg";
    (void)state;
    assert_int_equal(0, segment_new(&s, "t"));
    assert_int_equal(0, segment_append(s, bytes, sizeof(bytes)));
    int shared = segment_share(s), fd = segment_finish(&s);
    assert_true(shared >= 0 && fd >= 0);
    assert_int_equal(-1, pwrite(shared, "x", 1, 0));
    assert_int_equal(-1, pwrite(shared, "x", 1, sizeof(bytes)));
    assert_int_equal(-1, ftruncate(shared, 1));
    assert_int_equal(sizeof(bytes), pread(fd, bytes, sizeof(bytes), 0));
    close(shared);
    close(fd);
}

/* A viewer was sent a part of the growing segment and does not read: its socket holds the pages. */
static void test_is_sealed_while_it_is_sent(void **state)
{
    static char page[65536];
    struct segment *s;
    int ends[2];
    off_t at = 0;
    (void)state;
    memset(page, 'p', sizeof(page));
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    assert_int_equal(0, segment_new(&s, "t"));
    assert_int_equal(0, segment_append(s, page, sizeof(page)));
    int shared = segment_share(s);
    assert_true(sendfile(ends[0], shared, &at, sizeof(page)) > 0);
    int64_t before_us = clock_mono_us();
    int fd = segment_finish(&s);
    assert_true(fd >= 0);
    assert_true(clock_mono_us() - before_us < 100000);
    close(fd);
    close(shared);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_sealed),
        cmocka_unit_test(test_is_sealed_while_it_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
