/* Lines are whole, safe and complete, and never wait for the reader of stderr. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr = -1;

/* A test that blocks is a test that failed. */
static int setup(void **state)
{
    (void)state;
    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    saved_stderr = dup(STDERR_FILENO);
    log_setup(LOG_LEVEL_INFO);
    return saved_stderr < 0;
}

static int teardown(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    return 0;
}

/* Puts the writing end of a new pipe on fd 2; returns the reading end. */
static int stderr_to_pipe(void)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    assert_true(dup2(fd[1], STDERR_FILENO) >= 0);
    close(fd[1]);
    return fd[0];
}

static size_t read_all(int fd, char *out, size_t size)
{
    dup2(saved_stderr, STDERR_FILENO);
    log_setup(LOG_LEVEL_INFO); /* lets go of the pipe's writing end */
    size_t len = 0;
    assert_true(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    for (ssize_t n; (n = read(fd, out + len, size - 1 - len)) > 0;)
        len += (size_t)n;
    out[len] = '\0';
    close(fd);
    return len;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t re;
    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&re, text, 0, NULL, 0) != 0)
        fail_msg("\"%s\" does not match \"%s\"", text, pattern);
    regfree(&re);
}

#define STAMP "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "

static void test_form(void **state)
{
    (void)state;
    char out[8192];
    int fd = stderr_to_pipe();
    log_debug("supervisor", "hidden n=%d", 0);
    log_info("room/stage", "open peer=%s n=%d", "203.0.113.7:50012", 2);
    log_error("worker/0", "broken text=%s", "a\nb\x7f");
    read_all(fd, out, sizeof out);
    assert_matches(out, "^" STAMP "INFO room/stage open peer=203.0.113.7:50012 n=2\n" STAMP
                        "ERROR worker/0 broken text=a[?]b[?]\n$");
}

static void test_long_line_is_cut(void **state)
{
    (void)state;
    char out[8192], big[5000];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    int fd = stderr_to_pipe();
    log_info("http", "long text=%s", big);
    size_t len = read_all(fd, out, sizeof out);
    assert_true(len > 1900 && len <= 2048);
    assert_string_equal(out + len - 5, "x...\n");
}

static void test_level(void **state)
{
    (void)state;
    enum log_level level;
    assert_int_equal(log_level_parse("warn", &level), 0);
    assert_int_equal(level, LOG_LEVEL_WARN);
    assert_int_equal(log_level_parse("WARN", &level), -EINVAL);
    assert_int_equal(log_level_parse("", &level), -EINVAL);

    char out[8192];
    int fd = stderr_to_pipe();
    log_setup(LOG_LEVEL_ERROR);
    log_warn("http", "level-test");
    assert_int_equal(read_all(fd, out, sizeof out), 0);
}

static void test_limit(void **state)
{
    (void)state;
    char out[8192];
    int fd = stderr_to_pipe();
    uint64_t before = log_dropped();
    for (int i = 0; i < 30; i++)
        log_info("room/limit", "flood i=%d", i);
    assert_int_equal(log_dropped() - before, 20);
    read_all(fd, out, sizeof out);
    int lines = 0;
    for (const char *p = out; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 10);
}

/* Fills fd 2 to the last byte through a description of its own. */
static void fill_stderr(void)
{
    static const char junk[4096];
    int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    while (write(fd, junk, sizeof junk) > 0)
        ;
    close(fd);
}

static void test_full_pipe(void **state)
{
    (void)state;
    static char out[1 << 20];
    int fd = stderr_to_pipe();
    fill_stderr();
    uint64_t before = log_dropped();
    log_info("room/full", "lost");
    assert_int_equal(log_dropped() - before, 1);
    /* Others who write to fd 2 must find it as it was. */
    assert_int_equal(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK, 0);
    assert_true(read(fd, out, 8192) == 8192);
    log_info("room/full", "after");
    size_t len = read_all(fd, out, sizeof out);
    assert_non_null(memmem(out, len, "INFO room/full after\n", 21));
    assert_null(memmem(out, len, "INFO room/full lost\n", 20));
}

static void test_full_socket(void **state)
{
    (void)state;
    static const char junk[4096];
    int fd[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    dup2(fd[1], STDERR_FILENO);
    close(fd[1]);
    log_info("room/socket", "first");
    char out[256];
    ssize_t n = read(fd[0], out, sizeof out - 1);
    assert_true(n > 0);
    out[n] = '\0';
    assert_matches(out, "^" STAMP "INFO room/socket first\n$");
    while (send(STDERR_FILENO, junk, sizeof junk, MSG_DONTWAIT) > 0)
        ;
    uint64_t before = log_dropped();
    log_info("room/socket", "lost");
    close(fd[0]);
    log_info("room/socket", "nobody-reads");
    dup2(saved_stderr, STDERR_FILENO);
    assert_int_equal(log_dropped() - before, 2);
}

/* A file may have been opened without O_APPEND: our lines and others' must not overwrite. */
static void test_file(void **state)
{
    (void)state;
    char name[] = "/tmp/log_test.XXXXXX", out[512] = "";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    dup2(fd, STDERR_FILENO);
    assert_true(write(STDERR_FILENO, "before\n", 7) == 7);
    log_info("room/file", "line");
    assert_true(write(STDERR_FILENO, "after\n", 6) == 6);
    dup2(saved_stderr, STDERR_FILENO);
    assert_true(pread(fd, out, sizeof out - 1, 0) > 0);
    close(fd);
    unlink(name);
    assert_matches(out, "^before\n" STAMP "INFO room/file line\nafter\n$");
}

static void *chatter(void *arg)
{
    char ctx[32];
    for (int i = 0; i < 200; i++) {
        snprintf(ctx, sizeof ctx, "t%c/%d", *(const char *)arg, i);
        log_info(ctx, "say who=%c%c%c%c", *(const char *)arg, *(const char *)arg,
                 *(const char *)arg, *(const char *)arg);
    }
    return NULL;
}

static void test_threads_do_not_interleave(void **state)
{
    (void)state;
    static char out[1 << 20];
    char who[] = "abcd";
    pthread_t id[4];
    int fd = stderr_to_pipe();
    assert_true(fcntl(fd, F_SETPIPE_SZ, 1 << 18) > 0);
    uint64_t before = log_dropped();
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&id[i], NULL, chatter, &who[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(id[i], NULL);
    uint64_t lost = log_dropped() - before;
    read_all(fd, out, sizeof out);
    unsigned lines = 0;
    for (char *line = out, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        *end = '\0';
        assert_matches(line, "^" STAMP "INFO t(a/[0-9]+ say who=aaaa|b/[0-9]+ say who=bbbb|"
                             "c/[0-9]+ say who=cccc|d/[0-9]+ say who=dddd)$");
    }
    assert_int_equal(lines + lost, 800);
    assert_true(lines > 700);
}

static void test_safe(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len, size;
        const char *out;
    } row[] = {
        {"plain text", 10, 64, "plain text"},
        {"a\0b", 3, 64, "a\\x00b"},
        {"\xe4\xb8\xad\n\x7f", 5, 64, "\\xe4\\xb8\\xad\\x0a\\x7f"},
        {"a\\x00", 5, 64, "a\\x5cx00"},
        {"abcdefgh", 8, 9, "abcdefgh"},
        {"abcdefgh", 8, 8, "abcd..."},
        {"abc\ndefgh", 9, 10, "abc..."},
        {"abc\n", 4, 8, "abc\\x0a"},
        {"abcd", 4, 3, ".."},
        {"abcd", 4, 1, ""},
        {"", 0, 1, ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char out[64];
        memset(out, '!', sizeof out);
        assert_ptr_equal(log_safe(row[i].in, row[i].len, out, row[i].size), out);
        assert_string_equal(out, row[i].out);
        if (row[i].size < sizeof out)
            assert_int_equal(out[row[i].size], '!');
    }
    assert_string_equal(log_safe("x", 1, NULL, 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),      cmocka_unit_test(test_long_line_is_cut),
        cmocka_unit_test(test_level),     cmocka_unit_test(test_limit),
        cmocka_unit_test(test_full_pipe), cmocka_unit_test(test_full_socket),
        cmocka_unit_test(test_file),      cmocka_unit_test(test_threads_do_not_interleave),
        cmocka_unit_test(test_safe),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
