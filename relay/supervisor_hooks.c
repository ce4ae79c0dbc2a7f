/* The supervisor's side of the web hooks: their memory, and the process that sends. */
/* SPDX-License-Identifier: MIT */
#include "relay/supervisor_hooks.h"

#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/hooks/hook_ring.h"
#include "relay/hooks/hook_seats.h"
#include "relay/hooks/hooks.h"
#include "relay/link/link.h"
#include "relay/supervisor_inside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CTX "supervisor"

enum {
    LEAVE_US = 3000000, /* it takes two seconds at most to send what is ready */
    PATIENCE = 3,       /* times isolation.stuck_ms: a TLS handshake reads all roots */
};

static int make_memory(struct supervisor *s)
{
    int rc = hook_ring_make(&s->hooks.ring);

    return rc ? rc : hook_seats_make(&s->hooks.seats);
}

int supervisor_hooks_open(struct supervisor *s)
{
    int rc = child_init(&s->hooks.child, CHILD_HOOKS);

    s->hooks.ring = s->hooks.seats = s->hooks.control = -1;
    return rc ? rc : make_memory(s);
}

/* The memory goes on, in a format that both know; the process is the new program's. */
void supervisor_hooks_adopt(struct supervisor *s, const struct inheritance *from)
{
    int rc = child_init(&s->hooks.child, CHILD_HOOKS);

    s->hooks.ring = from->hook_ring;
    s->hooks.seats = from->hook_seats;
    s->hooks.control = -1;
    if (!rc && (s->hooks.ring < 0 || s->hooks.seats < 0))
        log_info("hooks", "none why=\"the program before had none: a restart begins them\"");
    if (rc)
        log_error(CTX, "no_memory what=\"no web hooks\"");
}

void supervisor_hooks_list(const struct supervisor *s, struct inheritance *all)
{
    all->hook_ring = s->hooks.ring;
    all->hook_seats = s->hooks.seats;
}

void supervisor_hooks_forget(struct supervisor *s, bool front)
{
    supervisor_close(&s->hooks.control);
    if (!front) {
        supervisor_close(&s->hooks.ring);
        supervisor_close(&s->hooks.seats);
    }
    child_fini(&s->hooks.child);
}

static void be_hooks(struct supervisor *s, int control, pid_t parent)
{
    struct hooks_options o = {.config = s->config, .control = control, .seats = s->hooks.seats};

    supervisor_become(s, &s->hooks.child, "roomcast-hooks", parent);
    supervisor_keep_nothing(s);
    supervisor_forget_secrets(s->config);
    o.ring = hook_ring_reader(s->hooks.ring);
    supervisor_close(&s->hooks.ring);
    if (o.ring < 0) {
        log_error("hooks", "cannot_start why=\"%s\"", strerror(-o.ring));
        _exit(1);
    }
    _exit(hooks_run(&o));
}

void supervisor_hooks_spawn(struct supervisor *s, int64_t now_us)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (s->config->hooks.url[0] == '\0' || s->hooks.child.pid || s->hooks.ring < 0 ||
        s->hooks.seats < 0 || !s->front.pid || now_us < s->hooks.child.start_at_us)
        return;
    s->hooks.child.start_at_us = now_us + PUT_OFF_US;
    if (link_pair(ends))
        return;
    child_prepare(&s->hooks.child);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_hooks(s, ends[1], parent);
    }
    close(ends[1]);
    if (pid < 0) {
        log_error(CTX, "fork failed error=%d", errno);
        close(ends[0]);
        return;
    }
    s->hooks.control = ends[0];
    s->hooks.leave_us = 0;
    child_born(&s->hooks.child, pid, now_us);
}

void supervisor_hooks_leave(struct supervisor *s, int64_t now_us)
{
    struct link_message m = {.type = LINK_STOP};

    if (!s->hooks.child.pid || s->hooks.leave_us)
        return;
    s->hooks.leave_us = now_us + LEAVE_US;
    if (link_send(s->hooks.control, &m, -1))
        child_take(&s->hooks.child);
}

bool supervisor_hooks_differ(const struct config *a, const struct config *b)
{
    return strcmp(a->hooks.url, b->hooks.url) != 0 ||
           strcmp(a->hooks.secret, b->hooks.secret) != 0 || strcmp(a->hooks.ca, b->hooks.ca) != 0 ||
           a->hooks.timeout_ms != b->hooks.timeout_ms || a->hooks.give_up_s != b->hooks.give_up_s ||
           a->hooks.queue != b->hooks.queue || a->isolation.sandbox != b->isolation.sandbox;
}

void supervisor_hooks_gone(struct supervisor *s, int status)
{
    struct child *c = &s->hooks.child;

    c->taken |= status == 0; /* it was told to, or wants to begin anew */
    child_died(c, status, s->stopping || c->taken, clock_mono_us());
    supervisor_close(&s->hooks.control);
}

void supervisor_hooks_watch(struct supervisor *s, int64_t stuck_us, int64_t now_us)
{
    if (s->hooks.leave_us && now_us > s->hooks.leave_us)
        child_take(&s->hooks.child);
    else
        child_watch(&s->hooks.child, stuck_us * PATIENCE, now_us);
}
