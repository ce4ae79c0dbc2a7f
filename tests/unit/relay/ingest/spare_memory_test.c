/* What C++ is told when it has no memory: to try again, with what was kept for that. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/spare_memory.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <srt/srt.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef void handler(void);

/* The handler that operator new would call. */
static handler *installed(void)
{
    handler *(*get)(void);
    void *found;

    assert_true(srt_getversion() > 0); /* libsrt is in the process, and with it the C++ library */
    found = dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv");
    assert_non_null(found);
    memcpy(&get, &found, sizeof(get));
    return get();
}

static void test_tries_again(void **state)
{
    handler *h;

    (void)state;
    assert_true(spare_memory_init());
    h = installed();
    assert_non_null(h);
    assert_int_equal(spare_memory_refill(), 0);
    h(); /* gives the reserve back */
    h(); /* waits a moment */
    assert_int_equal(spare_memory_refill(), 2);
    assert_int_equal(spare_memory_refill(), 0);
}

static void test_gives_up_after_a_second(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    assert_true(spare_memory_init());
    pid = fork();
    if (pid == 0) {
        handler *h = installed();

        signal(SIGABRT, SIG_DFL);
        for (int i = 0; i < 110; i++)
            h();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries_again),
        cmocka_unit_test(test_gives_up_after_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
