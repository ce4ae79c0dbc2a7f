/* What the sender of web hooks can reach from inside. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/sandbox_filter.h"
#include "relay/hooks/hooks_cell.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ASK_LANDLOCK = 444, HAS_TCP = 4 };

static char dir[64], ca[80];
static int ours, other; /* listening */
static struct hooks_cell cell;

static int listens(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(0, bind(fd, (struct sockaddr *)&a, sizeof(a)));
    assert_int_equal(0, listen(fd, 4));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&a, &len));
    *port = ntohs(a.sin_port);
    return fd;
}

static int set(void **state)
{
    (void)state;
    ours = other = -1;
    snprintf(dir, sizeof(dir), "/tmp/roomcast-cell-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
    int fd = open(ca, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int strike(void **state)
{
    (void)state;
    close(ours);
    close(other);
    unlink(ca);
    return rmdir(dir);
}

/* 0, or errno. */
static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : errno;
}

static int connects(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? errno : connect(fd, (struct sockaddr *)&a, sizeof(a)) ? errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The line of the first check that failed; 0: none. */
#define CHECK(what)                                                                                \
    if (!(what))                                                                                   \
    return __LINE__ % 256

static int look_around(uint16_t port, uint16_t closed, bool files, bool tcp)
{
    char next[96];
    CHECK(opens("/etc/hosts", O_RDONLY) == 0);
    CHECK(opens(ca, O_RDONLY) == 0);
    CHECK(connects(port) == 0);
    CHECK(!tcp || connects(closed) == EACCES);
    CHECK(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EACCES);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
              MAP_FAILED &&
          errno == EACCES);
    CHECK(!hooks_cell_is_stale(&cell));
    if (!files)
        return 0;
    CHECK(opens("/etc/passwd", O_RDONLY) == EACCES);
    CHECK(opens("/proc/self/maps", O_RDONLY) == EACCES);
    CHECK(opens("/etc/hosts", O_RDWR) == EACCES);
    snprintf(next, sizeof(next), "%s/new", dir);
    CHECK(opens(next, O_CREAT | O_WRONLY) == EACCES);
    return 0;
}

static pid_t go_inside(uint16_t port, uint16_t closed, int ends[2], bool files, bool tcp)
{
    char go = 0;
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    close(ends[1]);
    const struct hook_target t = {.port = port};
    hooks_cell_enter(&cell, true, ca, &t, 1);
    int rc = look_around(port, closed, files, tcp);
    if (rc || write(ends[0], "r", 1) != 1 || read(ends[0], &go, 1) != 1 ||
        (files && !hooks_cell_is_stale(&cell)))
        _exit(rc ? rc : 1);
    (void)!fork(); /* its end */
    _exit(2);
}

static void test_cell(void **state)
{
    char next[96], word;
    uint16_t port, closed;
    int status, ends[2];
    long version = syscall(ASK_LANDLOCK, NULL, 0, 1);
    bool files = version > 0;
    (void)state;
    if (sandbox_filter_is_wide())
        skip();
    ours = listens(&port);
    other = listens(&closed);
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    pid_t pid = go_inside(port, closed, ends, files, version >= HAS_TCP);
    assert_true(pid > 0);
    close(ends[0]);
    snprintf(next, sizeof(next), "%s/next.pem", dir);
    int fd = open(next, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    (void)!read(ends[1], &word, 1); /* it has seen the first one, or ended */
    assert_int_equal(0, rename(next, ca));
    (void)!send(ends[1], "g", 1, MSG_NOSIGNAL);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
        fail_msg("status %x: line %d, modulo 256", (unsigned)status, WEXITSTATUS(status));
    close(ends[1]);
}

/* isolation.sandbox: false, for debugging: nothing is shut, so no file that is replaced is stale.
 */
static void test_without_walls(void **state)
{
    int status;
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct hook_target t = {.port = 1};
        hooks_cell_enter(&cell, false, ca, &t, 1);
        bool open_all = opens("/proc/self/maps", O_RDONLY) == 0 && opens(ca, O_RDWR) == 0;
        bool gone = unlink(ca) == 0;
        _exit(open_all && gone && !hooks_cell_is_stale(&cell) ? 0 : 1);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(0, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cell, set, strike),
        cmocka_unit_test_setup_teardown(test_without_walls, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
