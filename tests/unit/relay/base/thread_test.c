/* A thread is born with its name, a small stack and the process's signals blocked. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
    char name[16];
    sigset_t mask;
    size_t stack_bytes;
};

static void *look(void *arg)
{
    struct seen *s = arg;
    pthread_attr_t attr;
    pthread_getname_np(pthread_self(), s->name, sizeof s->name);
    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstacksize(&attr, &s->stack_bytes);
        pthread_attr_destroy(&attr);
    }
    return arg;
}

static void test_birth(void **state)
{
    (void)state;
    struct seen s = {0};
    pthread_t id;
    void *result = NULL;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(thread_start(&id, "http/3 and much more", look, &s), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(pthread_join(id, &result), 0);
    assert_ptr_equal(result, &s);
    assert_string_equal(s.name, "http/3 and much");
    /* TSan adds some of its own; the system's default would be 8 MiB. */
    assert_in_range(s.stack_bytes, 512 * 1024, 1024 * 1024);
    assert_true(sigismember(&s.mask, SIGTERM) && sigismember(&s.mask, SIGPIPE) &&
                sigismember(&s.mask, SIGHUP));
    assert_false(sigismember(&s.mask, SIGSEGV) || sigismember(&s.mask, SIGABRT));
    /* Ours is as it was. */
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_birth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
