/* Forking, reaping, stopping and reloading. */
/* SPDX-License-Identifier: MIT */
#include "relay/supervisor.h"

#include "config/passed.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/certificate.h"
#include "relay/child.h"
#include "relay/front.h"
#include "relay/ingest/worker.h"
#include "relay/link/link.h"
#include "relay/slates.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CTX "supervisor"

/* As many descriptors as the system allows: each segment of each room is one. */
static void raise_limits(void)
{
    struct rlimit l, wanted = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};

    if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur >= DESCRIPTORS)
        return;
    if (l.rlim_max >= DESCRIPTORS)
        wanted.rlim_max = l.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &wanted)) { /* above the hard limit only root may go */
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* In a new child: links of others would keep them from noticing that an end is gone. */
static void close_links(struct supervisor *s)
{
    for (size_t i = 0; i < s->workers; i++)
        supervisor_close(&s->link[i]);
}

static void front_child(struct supervisor *s, int control)
{
    struct front_options o = {.config = s->config,
                              .http = s->http,
                              .https = s->https,
                              .tickets = s->tickets,
                              .threads = s->threads,
                              .workers = (uint32_t)s->workers,
                              .control = control,
                              .journal = &s->journal,
                              .questions = s->questions[0],
                              .rooms = s->rooms,
                              .hook_ring = s->hooks.ring,
                              .hook_seats = s->hooks.seats,
                              .predecessor = -1,
                              .report = -1};

    close_links(s);
    for (size_t i = 0; i < s->workers; i++)
        close(s->srt[i]);
    _exit(front_run(&o));
}

/* The workers that another front had: they announce their feeds again. */
static void give_links(struct supervisor *s)
{
    for (size_t i = 0; i < s->workers; i++) {
        struct link_message m = {.type = LINK_WORKER_KEPT, .worker = (uint32_t)i};

        if (s->worker[i].pid && s->link[i] >= 0 && link_send(s->control, &m, s->link[i]))
            log_error(CTX, "front_unreachable");
    }
}

static void spawn_front(struct supervisor *s)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (link_pair(ends)) {
        s->front.start_at_us = clock_mono_us() + PUT_OFF_US;
        return;
    }
    child_prepare(&s->front);
    pid = fork();
    if (pid == 0) {
        supervisor_become(s, &s->front, "roomcast-front", parent);
        close(ends[0]);
        front_child(s, ends[1]);
    }
    close(ends[1]);
    s->control = ends[0];
    if (pid < 0) {
        log_error(CTX, "fork failed error=%d", errno);
        supervisor_close(&s->control);
        s->front.start_at_us = clock_mono_us() + PUT_OFF_US;
        return;
    }
    child_born(&s->front, pid, clock_mono_us());
    give_links(s);
}

static void worker_child(struct supervisor *s, size_t index, int link, pid_t parent)
{
    char name[16];
    bool has_store = supervisor_has_store(s); /* a worker keeps nothing of it to tell by */

    snprintf(name, sizeof(name), "roomcast-w%zu", index);
    supervisor_become(s, &s->worker[index], name, parent);
    supervisor_close(&s->control);
    close_links(s);
    for (size_t i = 0; i < s->threads; i++) {
        close(s->http[i]);
        supervisor_close(&s->https[i]);
    }
    supervisor_close(&s->tickets);
    certificate_forget();
    journal_file_forget(&s->journal);
    for (size_t i = 0; i < s->workers; i++)
        if (i != index)
            close(s->srt[i]);
    _exit(worker_run(&(struct worker_options){.index = (uint32_t)index,
                                              .generation = s->worker[index].generation,
                                              .config = s->config,
                                              .udp_fd = s->srt[index],
                                              .link_fd = link,
                                              .has_store = has_store,
                                              .rooms = s->rooms}));
}

static void spawn_worker(struct supervisor *s, size_t index)
{
    struct link_message m = {.type = LINK_WORKER_SPAWNED, .worker = (uint32_t)index};
    struct child *w = &s->worker[index];
    pid_t parent = getpid(), pid;
    int ends[2], rc;

    w->start_at_us = clock_mono_us() + PUT_OFF_US;
    if (link_pair(ends))
        return;
    child_prepare(w);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        worker_child(s, index, ends[1], parent);
    }
    close(ends[1]);
    if (pid < 0) {
        log_error(CTX, "fork failed error=%d", errno);
    } else {
        child_born(w, pid, clock_mono_us());
        rc = link_send(s->control, &m, ends[0]);
        if (rc)
            log_error(CTX, "front_unreachable error=%d", -rc);
        s->link[index] = ends[0];
        return;
    }
    close(ends[0]);
}

static void spawn_due(struct supervisor *s, int64_t now_us)
{
    if (s->stopping || s->upgrade.state != UPGRADE_IDLE)
        return;
    supervisor_store_spawn(s, now_us);
    if (!s->front.pid && now_us >= s->front.start_at_us)
        spawn_front(s);
    if (supervisor_store_is_awaited(s, now_us))
        return;
    for (size_t i = 0; i < s->workers && s->front.pid; i++)
        if (!s->worker[i].pid && now_us >= s->worker[i].start_at_us)
            spawn_worker(s, i);
    supervisor_spawn_picture(s, now_us);
    supervisor_hooks_spawn(s, now_us);
}

static void stop(struct supervisor *s)
{
    struct link_message m = {.type = LINK_STOP};

    if (s->stopping)
        return;
    log_info(CTX, "stopping");
    s->stopping = true;
    supervisor_store_stop(s);
    s->deadline_us = clock_mono_us() + STOP_US;
    supervisor_tell(s, false);
    if (s->control >= 0 && link_send(s->control, &m, -1))
        log_warn(CTX, "front_unreachable");
}

static void give_up(struct supervisor *s, const struct child *c)
{
    log_error(CTX, "cannot_start what=\"%s never came up in %d tries: see the lines above\"",
              c == &s->front ? "the front" : "a worker", REVIVAL_TRIES);
    s->exit_code = 1;
    stop(s);
}

static void child_gone(struct supervisor *s, struct child *c, int status)
{
    child_died(c, status, s->stopping || c->taken, clock_mono_us());
    if (revival_is_hopeless(&c->revival) && !s->stopping)
        give_up(s, c);
    if (c == &s->front)
        supervisor_close(&s->control); /* the next one gets the workers' links */
    else
        supervisor_close(&s->link[c - s->worker]);
}

static void worker_gone(struct supervisor *s, size_t i, int status)
{
    struct child *w = &s->worker[i];

    if (s->old[i] && !s->stopping && (w->taken || status == 0)) {
        log_info(CTX, "worker_replaced worker=%zu what=\"%s\"", i,
                 w->taken ? "it spoke another program's language"
                          : "nobody published through the old one");
        w->taken = true;
    }
    s->old[i] = false;
    child_gone(s, w, status);
}

static void reap(struct supervisor *s)
{
    char how[CHILD_HOW];
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        child_how(status, how);
        if (pid == s->front.pid)
            child_gone(s, &s->front, status);
        if (pid == s->store.pid)
            supervisor_store_gone(s, status);
        if (pid == s->picture.pid)
            supervisor_picture_gone(s, status);
        if (pid == s->hooks.child.pid)
            supervisor_hooks_gone(s, status);
        for (size_t i = 0; i < s->workers; i++)
            if (pid == s->worker[i].pid)
                worker_gone(s, i, status);
        if (pid == s->leaving) {
            s->leaving = 0;
            if (status && !s->stopping)
                log_warn(CTX, "predecessor_died how=\"%s\"", how);
        }
        if (upgrade_lost(&s->upgrade, pid, how))
            child_say_denied(&s->heir);
    }
}

/* All or nothing: what cannot be read whole changes nothing. Sockets and counts stay as they are.
 */
static void reload(struct supervisor *s)
{
    struct link_message m = {.type = LINK_CONFIG};
    struct config *next;
    int fd;

    supervisor_tell(s, true);
    if (s->upgrade.state != UPGRADE_IDLE) {
        log_error(CTX, "reload_refused why=\"an upgrade is under way; send SIGHUP after it\" "
                       "changed=nothing");
        return;
    }
    slates_begin();
    certificate_begin();
    s->reload_refused = true;
    if (config_load(&next, s->path, s->set, s->set_count, stderr)) {
        certificate_begin(); /* what was read of it is forgotten */
        log_error(CTX, "reload_refused why=\"see the lines above\" changed=nothing");
        return;
    }
    fd = config_pass(next);
    if (fd >= 0 && s->control >= 0)
        slates_commit();
    if (fd >= 0 && s->control >= 0 && slates_send(s->control) == 0 &&
        link_send(s->control, &m, fd) == 0) {
        certificate_commit();
        if (certificate_send(s->control))
            log_error(CTX, "certificate_not_sent what=\"send SIGHUP again\"");
        if (supervisor_hooks_differ(s->config, next))
            supervisor_hooks_leave(s, clock_mono_us());
        config_free(&s->config);
        s->config = next;
        s->reload_refused = false;
        log_info(CTX, "reloaded file=%s rooms_listed=%u", s->path ? s->path : "(defaults)",
                 next->rooms.list_count);
    } else {
        certificate_begin();
        config_free(&next);
        log_error(CTX, "reload_refused why=\"the front cannot be reached\" changed=nothing");
    }
    supervisor_close(&fd);
}

static void on_signal(struct supervisor *s)
{
    struct signalfd_siginfo i;

    while (read(s->signals, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
        if (i.ssi_signo == SIGCHLD)
            reap(s);
        else if (i.ssi_signo == SIGHUP)
            reload(s);
        else if (i.ssi_signo == SIGUSR2)
            supervisor_upgrade(s, clock_mono_us());
        else
            stop(s);
    }
}

static bool all_gone(const struct supervisor *s)
{
    for (size_t i = 0; i < s->workers; i++)
        if (s->worker[i].pid)
            return false;
    return !s->front.pid && !s->leaving && !s->picture.pid && !s->store.pid && !s->hooks.child.pid;
}

static void kill_all(struct supervisor *s)
{
    child_take(&s->front);
    child_take(&s->store);
    child_take(&s->picture);
    child_take(&s->hooks.child);
    if (s->leaving)
        kill(s->leaving, SIGKILL);
    for (size_t i = 0; i < s->workers; i++)
        child_take(&s->worker[i]);
}

/* A child that is stopping has a deadline instead. */
static void look_after(struct supervisor *s, int64_t now_us)
{
    int64_t stuck_us = (int64_t)s->config->isolation.stuck_ms * 1000;

    if (s->stopping || now_us < s->look_us)
        return;
    s->look_us = now_us + VIGIL_LOOK_US;
    if (s->upgrade.state != UPGRADE_HANDING) /* it hands over everything in one go */
        child_watch(&s->front, stuck_us, now_us);
    supervisor_store_watch(s, stuck_us, now_us);
    for (size_t i = 0; i < s->workers; i++)
        child_watch(&s->worker[i], stuck_us, now_us);
    supervisor_watch_picture(s, now_us);
    supervisor_hooks_watch(s, stuck_us, now_us);
}

static void watch(struct supervisor *s)
{
    while (!(s->stopping && all_gone(s))) {
        struct pollfd p[] = {{.fd = s->signals, .events = POLLIN},
                             {.fd = s->upgrade.report, .events = POLLIN},
                             {.fd = s->store_control, .events = POLLIN}};
        int64_t now_us;

        poll(p, 3, 100);
        on_signal(s);
        now_us = clock_mono_us();
        if (upgrade_step(&s->upgrade, s->control, now_us) == UPGRADE_TAKEN)
            supervisor_upgraded(s, now_us);
        supervisor_store_step(s);
        spawn_due(s, now_us);
        look_after(s, now_us);
        supervisor_tell(s, false);
        if (s->stopping && !s->front.pid) /* it has written down what ended last */
            supervisor_hooks_leave(s, now_us);
        if (s->leaving && now_us > s->leaving_us)
            kill(s->leaving, SIGKILL);
        if (s->stopping && now_us > s->deadline_us) {
            log_warn(CTX, "stop_deadline what=\"killing what is left\"");
            kill_all(s);
            s->deadline_us = now_us + STOP_US;
        }
    }
}

static int make_children(struct supervisor *s)
{
    int rc = child_init(&s->front, CHILD_FRONT);

    if (!rc)
        rc = child_init(&s->picture, CHILD_PICTURE);
    for (size_t i = 0; i < s->workers && !rc; i++)
        rc = child_init(&s->worker[i], (int)i);
    if (rc)
        log_error(CTX, "cannot_start why=\"%s\"", strerror(-rc));
    return rc;
}

static int open_all(struct supervisor *s)
{
    const struct config *c = s->config;

    if (supervisor_open_sockets(s) || make_children(s))
        return -EADDRINUSE;
    journal_file_open(&s->journal, c, s->srt_port);
    if (supervisor_store_open(s) || supervisor_hooks_open(s))
        return -ENOMEM;
    log_info(CTX, "listening srt=%s port=%u workers=%zu http=%s port=%u threads=%zu", c->srt.listen,
             s->srt_port, s->workers, c->http.listen, s->http_port, s->threads);
    if (c->rooms.open)
        log_warn(CTX, "rooms_open what=\"ANYBODY who reaches the SRT port may publish into ANY "
                      "room: set rooms.open to false and list the rooms for a real festival\"");
    return 0;
}

int supervisor_run(const struct supervisor_options *o)
{
    struct supervisor s = {.config = o->config,
                           .path = o->path,
                           .set = o->set,
                           .set_count = o->set_count,
                           .activation = o->activation,
                           .control = -1,
                           .tickets = -1,
                           .heir = {.pulse_fd = -1}};

    for (size_t i = 0; i < THREADS_MAX; i++)
        s.https[i] = -1;
    supervisor_find_program(&s, o->argv);
    upgrade_init(&s.upgrade);
    service_init(&s.service);
    raise_limits();
    s.signals = open_signals();
    if (s.signals < 0)
        return 1;
    if (o->inherited->role == INHERITANCE_SUPERVISOR)
        supervisor_resume(&s, o->inherited);
    else if (open_all(&s))
        return 1;
    reap(&s); /* who died while this program was being exchanged */
    watch(&s);
    log_info(CTX, "stopped");
    config_free(&s.config);
    return s.exit_code;
}
