/* Blobs: the last reference closes the descriptor, and the counts say so. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/seals.h"
#include "relay/room/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static bool is_mapped(const char *name)
{
    char line[512];
    bool found = false;
    FILE *f = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, f))
        found |= strstr(line, name) != NULL;
    fclose(f);
    return found;
}

static struct blob *made(const char *name, uint32_t bytes, int seals)
{
    struct blob *b;
    int fd = memfd_create(name, MFD_ALLOW_SEALING);
    assert_int_equal(5, write(fd, "hello", 5));
    assert_int_equal(0, fcntl(fd, F_ADD_SEALS, seals));
    assert_int_equal(0, blob_new(&b, fd, bytes, "\"x\""));
    return b;
}

/* Only what cannot become shorter is read in place: else its writer could end this process. */
static void test_view(void **state)
{
    (void)state;
    struct blob *b = made("whole", 5, SEALS);
    const uint8_t *view = blob_view(b, 0, 5);
    assert_memory_equal(view, "hello", 5);
    assert_ptr_equal(view + 2, blob_view(b, 2, 3));
    assert_null(blob_view(b, 2, 4));
    assert_true(is_mapped("memfd:whole"));
    blob_unref(&b);
    assert_false(is_mapped("memfd:whole"));
    b = made("loose", 5, F_SEAL_GROW);
    assert_null(blob_view(b, 0, 1));
    blob_unref(&b);
    b = made("short", 6, SEALS); /* it was said to be longer */
    assert_non_null(blob_view(b, 0, 5));
    assert_null(blob_view(b, 0, 6));
    blob_unref(&b);
}

/* A file of parts: what is there can be read, and what comes later, too, in the same place. */
static void test_view_of_open_file(void **state)
{
    (void)state;
    struct blob *b = made("grows", 0, F_SEAL_SHRINK);
    const uint8_t *view = blob_view(b, 0, 5);
    assert_memory_equal(view, "hello", 5);
    assert_null(blob_view(b, 5, 8000));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(8, write(b->fd, "--part--", 8));
    assert_ptr_equal(view + 5, blob_view(b, 5, 8000));
    assert_memory_equal(view + 5 + 7992, "--part--", 8);
    assert_int_equal(0, ftruncate(b->fd, (off_t)BLOB_VIEW_OPEN + 100));
    assert_null(blob_view(b, BLOB_VIEW_OPEN, 1));
    assert_non_null(blob_view(b, BLOB_VIEW_OPEN - 1, 1));
    blob_unref(&b);
    assert_false(is_mapped("memfd:grows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_one_closes),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_view_of_open_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
