/* What is left to the next program arrives there; what is not whole is nothing. */
/* SPDX-License-Identifier: MIT */
#include "relay/inheritance.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void leave_text(const char *text)
{
    char number[16];
    int fd = memfd_create("t", 0);
    assert_int_equal(strlen(text), write(fd, text, strlen(text)));
    snprintf(number, sizeof(number), "%d", fd);
    setenv("ROOMCAST_INHERITS", number, 1);
}

static void test_nothing(void **state)
{
    struct inheritance i;
    (void)state;
    assert_int_equal(0, inheritance_take(&i));
    assert_int_equal(INHERITANCE_NONE, i.role);
    assert_int_equal(-1, i.control);
    assert_int_equal(-1, i.link[INHERITANCE_SOCKETS - 1]);
}

static void test_round(void **state)
{
    struct inheritance left, taken;
    int fds[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    inheritance_init(&left);
    left.role = INHERITANCE_SUPERVISOR;
    left.threads = 1;
    left.workers = 2;
    left.http[0] = fds[0];
    left.srt[0] = fds[1];
    left.srt[1] = fds[2];
    left.control = fds[3];
    left.front = 4711;
    left.worker[1] = 4712;
    left.generation[1] = 3;
    inheritance_keep(&left, true);
    assert_int_equal(0, fcntl(fds[2], F_GETFD));
    assert_true(inheritance_leave(&left) >= 0);
    assert_int_equal(0, inheritance_take(&taken));
    assert_memory_equal(&left, &taken, sizeof(left));
    assert_int_equal(FD_CLOEXEC, fcntl(fds[2], F_GETFD));
    assert_null(getenv("ROOMCAST_INHERITS"));
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    assert_true(inheritance_leave(&left) >= 0); /* descriptors that are none */
    assert_int_equal(-EPROTO, inheritance_take(&taken));
}

static void test_foreign(void **state)
{
    static const char *const bad[] = {"",
                                      "role 0 1\n",
                                      "role 0 9\nthreads 0 1\nworkers 0 1\ncontrol 0 0\n",
                                      "role 0 2\nthreads 0 1\nworkers 0 99\ncontrol 0 0\n",
                                      "role 0 2\nthreads 0 0\nworkers 0 1\ncontrol 0 0\n",
                                      "role 0 2\nthreads 0 1\nworkers 0 1\ncontrol 0 -1\n",
                                      "\xff\xff\xff"};
    struct inheritance i;
    (void)state;
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        leave_text(bad[k]);
        assert_int_equal(-EPROTO, inheritance_take(&i));
    }
    /* a newer program's keys and places are passed over */
    leave_text("role 0 2\nthreads 0 1\nworkers 0 1\nhttp 99999 5\nnovel 0 7\ncontrol 0 0\n");
    assert_int_equal(0, inheritance_take(&i));
    assert_int_equal(INHERITANCE_SUPERVISOR, i.role);
    setenv("ROOMCAST_INHERITS", "9999", 1);
    assert_int_equal(-EBADF, inheritance_take(&i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
