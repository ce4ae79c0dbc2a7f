/* What a service manager hears, from a socket of the test's own; and sockets that it passes. */
/* SPDX-License-Identifier: MIT */
#include "relay/activation.h"
#include "relay/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char heard[NOTIFY_TEXT];

/* An abstract socket with a name of the kernel's choice; NOTIFY_SOCKET says it. */
static int manager(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(a);
    char name[sizeof(a.sun_path) + 1] = "@";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_return_code(bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t)), errno);
    assert_return_code(getsockname(fd, (struct sockaddr *)&a, &len), errno);
    memcpy(name + 1, a.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

/* The next datagram, or "". */
static const char *hear(int fd)
{
    ssize_t n = recv(fd, heard, sizeof(heard) - 1, 0);

    heard[n > 0 ? n : 0] = '\0';
    return heard;
}

static void test_phases(void **state)
{
    struct service s;
    struct service_view v = {.workers = 2, .srt_port = 9000, .http_port = 8080, .https_port = 8443};
    int fd = manager();
    (void)state;

    service_init(&s);
    assert_null(getenv("NOTIFY_SOCKET"));
    service_step(&s, &v, 0);
    assert_string_equal("STATUS=The front is starting", hear(fd));
    v.front_up = true;
    v.workers_up = 1;
    service_step(&s, &v, 0);
    assert_string_equal("STATUS=1 of 2 workers are up", hear(fd));
    v.reloading = true; /* before it is ready that is nothing to tell */
    service_step(&s, &v, 0);
    assert_string_equal("", hear(fd));
    v.reloading = false;
    v.workers_up = 2;
    service_step(&s, &v, 0);
    assert_non_null(strstr(hear(fd), "READY=1\nMAINPID="));
    assert_non_null(
        strstr(heard, "\nSTATUS=Serving: SRT on 9000 by 2 workers, HTTP on 8080, HTTPS on 8443"));
    service_step(&s, &v, 0);
    assert_string_equal("", hear(fd));

    v.workers_up = 1; /* once ready, that is told in words only */
    service_step(&s, &v, 0);
    assert_string_equal("STATUS=1 of 2 workers are up", hear(fd));
    v.workers_up = 2;
    v.upgrading = true;
    service_step(&s, &v, 0);
    assert_int_equal(0, strncmp(hear(fd), "RELOADING=1\nMONOTONIC_USEC=", 27));
    v.upgrading = false;
    v.reload_refused = true;
    service_step(&s, &v, 0);
    assert_non_null(strstr(hear(fd), "READY=1"));
    assert_non_null(strstr(heard, "the last reload was refused"));
    v.stopping = true;
    service_step(&s, &v, 0);
    assert_int_equal(0, strncmp(hear(fd), "STOPPING=1\n", 11));
    close(fd);
}

/* A manager whose queue is full hears it in a later round. */
static void test_full(void **state)
{
    struct service s;
    struct service_view v = {.front_up = true};
    int fd = manager(), n = 0;
    (void)state;

    service_init(&s);
    while (notify_send(&s.manager, "X=1") == 0)
        n++;
    assert_int_equal(-EAGAIN, notify_send(&s.manager, "X=1"));
    service_step(&s, &v, 0);
    while (strcmp(hear(fd), "X=1") == 0)
        n--;
    assert_int_equal(0, n);
    assert_string_equal("", heard);
    service_step(&s, &v, 0);
    assert_non_null(strstr(hear(fd), "READY=1"));
    close(fd);
}

static void test_watchdog(void **state)
{
    struct service s;
    struct service_view v = {.front_up = true, .front_beats = 1};
    int fd = manager();
    (void)state;

    setenv("WATCHDOG_USEC", "1000000", 1);
    service_init(&s);
    assert_null(getenv("WATCHDOG_USEC"));
    service_step(&s, &v, 0);
    assert_non_null(strstr(hear(fd), "READY=1"));
    assert_string_equal("WATCHDOG=1", hear(fd));
    v.front_beats++;
    service_step(&s, &v, 499999);
    assert_string_equal("", hear(fd));
    service_step(&s, &v, 500000);
    assert_string_equal("WATCHDOG=1", hear(fd));
    service_step(&s, &v, 5000000); /* the front stands still */
    assert_string_equal("", hear(fd));
    v.upgrading = true; /* it hands everything over */
    service_step(&s, &v, 5000001);
    assert_non_null(strstr(hear(fd), "RELOADING=1"));
    assert_string_equal("WATCHDOG=1", hear(fd));
    close(fd);
}

static void test_exec(void **state)
{
    struct notify n, again;
    int fd = manager();
    (void)state;

    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_int_equal(0, notify_take(&n));
    notify_leave(&n);
    assert_non_null(getenv("WATCHDOG_PID"));
    assert_int_equal(0, notify_take(&again));
    assert_int_equal(3000000, again.watchdog_us);
    assert_null(getenv("WATCHDOG_PID")); /* no child may speak for us */
    assert_int_equal(0, notify_send(&again, "READY=1"));
    assert_string_equal("READY=1", hear(fd));
    notify_leave(&n);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    assert_int_equal(0, notify_take(&again));
    assert_int_equal(0, again.watchdog_us);
    close(fd);
}

static void test_strange_names(void **state)
{
    char path[200];
    const char *const bad[] = {"vsock:2:1234", "relative", "@", "/", path};
    struct notify n;
    (void)state;

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setenv("NOTIFY_SOCKET", bad[i], 1);
        assert_int_equal(-EINVAL, notify_take(&n));
        assert_int_equal(0, notify_send(&n, "READY=1"));
    }
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    assert_int_equal(0, notify_take(&n));
    assert_int_equal(-ENOENT, notify_send(&n, "READY=1"));
}

/* In a process of its own, whose descriptors 3 and on are these: 0, or where it failed. */
static int sorted(const char *address, int type, bool hears, const char *name,
                  const char *const listen_on[ACTIVATION_KINDS], int kind)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct activation a;
        struct activation_group g[ACTIVATION_KINDS];
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(0)};
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        bool six = strchr(address, ':') != NULL;
        char pid_text[16];
        int fd = socket(six ? AF_INET6 : AF_INET, type, 0), on, only = strcmp(name, "v6only") == 0;

        signal(SIGPIPE, SIG_IGN); /* 3 may be where the log goes in this process */
        on = inet_pton(six ? AF_INET6 : AF_INET, address,
                       six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
        if (on != 1 || (six && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only))) ||
            bind(fd, six ? (void *)&v6 : (void *)&v4, six ? sizeof(v6) : sizeof(v4)) ||
            (hears && listen(fd, 1)) || dup2(fd, 3) != 3)
            _exit(100);
        snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
        setenv("LISTEN_PID", pid_text, 1);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_FDNAMES", name, 1);
        if (activation_take(&a) || a.count != 1 || getenv("LISTEN_FDS") || getenv("LISTEN_PID"))
            _exit(101);
        if (activation_sort(&a, listen_on, g))
            _exit(1);
        _exit(kind >= 0 && g[kind].count == 1 && g[kind].fd[0] == 3 ? 0 : 102);
    }
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void test_sort(void **state)
{
    const char *const all[] = {"0.0.0.0:0", "0.0.0.0:0", ""};
    const char *const local[] = {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"};
    const char *const six[] = {"*:0", "[::1]:0", ""};
    const char *const port[] = {"0.0.0.0:1", "0.0.0.0:1", ""};
    (void)state;

    assert_int_equal(0, sorted("0.0.0.0", SOCK_DGRAM, false, "x.socket", all, ACTIVATION_SRT));
    assert_int_equal(0, sorted("0.0.0.0", SOCK_STREAM, true, "", all, ACTIVATION_HTTP));
    assert_int_equal(0, sorted("::", SOCK_STREAM, true, "x.socket", all, ACTIVATION_HTTP));
    assert_int_equal(0, sorted("::", SOCK_DGRAM, false, "srt", six, ACTIVATION_SRT));
    assert_int_equal(0, sorted("::1", SOCK_STREAM, true, "", six, ACTIVATION_HTTP));
    assert_int_equal(0, sorted("127.0.0.1", SOCK_STREAM, true, "https", local, ACTIVATION_HTTPS));
    /* Only IPv6: good for who asked for that family, deaf to who asked for IPv4. */
    assert_int_equal(0, sorted("::", SOCK_DGRAM, false, "v6only", six, ACTIVATION_SRT));
    assert_int_equal(1, sorted("::", SOCK_DGRAM, false, "v6only", all, -1));
    assert_int_equal(1, sorted("::", SOCK_STREAM, true, "v6only", all, -1));
    /* More open than configured, another port, another kind, deaf. */
    assert_int_equal(1, sorted("0.0.0.0", SOCK_STREAM, true, "", local, -1));
    assert_int_equal(1, sorted("127.0.0.1", SOCK_STREAM, true, "", all, -1));
    assert_int_equal(1, sorted("0.0.0.0", SOCK_DGRAM, false, "", port, -1));
    assert_int_equal(1, sorted("127.0.0.1", SOCK_STREAM, true, "srt", local, -1));
    assert_int_equal(1, sorted("0.0.0.0", SOCK_STREAM, true, "https", all, -1));
    assert_int_equal(1, sorted("0.0.0.0", SOCK_STREAM, false, "", all, -1));
}

static void test_not_for_us(void **state)
{
    struct activation a;
    (void)state;

    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "2", 1);
    assert_int_equal(0, activation_take(&a));
    assert_int_equal(0, a.count);
    assert_null(getenv("LISTEN_FDS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases),        cmocka_unit_test(test_full),
        cmocka_unit_test(test_watchdog),      cmocka_unit_test(test_exec),
        cmocka_unit_test(test_strange_names), cmocka_unit_test(test_sort),
        cmocka_unit_test(test_not_for_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
