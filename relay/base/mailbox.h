/* A bounded queue of pointers into one thread, with an eventfd to wake it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the queued pointers until they are taken; `drop` is called on what is left at free.
 * Thread: mailbox_post, _put and _wake from any; mailbox_drain from the owner only.
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
/* The same, but wakes nobody; how many are queued then. For an owner who will look by itself, or
 * who is woken once for many. */
__attribute__((warn_unused_result)) int mailbox_put(struct mailbox *m, void *item);
/* Wakes the owner. */
void mailbox_wake(struct mailbox *m);
/* Calls take() on each queued item in order, outside the lock; clears the eventfd. Returns how
 * many. */
size_t mailbox_drain(struct mailbox *m, void (*take)(void *ctx, void *item), void *ctx);
/* Was the owner woken for something that it has not taken? Any thread. */
bool mailbox_has_called(struct mailbox *m);
/* Posts refused since start because the queue was full. */
uint64_t mailbox_refused(const struct mailbox *m);

#endif
