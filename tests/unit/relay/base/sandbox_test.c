/* A forked child inside the sandbox: what it may do, and how it ends when it does anything else. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/base/pulse.h"
#include "relay/base/sandbox.h"
#include "relay/base/sandbox_filter.h"
#include "relay/base/self_stat.h"
#include "relay/base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct pulse *pulse;
static int pulse_fd;

/* As libsrt's: a thread from before. */
static pthread_t beside;
static _Atomic bool beside_opens;

static void *live_beside(void *arg)
{
    while (!atomic_load(&beside_opens))
        poll(NULL, 0, 1);
    (void)!open("/etc/hostname", O_RDONLY);
    return arg;
}

/* Runs `act` in a sandboxed child; its wait status. */
static int in_child(enum sandbox_kind kind, int (*act)(void))
{
    int status = -1;
    pid_t pid;

    pulse_reset(pulse);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pulse_adopt(pulse);
        log_setup(LOG_LEVEL_INFO); /* the log's own descriptor */
        self_stat_open();
        sandbox_prepare(true);
        if (thread_start(&beside, "beside", live_beside, NULL))
            _exit(2);
        sandbox_enter(kind, "test");
        pulse_beat();
        _exit(act());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(pulse_beats(pulse), 1);
    return status;
}

static void *allocate(void *arg)
{
    for (size_t bytes = 16; bytes < 8u << 20; bytes *= 2) {
        char *p = malloc(bytes);
        if (p)
            memset(p, 1, bytes);
        free(p);
    }
    return arg;
}

static int order(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The C library asks how much memory there is before it sorts more than a kilobyte. */
static int sort_many(void)
{
    static uint64_t values[4096];

    for (size_t i = 0; i < 4096; i++)
        values[i] = 4096 - i;
    qsort(values, 4096, sizeof(values[0]), order);
    return values[0] != 1;
}

/* What a worker does all day: memory, threads, memfds, the log. */
static int work(void)
{
    struct self_stat s;
    pthread_t id;
    int fd = memfd_create("part", MFD_CLOEXEC | MFD_ALLOW_SEALING), rc = 0;

    rc |= fd < 0 || write(fd, "moof", 4) != 4 || fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0;
    rc |= thread_start(&id, "worker", allocate, NULL) != 0 || pthread_join(id, NULL) != 0;
    rc |= poll(NULL, 0, 1) != 0 || (allocate(NULL) != NULL);
    self_stat_read(&s);
    rc |= s.rss_bytes == 0 || s.threads < 1 || s.fds < 3 || s.pid == 0;
    return rc;
}

static void test_sort(void **state)
{
    (void)state;
    assert_int_equal(in_child(SANDBOX_WORKER, sort_many), 0);
    assert_int_equal(in_child(SANDBOX_FRONT, sort_many), 0);
}

static void test_work(void **state)
{
    (void)state;
    assert_int_equal(in_child(SANDBOX_WORKER, work), 0);
    assert_int_equal(pulse_denied_call(pulse), PULSE_NOTHING_DENIED);
}

static int open_file(void)
{
    return open("/etc/hostname", O_RDONLY) >= 0;
}

/* More than malloc keeps (M_TRIM_THRESHOLD), from a heap that is not the first one's: the C library
 * reads /proc/sys/vm/overcommit_memory before it gives such a heap back. */
static void *fill_and_free(void *arg)
{
    static void *blocks[4096];

    for (size_t i = 0; i < 4096; i++) {
        blocks[i] = malloc(4096);
        if (blocks[i])
            memset(blocks[i], 1, 4096);
    }
    for (size_t i = 4096; i-- > 0;)
        free(blocks[i]);
    return arg;
}

static int shrink_heap(void)
{
    pthread_t id;

    return thread_start(&id, "beside", fill_and_free, NULL) || pthread_join(id, NULL);
}

static int open_own_accord(void)
{
    int a = open("/proc/sys/vm/overcommit_memory", O_RDONLY), why = errno;
    int b = open("/etc/localtime", O_RDONLY);

    return sandbox_filter_is_wide() ? 0 : a >= 0 || b >= 0 || why != EACCES;
}

static int open_its_neighbour(void)
{
    return open("/proc/sys/vm/overcommit_ratio", O_RDONLY) >= 0;
}

static int open_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0) >= 0;
}

static int fork_again(void)
{
    return fork() == 0;
}

static int make_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static int kill_parent(void)
{
    return kill(getppid(), 0);
}

/* The thread is there before the sandbox is: it is not left out. */
static int denied_in_thread(void)
{
    atomic_store(&beside_opens, true);
    pthread_join(beside, NULL);
    return 1;
}

static void expect_denied(enum sandbox_kind kind, int (*act)(void), const char *name)
{
    int status = in_child(kind, act);
    char seen[48];

    if (sandbox_filter_is_wide())
        return; /* a sanitizer's report may need it */
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
    assert_int_not_equal(pulse_denied_call(pulse), PULSE_NOTHING_DENIED);
    sandbox_call_name(pulse_denied_call(pulse), seen, sizeof(seen));
    assert_string_equal(seen, name);
}

static void test_own_accord(void **state)
{
    (void)state;
    assert_int_equal(in_child(SANDBOX_WORKER, shrink_heap), 0);
    assert_int_equal(in_child(SANDBOX_WORKER, open_own_accord), 0);
    assert_int_equal(in_child(SANDBOX_FRONT, open_own_accord), 0);
    assert_int_equal(pulse_denied_call(pulse), PULSE_NOTHING_DENIED);
    expect_denied(SANDBOX_WORKER, open_its_neighbour, "openat");
}

static void test_denied(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        enum sandbox_kind kind = i ? SANDBOX_FRONT : SANDBOX_WORKER;
        expect_denied(kind, open_file, "openat");
        expect_denied(kind, open_socket, "socket");
        expect_denied(kind, fork_again, "clone");
        expect_denied(kind, make_code, "mmap");
        expect_denied(kind, kill_parent, "getppid");
    }
    expect_denied(SANDBOX_WORKER, denied_in_thread, "openat");
}

static int abort_it(void)
{
    abort();
}

/* A failed assertion is still what it says it is. */
static void test_abort(void **state)
{
    int status = in_child(SANDBOX_WORKER, abort_it);
    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_words(void **state)
{
    char text[PULSE_TEXT];
    (void)state;
    pulse_reset(pulse);
    pulse_text(pulse, text);
    assert_string_equal(text, "starting");
    pulse_adopt(pulse);
    pulse_doing("serving", "main");
    pulse_text(pulse, text);
    assert_string_equal(text, "serving room/main");
    /* a broken child writes what it likes: it is shown as text, and ends */
    memset((void *)pulse, '\n', 80);
    pulse_text(pulse, text);
    assert_null(strchr(text, '\n'));
    assert_true(strlen(text) < sizeof(text));
    pulse_adopt(NULL);
}

/* The page comes back by its descriptor alone, as after an exec. */
static void test_map(void **state)
{
    struct pulse *again;
    (void)state;
    pulse_reset(pulse);
    pulse_adopt(pulse);
    pulse_beat();
    pulse_beat();
    pulse_adopt(NULL);
    pulse_beat(); /* nobody's */
    assert_int_equal(pulse_map(&again, pulse_fd), 0);
    assert_int_equal(pulse_beats(again), 2);
    pulse_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_work),   cmocka_unit_test(test_sort),
        cmocka_unit_test(test_denied), cmocka_unit_test(test_own_accord),
        cmocka_unit_test(test_abort),  cmocka_unit_test(test_words),
        cmocka_unit_test(test_map),
    };
    if (pulse_new(&pulse, &pulse_fd))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
