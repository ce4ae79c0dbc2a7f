/* The supervisor's side of an upgrade: what it hands to the next program, and how that begins. */
/* SPDX-License-Identifier: MIT */
#include "config/passed.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/certificate.h"
#include "relay/link/link.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CTX "supervisor"

void supervisor_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Everything that goes on under the next program. */
static void list_all(const struct supervisor *s, struct inheritance *all)
{
    inheritance_init(all);
    all->role = INHERITANCE_SUPERVISOR;
    all->threads = (uint32_t)s->threads;
    all->workers = (uint32_t)s->workers;
    all->srt_port = s->srt_port;
    all->http_port = s->http_port;
    all->https_port = s->https_port;
    all->certificate = certificate_fd();
    all->tickets = s->tickets;
    all->journal_memory = s->journal.memory;
    all->journal_disk = s->journal.disk;
    all->control = s->control;
    all->front = s->front.pid;
    all->front_pulse = s->front.pulse_fd;
    all->leaving = s->leaving;
    supervisor_store_list(s, all);
    supervisor_hooks_list(s, all);
    memcpy(all->http, s->http, s->threads * sizeof(s->http[0]));
    memcpy(all->https, s->https, s->threads * sizeof(s->https[0]));
    for (size_t i = 0; i < s->workers; i++) {
        all->srt[i] = s->srt[i];
        all->worker[i] = s->worker[i].pid;
        all->link[i] = s->link[i];
        all->generation[i] = s->worker[i].generation;
        all->pulse[i] = s->worker[i].pulse_fd;
    }
}

void supervisor_upgrade(struct supervisor *s, int64_t now_us)
{
    struct inheritance plan;

    if (s->stopping || !s->front.pid || s->leaving || s->upgrade.state != UPGRADE_IDLE) {
        log_warn(CTX, "upgrade_refused why=\"%s\" changed=nothing",
                 s->stopping     ? "the relay is stopping"
                 : !s->front.pid ? "the front is being restarted"
                                 : "the last one is not over yet");
        return;
    }
    child_fini(&s->heir);
    if (child_init(&s->heir, CHILD_FRONT)) {
        log_warn(CTX, "upgrade_refused why=\"no memory\" changed=nothing");
        return;
    }
    list_all(s, &plan);
    plan.front_pulse = s->heir.pulse_fd;
    plan.store_pulse = plan.store_control = plan.store_path = -1;
    for (size_t i = 0; i < s->workers; i++)
        plan.pulse[i] = -1;
    upgrade_begin(&s->upgrade, &plan, s->program, s->argv, now_us);
}

/* What is left of the old program follows it, and this process last. */
void supervisor_upgraded(struct supervisor *s, int64_t now_us)
{
    struct inheritance all;

    s->leaving = s->front.pid;
    s->leaving_us = now_us + LEAVING_US;
    supervisor_close(&s->control);
    child_fini(&s->front);
    child_born(&s->heir, s->upgrade.pid, now_us);
    s->front = s->heir;
    s->heir = (struct child){.pulse_fd = -1};
    s->control = s->upgrade.control;
    s->rooms_due = s->rooms >= 0; /* a list may have come since it was started */
    for (size_t i = 0; i < s->workers; i++) {
        s->old[i] = true;
        if (s->upgrade.same_link)
            continue;
        supervisor_close(&s->link[i]);
        child_take(&s->worker[i]);
    }
    child_take(&s->picture); /* the next program's are its own */
    child_take(&s->hooks.child);
    upgrade_init(&s->upgrade);
    list_all(s, &all);
    all.config = config_pass(s->config);
    notify_leave(&s->service.manager);
    upgrade_exec(&all, s->program, s->argv);
    (void)notify_take(&s->service.manager); /* it was good before */
    supervisor_close(&all.config);
}

void supervisor_find_program(struct supervisor *s, char *const *argv)
{
    char cwd[PATH_MAX / 2];
    ssize_t len;

    s->argv = argv;
    if (argv[0][0] == '/') {
        snprintf(s->program, sizeof(s->program), "%s", argv[0]);
    } else if (strchr(argv[0], '/') && getcwd(cwd, sizeof(cwd))) {
        snprintf(s->program, sizeof(s->program), "%s/%.2000s", cwd, argv[0]);
    } else {
        len = readlink("/proc/self/exe", s->program, sizeof(s->program) - 1);
        s->program[len > 0 ? len : 0] = '\0';
    }
}

/* Counts of workers and threads stay what they were, whatever the file says now. */
void supervisor_resume(struct supervisor *s, const struct inheritance *from)
{
    struct link_message m = {.type = LINK_RETIRE};

    s->workers = from->workers;
    s->threads = from->threads;
    s->srt_port = (uint16_t)from->srt_port;
    s->http_port = (uint16_t)from->http_port;
    s->https_port = (uint16_t)from->https_port;
    s->tickets = from->tickets;
    certificate_adopt(from->certificate);
    s->control = from->control;
    child_resume(&s->front, CHILD_FRONT, from->front_pulse, from->front);
    if (child_init(&s->picture, CHILD_PICTURE))
        log_error(CTX, "no_memory what=\"no pictures\"");
    s->leaving = from->leaving;
    s->leaving_us = clock_mono_us() + LEAVING_US;
    memcpy(s->http, from->http, s->threads * sizeof(s->http[0]));
    memcpy(s->https, from->https, s->threads * sizeof(s->https[0]));
    supervisor_store_adopt(s, from);
    supervisor_hooks_adopt(s, from);
    if (journal_file_adopt(&s->journal, from->journal_memory, from->journal_disk))
        log_error(CTX, "no_journal what=\"numbers go on by the clock alone\"");
    for (size_t i = 0; i < s->workers; i++) {
        s->srt[i] = from->srt[i];
        s->link[i] = from->link[i];
        child_resume(&s->worker[i], (int)i, from->pulse[i], from->worker[i]);
        s->worker[i].generation = from->generation[i];
        s->worker[i].taken |= s->link[i] < 0;
        s->old[i] = from->worker[i] != 0;
        m.worker = (uint32_t)i;
        if (s->old[i] && link_send(s->control, &m, -1))
            log_error(CTX, "front_unreachable");
    }
    log_info(CTX, "upgraded program=%s pid=%d front=%d", s->program, (int)getpid(),
             (int)s->front.pid);
}
