/* A bounded queue of pointers into one thread, with an eventfd to wake it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the queued pointers until they are taken; `drop` is called on what is left at free.
 * Thread: mailbox_post from any; mailbox_drain from the owner only.
 * Life:   mailbox_new/mailbox_free. Fails: -ENOMEM, -EMFILE; post: -ENOSPC when full.
 */
#ifndef RELAY_BASE_MAILBOX_H
#define RELAY_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;

int mailbox_new(struct mailbox **m, size_t capacity, void (*drop)(void *item));
void mailbox_free(struct mailbox **m);
/* Readable when something was posted; give it to the owner's event loop. */
int mailbox_fd(const struct mailbox *m);
/* Takes item; on error item stays yours. Wakes the owner only when the queue was empty. */
__attribute__((warn_unused_result)) int mailbox_post(struct mailbox *m, void *item);
/* Calls take() on each queued item in order, outside the lock; clears the eventfd. Returns how
 * many. */
size_t mailbox_drain(struct mailbox *m, void (*take)(void *ctx, void *item), void *ctx);
/* Is anything waiting? Any thread. */
bool mailbox_has_items(struct mailbox *m);
/* Posts refused since start because the queue was full. */
uint64_t mailbox_refused(const struct mailbox *m);

#endif
