/* What a worker said before it left is heard, also when its successor is announced first. */
/* SPDX-License-Identifier: MIT */
#include "relay/front.h"
#include "relay/link/link.h"

#include <fcntl.h>
#include <poll.h>
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

enum { WAIT_MS = 10000 };

/* A front in a process of its own, with one worker; this test is its supervisor and its workers. */
struct play {
    pid_t front;
    int control, log;
    char said[1 << 16];
    size_t length;
};

static const char CONFIG[] = "rooms: {open: true}\n"
                             "state: {dir: none}\n"
                             "isolation: {sandbox: false}\n";

static void run_front(int control, int log)
{
    struct config *c = NULL;
    struct journal_file journal = {.memory = -1, .disk = -1};
    int http = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct front_options o = {.http = &http,
                              .threads = 1,
                              .workers = 1,
                              .control = control,
                              .journal = &journal,
                              .questions = -1,
                              .rooms = -1,
                              .hook_ring = -1,
                              .hook_seats = -1,
                              .predecessor = -1,
                              .report = -1};

    dup2(log, STDERR_FILENO);
    if (http < 0 || listen(http, 8) || /* to any free port */
        config_parse(&c, "test", CONFIG, sizeof(CONFIG) - 1, NULL, 0, stderr))
        _exit(3);
    o.config = c;
    _exit(front_run(&o));
}

/* Until the front's log has that text. */
static void await_words(struct play *p, const char *text)
{
    while (!strstr(p->said, text)) {
        struct pollfd readable = {.fd = p->log, .events = POLLIN};
        ssize_t n;
        if (poll(&readable, 1, WAIT_MS) != 1)
            fail_msg("no \"%s\" in: %s", text, p->said);
        n = read(p->log, p->said + p->length, sizeof(p->said) - 1 - p->length);
        if (n <= 0)
            fail_msg("the front is gone: %s", p->said);
        p->length += (size_t)n;
    }
}

static int raise_front(void **state)
{
    struct play *p = calloc(1, sizeof(*p));
    int ends[2], words[2];

    assert_int_equal(0, link_pair(ends));
    assert_int_equal(0, pipe2(words, O_CLOEXEC));
    p->front = fork();
    assert_true(p->front >= 0);
    if (!p->front) {
        close(ends[0]);
        run_front(ends[1], words[1]);
    }
    close(ends[1]);
    close(words[1]);
    p->control = ends[0];
    p->log = words[0];
    *state = p;
    await_words(p, "ready pid=");
    return 0;
}

static int end_front(void **state)
{
    struct play *p = *state;
    int status;

    close(p->control); /* the supervisor is gone: so is the front */
    while (waitpid(p->front, &status, 0) < 0)
        continue;
    close(p->log);
    free(p);
    return 0;
}

/* → the worker's end */
static int announce_worker(struct play *p)
{
    struct link_message m = {.type = LINK_WORKER_SPAWNED};
    int ends[2];

    assert_int_equal(0, link_pair(ends));
    assert_int_equal(0, link_send(p->control, &m, ends[0]));
    close(ends[0]);
    m.type = LINK_WORKER_READY;
    assert_int_equal(0, link_send(ends[1], &m, -1));
    return ends[1];
}

static void test_last_words(void **state)
{
    struct play *p = *state;
    struct link_message m = {.type = LINK_FEED_OPEN, .feed = 7};
    int worker = announce_worker(p), next, status;

    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "main");
    assert_int_equal(0, link_send(worker, &m, -1));
    await_words(p, "room/hall live");
    assert_int_equal(0, kill(p->front, SIGSTOP));
    assert_int_equal(p->front, waitpid(p->front, &status, WUNTRACED));
    m = (struct link_message){.type = LINK_FEED_CLOSED, .feed = 7};
    m.u.closed.reason = LINK_CLOSE_ENDED;
    assert_int_equal(0, link_send(worker, &m, -1));
    close(worker);
    next = announce_worker(p);
    assert_int_equal(0, kill(p->front, SIGCONT));
    await_words(p, "was=live");
    if (!strstr(p->said, "reason=ended"))
        fail_msg("it was not heard out: %s", p->said);
    close(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_last_words, raise_front, end_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
