/* Thread birth: a name, a small stack, and no signals of the process. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    THREAD_STACK_BYTES = 512 * 1024,
    THREAD_NAME_SIZE = 16, /* what the kernel keeps, NUL included */
};

struct birth {
    void *(*fn)(void *);
    void *arg;
    char name[THREAD_NAME_SIZE];
};

/* The thread names itself, so that it is never seen without its name. */
static void *thread_main(void *p)
{
    struct birth b = *(struct birth *)p;
    free(p);
    pthread_setname_np(pthread_self(), b.name);
    return b.fn(b.arg);
}

/* A fault is raised in the thread that made it: if it were blocked, no handler (a sanitizer's, a
 * core dump's) would ever see it. Everything else belongs to the main thread. */
static void thread_mask(sigset_t *set)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(set, own[i]);
}

static int thread_create(pthread_t *id, struct birth *b)
{
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);
    if (rc)
        return -rc;
    rc = pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
    if (!rc)
        rc = pthread_create(id, &attr, thread_main, b);
    pthread_attr_destroy(&attr);
    return -rc;
}

int thread_start(pthread_t *id, const char *name, void *(*fn)(void *), void *arg)
{
    struct birth *b = malloc(sizeof *b);
    if (!b)
        return -ENOMEM;
    b->fn = fn;
    b->arg = arg;
    snprintf(b->name, sizeof b->name, "%s", name);

    /* A new thread inherits the mask of the one that makes it. */
    sigset_t mask, before;
    thread_mask(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    int rc = thread_create(id, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc)
        free(b);
    return rc;
}
