/* Blobs: the last reference closes the descriptor, and the counts say so. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

static void test_last_one_closes(void **state)
{
    (void)state;
    struct blob *a, *b;
    int fd = memfd_create("t", 0);
    assert_int_equal(0, blob_new(&a, fd, 1234, "\"0123456789abcdef\""));
    assert_string_equal("\"0123456789abcdef\"", a->etag);
    assert_int_equal(1, blob_count());
    assert_int_equal(1234, blob_bytes());
    b = blob_ref(a);
    blob_unref(&a);
    assert_null(a);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    assert_int_equal(1, blob_count());
    blob_unref(&b);
    assert_int_equal(-1, fcntl(fd, F_GETFD));
    assert_int_equal(EBADF, errno);
    assert_int_equal(0, blob_count());
    assert_int_equal(0, blob_bytes());
    blob_unref(&b);
}

static void test_same(void **state)
{
    (void)state;
    struct blob *a, *b, *c;
    assert_int_equal(0, blob_new(&a, memfd_create("t", 0), 1, "\"x\""));
    assert_int_equal(0, blob_new(&b, memfd_create("t", 0), 1, "\"x\""));
    assert_int_equal(0, blob_new(&c, memfd_create("t", 0), 1, "\"y\""));
    assert_true(blob_is_same(a, b));
    assert_false(blob_is_same(a, c));
    assert_false(blob_is_same(a, NULL));
    assert_true(blob_is_same(NULL, NULL));
    blob_unref(&a);
    blob_unref(&b);
    blob_unref(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_one_closes),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
