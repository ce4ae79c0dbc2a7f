/* What each child of the supervisor does first: it forgets what belongs to the others. */
/* SPDX-License-Identifier: MIT */
#include "config/inspect.h"
#include "relay/certificate.h"
#include "relay/supervisor_inside.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* In a new child: one page is its own, and it sees nobody else's. */
static void keep_pulse(struct supervisor *s, struct child *own)
{
    pulse_adopt(own->pulse);
    if (own == &s->front)
        supervisor_close(&own->pulse_fd);
    else
        child_fini(&s->front);
    child_fini(&s->heir);
    if (own != &s->picture)
        child_fini(&s->picture);
    if (own == &s->store || own == &s->picture || own == &s->hooks.child)
        supervisor_close(&own->pulse_fd);
    for (size_t i = 0; i < s->workers; i++)
        if (own == &s->worker[i])
            supervisor_close(&own->pulse_fd);
        else
            child_fini(&s->worker[i]);
}

/* In a new child: it stops when it is told to, not when a terminal's Ctrl-C reaches everybody. */
static void become(const struct supervisor *s, const char *name, pid_t parent)
{
    sigset_t none;

    inspect_by(NULL, NULL, NULL); /* what the supervisor has judged is not judged again */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    prctl(PR_SET_NAME, name);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(s->signals);
}

void supervisor_become(struct supervisor *s, struct child *own, const char *name, pid_t parent)
{
    become(s, name, parent);
    keep_pulse(s, own);
    if (own != &s->store)
        supervisor_store_forget(s, own == &s->front);
    if (own != &s->hooks.child)
        supervisor_hooks_forget(s, own == &s->front);
    if (own == &s->picture || own == &s->hooks.child) /* it has keys */
        supervisor_close(&s->rooms);
}

void supervisor_keep_nothing(struct supervisor *s)
{
    supervisor_close(&s->control);
    supervisor_close(&s->tickets);
    certificate_forget();
    journal_file_forget(&s->journal);
    for (size_t i = 0; i < s->threads; i++) {
        supervisor_close(&s->http[i]);
        supervisor_close(&s->https[i]);
    }
    for (size_t i = 0; i < s->workers; i++) {
        supervisor_close(&s->srt[i]);
        supervisor_close(&s->link[i]);
    }
}

void supervisor_forget_secrets(struct config *c)
{
    explicit_bzero(c->rooms.sign_keys, strlen(c->rooms.sign_keys));
    explicit_bzero(c->access.organizer_token, strlen(c->access.organizer_token));
    explicit_bzero(c->access.reader_token, strlen(c->access.reader_token));
    config_agencies_forget(c);
    for (uint32_t i = 0; i < c->rooms.list_count; i++) {
        struct config_room *r = &c->rooms.list[i];

        if (r->key)
            explicit_bzero(r->key, strlen(r->key));
        if (r->passphrase)
            explicit_bzero(r->passphrase, strlen(r->passphrase));
    }
}
