/* One end of the seqpacket socket between a worker and the front. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing but what is said below; sockets are plain descriptors.
 * Thread: one per end. Fails: -errno.
 */
#ifndef RELAY_LINK_LINK_H
#define RELAY_LINK_LINK_H

#include "relay/link/message.h"

#include <stddef.h>

/* Differs between two programs that lay messages out differently. What changes a message's meaning
 * alone must raise LINK_MEANING in link.c. */
uint64_t link_version(void);
/* Two connected ends, non-blocking, close-on-exec, with room for a burst of messages. */
__attribute__((warn_unused_result)) int link_pair(int ends[2]);
/* Sends m (only as many bytes as its type has) and a copy of descriptor fd (-1: none); fd stays
 * yours. 0; -EAGAIN when the other end is behind; -EPIPE when it is gone. */
__attribute__((warn_unused_result)) int link_send(int end, const struct link_message *m, int fd);
/* The next message, *fd its descriptor or -1. 1; 0 at the end; -EAGAIN; -EPROTO for bytes that are
 * no message. */
__attribute__((warn_unused_result)) int link_receive(int end, struct link_message *m, int *fd);

/* An end whose sends may wait: messages queue up to a bound while the other end is behind. */
struct link_outbox;
__attribute__((warn_unused_result)) int link_outbox_new(struct link_outbox **out, int end);
void link_outbox_free(struct link_outbox **o);
/* Takes fd always. 0, also when queued; -ENOBUFS when the bound is reached; -EPIPE. */
__attribute__((warn_unused_result)) int link_outbox_send(struct link_outbox *o,
                                                         const struct link_message *m, int fd);
/* Sends what is queued, as far as it goes. 0 or -EPIPE. */
__attribute__((warn_unused_result)) int link_outbox_flush(struct link_outbox *o);
size_t link_outbox_queued(const struct link_outbox *o);

#endif
