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

    pthread_mutex_t lock; /* guards posted and count */
    void **posted;
    size_t count;
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

int mailbox_post(struct mailbox *m, void *item)
{
    mailbox_check(m);
    int rc = 0;
    pthread_mutex_lock(&m->lock);
    if (m->count == m->capacity) {
        m->refused++;
        rc = -ENOSPC;
    } else {
        m->posted[m->count++] = item;
        /* Under the lock on purpose: whoever takes the last item may free the mailbox at once, so
         * the poster must be done with the descriptor by then. It cannot block: the counter would
         * have to reach 2^64 - 1. */
        if (m->count == 1)
            eventfd_write(m->fd, 1);
    }
    pthread_mutex_unlock(&m->lock);
    return rc;
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
    pthread_mutex_unlock(&m->lock);

    m->taken = items;
    m->draining = true;
    for (size_t i = 0; i < count; i++)
        take(ctx, items[i]);
    m->draining = false;
    return count;
}

bool mailbox_has_items(struct mailbox *m)
{
    mailbox_check(m);
    pthread_mutex_lock(&m->lock);
    bool any = m->count > 0;
    pthread_mutex_unlock(&m->lock);
    return any;
}

uint64_t mailbox_refused(const struct mailbox *m)
{
    mailbox_check(m);
    return m->refused;
}
