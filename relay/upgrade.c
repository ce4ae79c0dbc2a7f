/* Another binary takes over from this one: sockets, workers, rooms and viewers go on. */
/* SPDX-License-Identifier: MIT */
#include "relay/upgrade.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/link/link.h"
#include "relay/room/handover.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define CTX "upgrade"

enum {
    PATIENCE_US = 20000000, /* for the new front to take everything */
    ASK_TURNS = 500,        /* of 50 ms */
};

static const char counter[] = "ROOMCAST_UPGRADES";

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void upgrade_init(struct upgrade *u)
{
    *u = (struct upgrade){.control = -1, .handover = -1, .report = -1};
}

static void fail(struct upgrade *u, const char *why)
{
    log_error(CTX, "refused why=\"%s\" changed=nothing", why);
    if (u->pid > 0)
        kill(u->pid, SIGKILL);
    close_fd(&u->control);
    close_fd(&u->handover);
    close_fd(&u->report);
    upgrade_init(u);
}

/* In the child: everything that the relay set for itself is as a shell would have it. */
static void become(const struct inheritance *plan, const char *program, char *const *argv,
                   pid_t parent)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    inheritance_keep(plan, true);
    if (inheritance_leave(plan) >= 0)
        execv(program, argv);
    fprintf(stderr, "roomcast: %s: %s\n", program, strerror(errno));
    _exit(1);
}

void upgrade_begin(struct upgrade *u, const struct inheritance *plan, const char *program,
                   char *const *argv, int64_t now_us)
{
    struct inheritance theirs = *plan;
    int control[2] = {-1, -1}, handover[2] = {-1, -1}, report[2] = {-1, -1};
    pid_t parent = getpid();

    assert(u->state == UPGRADE_IDLE);
    log_info(CTX, "starting program=%s", program);
    if (link_pair(control) || link_pair(handover) || pipe2(report, O_CLOEXEC | O_NONBLOCK)) {
        fail(u, "out of descriptors");
        return;
    }
    theirs.role = INHERITANCE_FRONT;
    theirs.control = control[1];
    theirs.handover = handover[1];
    theirs.report = report[1];
    u->control = control[0];
    u->handover = handover[0];
    u->report = report[0];
    u->pid = fork();
    if (u->pid == 0)
        become(&theirs, program, argv, parent);
    close(control[1]);
    close(handover[1]);
    close(report[1]);
    u->state = UPGRADE_STARTING;
    u->deadline_us = now_us + PATIENCE_US;
    if (u->pid < 0)
        fail(u, "fork failed");
}

/* The new front can go on: ours is told what to give it. */
static void hand_over(struct upgrade *u, int front_control)
{
    struct link_message m = {.type = LINK_HAND_OVER};
    uint64_t link = 0, rooms = 0;

    if (sscanf(u->said, "ready link=%" SCNx64 " handover=%" SCNx64, &link, &rooms) != 2) {
        fail(u, "the new program does not speak our language");
        return;
    }
    u->same_link = link == link_version();
    m.feed = (u->same_link ? HANDOVER_WITH_LINKS : 0u) |
             (rooms == handover_version() ? HANDOVER_WITH_ROOMS : 0u);
    if (!u->same_link)
        log_warn(CTX, "other_link what=\"the workers are replaced: publishers connect again\"");
    if (rooms != handover_version())
        log_warn(CTX, "other_handover what=\"rooms begin anew, their numbers go on\"");
    if (link_send(front_control, &m, u->handover)) {
        fail(u, "the front cannot be reached");
        return;
    }
    close_fd(&u->handover);
    u->state = UPGRADE_HANDING;
}

enum upgrade_state upgrade_step(struct upgrade *u, int front_control, int64_t now_us)
{
    size_t len = strlen(u->said);
    ssize_t n;

    if (u->state == UPGRADE_IDLE)
        return u->state;
    n = read(u->report, u->said + len, sizeof(u->said) - 1 - len);
    if (n > 0)
        u->said[len + (size_t)n] = '\0';
    if (n == 0)
        u->deadline_us = now_us; /* it is dying, and reap() will say how; or it is no roomcast */
    if (u->state == UPGRADE_STARTING && strchr(u->said, '\n'))
        hand_over(u, front_control);
    if (u->state == UPGRADE_HANDING && strstr(u->said, "\ntaken\n")) {
        close_fd(&u->report);
        u->state = UPGRADE_TAKEN;
    } else if (u->state != UPGRADE_IDLE && now_us > u->deadline_us) {
        fail(u, "the new program did not take over in time");
    }
    return u->state;
}

bool upgrade_lost(struct upgrade *u, pid_t pid, const char *how)
{
    char why[96];

    if (u->state == UPGRADE_IDLE || pid != u->pid)
        return false;
    u->pid = 0;
    snprintf(why, sizeof(why), "the new program ended before it took over: %s", how);
    fail(u, why);
    return true;
}

void upgrade_exec(const struct inheritance *all, const char *program, char *const *argv)
{
    const char *before = getenv(counter);
    char number[16];
    int fd = inheritance_leave(all);

    if (fd < 0) {
        log_error(CTX, "not_replaced why=\"%s\"", strerror(-fd));
        return;
    }
    snprintf(number, sizeof(number), "%d", before ? atoi(before) + 1 : 1);
    setenv(counter, number, 1);
    inheritance_keep(all, true);
    execv(program, argv);
    log_error(CTX, "not_replaced program=%s why=\"%s\" what=\"the new front goes on under us\"",
              program, strerror(errno));
    inheritance_keep(all, false);
    close(fd);
}

/* How often the process was upgraded; -1: it is no relay of ours. */
static long upgrades(pid_t pid)
{
    char path[48], name[16] = "", bytes[65536];
    FILE *f;
    size_t len;
    const char *at;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    f = fopen(path, "re");
    if (!f)
        return -1;
    len = fread(name, 1, sizeof(name) - 1, f);
    fclose(f);
    if (len < 8 || strncmp(name, "roomcast", 8) != 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    f = fopen(path, "re");
    len = f ? fread(bytes, 1, sizeof(bytes) - 1, f) : 0;
    if (f)
        fclose(f);
    bytes[len] = '\0';
    for (at = bytes; at < bytes + len; at += strlen(at) + 1)
        if (strncmp(at, counter, sizeof(counter) - 1) == 0)
            return atol(at + sizeof(counter));
    return 0;
}

int upgrade_ask(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    long before = upgrades(pid);

    if (before < 0 || kill(pid, SIGUSR2)) {
        fprintf(stderr, "roomcast: process %d is no relay that could be asked\n", (int)pid);
        return 1;
    }
    for (int i = 0; i < ASK_TURNS; i++) {
        nanosleep(&pause, NULL);
        if (upgrades(pid) > before) {
            printf("upgraded: process %d\n", (int)pid);
            return 0;
        }
    }
    fprintf(stderr, "roomcast: not upgraded; the relay's log says why\n");
    return 1;
}
