/* Two arrays under one mutex: posts fill one while the owner empties the other. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MAILBOX_MAGIC = 0x4d41494c };

struct mailbox {
    uint32_t magic;
    int fd;
    size_t capacity;
    void (*drop)(void *item);

    pthread_mutex_t lock; /* guards posted, count and awake */
    void **posted;
    size_t count;
    bool awake;               /* the owner was called and has not come yet */
    _Atomic uint64_t refused; /* read by anybody */

    void **taken; /* the owner's alone */
    bool draining;
};

static void mailbox_check(const struct mailbox *m)
{
    assert(m && m->magic == MAILBOX_MAGIC);
    (void)m;
}

int mailbox_new(struct mailbox **out, size_t capacity, void (*drop)(void *item))
{
    assert(capacity > 0);
    *out = NULL;
    struct mailbox *m = calloc(1, sizeof *m);
    if (!m)
        return -ENOMEM;
    int rc = -ENOMEM;
    m->capacity = capacity;
    m->drop = drop;
    m->posted = calloc(capacity, sizeof *m->posted);
    m->taken = calloc(capacity, sizeof *m->taken);
    if (!m->posted || !m->taken)
        goto out;
    m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m->fd < 0) {
        rc = -errno;
        goto out;
    }
    pthread_mutex_init(&m->lock, NULL);
    m->magic = MAILBOX_MAGIC;
    *out = m;
    return 0;
out:
    free(m->taken);
    free(m->posted);
    free(m);
    return rc;
}

void mailbox_free(struct mailbox **mp)
{
    struct mailbox *m = *mp;
    if (!m)
        return;
    mailbox_check(m);
    assert(!m->draining);
    for (size_t i = 0; m->drop && i < m->count; i++)
        m->drop(m->posted[i]);
    m->magic = 0;
    pthread_mutex_destroy(&m->lock);
    close(m->fd);
    free(m->taken);
    free(m->posted);
    free(m);
    *mp = NULL;
}

int mailbox_fd(const struct mailbox *m)
{
    mailbox_check(m);
    return m->fd;
}

/* How many are queued now, or -ENOSPC. */
static int put(struct mailbox *m, void *item, bool wake)
{
    mailbox_check(m);
    int rc;
    pthread_mutex_lock(&m->lock);
    if (m->count == m->capacity) {
        m->refused++;
        rc = -ENOSPC;
    } else {
        m->posted[m->count++] = item;
        rc = (int)m->count;
        /* Under the lock on purpose: whoever takes the last item may free the mailbox at once, so
         * the poster must be done with the descriptor by then. It cannot block: the counter would
         * have to reach 2^64 - 1. */
        if (wake && !m->awake)
            eventfd_write(m->fd, 1);
        m->awake |= wake;
    }
    pthread_mutex_unlock(&m->lock);
    return rc;
}

int mailbox_post(struct mailbox *m, void *item)
{
    int rc = put(m, item, true);
    return rc < 0 ? rc : 0;
}

int mailbox_put(struct mailbox *m, void *item)
{
    return put(m, item, false);
}

void mailbox_wake(struct mailbox *m)
{
    mailbox_check(m);
    pthread_mutex_lock(&m->lock);
    if (!m->awake)
        eventfd_write(m->fd, 1);
    m->awake = true;
    pthread_mutex_unlock(&m->lock);
}

size_t mailbox_drain(struct mailbox *m, void (*take)(void *ctx, void *item), void *ctx)
{
    mailbox_check(m);
    assert(!m->draining);
    /* Cleared before the items are taken: a post in between costs a wake-up for nothing; the other
     * way round it would lose one. */
    eventfd_t ignored;
    eventfd_read(m->fd, &ignored);

    pthread_mutex_lock(&m->lock);
    void **items = m->posted;
    size_t count = m->count;
    m->posted = m->taken;
    m->count = 0;
    m->awake = false;
    pthread_mutex_unlock(&m->lock);

    m->taken = items;
    m->draining = true;
    for (size_t i = 0; i < count; i++)
        take(ctx, items[i]);
    m->draining = false;
    return count;
}

bool mailbox_has_called(struct mailbox *m)
{
    mailbox_check(m);
    pthread_mutex_lock(&m->lock);
    bool any = m->awake && m->count > 0;
    pthread_mutex_unlock(&m->lock);
    return any;
}

uint64_t mailbox_refused(const struct mailbox *m)
{
    mailbox_check(m);
    return m->refused;
}
