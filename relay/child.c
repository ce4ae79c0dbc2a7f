/* What is said and done when a child dies or stands still. */
/* SPDX-License-Identifier: MIT */
#include "relay/child.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/sandbox.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CTX "supervisor"

enum { START_US = 10000000 /* a child that has no beat by then does not come up */ };

int child_init(struct child *c, int index)
{
    *c = (struct child){.index = index, .pulse_fd = -1};
    return pulse_new(&c->pulse, &c->pulse_fd);
}

void child_resume(struct child *c, int index, int pulse_fd, pid_t pid)
{
    *c = (struct child){.index = index, .pulse_fd = pulse_fd};
    if (pulse_fd >= 0 && pulse_map(&c->pulse, pulse_fd) == 0) {
        child_born(c, pid, clock_mono_us());
        return;
    }
    log_error(CTX, "no_pulse what=\"a child is started anew\"");
    if (pulse_fd >= 0)
        close(pulse_fd);
    if (child_init(c, index))
        abort(); /* there is no memory for one page */
    child_born(c, pid, clock_mono_us());
    child_take(c);
}

void child_fini(struct child *c)
{
    pulse_free(&c->pulse);
    if (c->pulse_fd >= 0)
        close(c->pulse_fd);
    c->pulse_fd = -1;
}

void child_prepare(struct child *c)
{
    pulse_reset(c->pulse);
    c->generation++;
}

void child_born(struct child *c, pid_t pid, int64_t now_us)
{
    c->pid = pid;
    c->started_us = now_us;
    c->start_at_us = 0;
    c->taken = c->stuck = false;
    c->vigil = (struct vigil){0};
}

/* "worker 1" for sentences, "worker=1" for events. */
static void name_it(const struct child *c, char between, char out[static 24])
{
    if (c->index == CHILD_FRONT)
        snprintf(out, 24, "front");
    else if (c->index == CHILD_STORE)
        snprintf(out, 24, "store");
    else if (c->index == CHILD_HOOKS)
        snprintf(out, 24, "hooks");
    else if (c->index == CHILD_PICTURE)
        snprintf(out, 24, "picture%chelper", between);
    else
        snprintf(out, 24, "worker%c%d", between, c->index);
}

void child_how(int status, char out[static CHILD_HOW])
{
    if (WIFSIGNALED(status))
        snprintf(out, CHILD_HOW, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, CHILD_HOW, "exit %d", WEXITSTATUS(status));
}

void child_say_denied(const struct child *c)
{
    int call = pulse_denied_call(c->pulse);
    char name[24], call_name[48];

    if (call == PULSE_NOTHING_DENIED)
        return;
    name_it(c, ' ', name);
    sandbox_call_name(call, call_name, sizeof(call_name));
    log_error(CTX, "%s was ended by the sandbox: system call %d (%s)", name, call, call_name);
}

static void say_died(const struct child *c, int status, int64_t delay_us, int64_t now_us)
{
    char how[CHILD_HOW], doing[PULSE_TEXT], text[256];

    child_how(status, how);
    pulse_text(c->pulse, doing);
    snprintf(text, sizeof(text), "pid=%d how=\"%s\" doing=\"%s\" lived_ms=%" PRId64, (int)c->pid,
             how, doing, (now_us - c->started_us) / 1000);
    child_say_denied(c);
    if (c->index == CHILD_FRONT)
        log_error(CTX, "front_died %s restarting_in_ms=%" PRId64, text, delay_us / 1000);
    else if (c->index == CHILD_STORE)
        log_warn(CTX, "store_died %s restarting_in_ms=%" PRId64, text, delay_us / 1000);
    else if (c->index == CHILD_HOOKS)
        log_warn(CTX, "hooks_died %s restarting_in_ms=%" PRId64, text, delay_us / 1000);
    else if (c->index == CHILD_PICTURE)
        log_warn(CTX, "picture_helper_died %s restarting_in_ms=%" PRId64, text, delay_us / 1000);
    else
        log_warn(CTX, "worker_died worker=%d %s restarting_in_ms=%" PRId64, c->index, text,
                 delay_us / 1000);
}

static void say_loop(const struct child *c, int64_t delay_us)
{
    char name[24];

    name_it(c, '=', name);
    if (c->revival.crashes >= REVIVAL_LOOP && delay_us > 0)
        log_error(CTX, "crash_loop %s times=%" PRIu32 " next_try_ms=%" PRId64, name,
                  c->revival.crashes, delay_us / 1000);
}

void child_died(struct child *c, int status, bool quiet, int64_t now_us)
{
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !c->stuck;
    enum revival_end end = c->taken ? REVIVAL_TAKEN : killed ? REVIVAL_KILLED : REVIVAL_CRASHED;
    int64_t delay_us =
        revival_delay_us(&c->revival, pulse_beats(c->pulse) > 0, end, now_us - c->started_us);

    if (!quiet) {
        say_died(c, status, delay_us, now_us);
        say_loop(c, delay_us);
    }
    c->pid = 0;
    c->start_at_us = now_us + delay_us;
}

void child_take(struct child *c)
{
    if (!c->pid)
        return;
    c->taken = true;
    kill(c->pid, SIGKILL);
}

void child_watch(struct child *c, int64_t stuck_us, int64_t now_us)
{
    uint64_t beats = pulse_beats(c->pulse);
    int64_t still_us = vigil_look(&c->vigil, beats, true, now_us);
    char name[24], doing[PULSE_TEXT];

    if (!c->pid || c->stuck || c->taken || still_us < (beats ? stuck_us : START_US))
        return;
    name_it(c, '=', name);
    pulse_text(c->pulse, doing);
    log_error(CTX, "stuck %s pid=%d for_ms=%" PRId64 " doing=\"%s\" killing=yes", name, (int)c->pid,
              still_us / 1000, doing);
    c->stuck = true;
    kill(c->pid, SIGKILL);
}
