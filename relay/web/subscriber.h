/* Who listens: a reply without an end, which news are added to as they come. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the news of each listener that are not sent yet. Thread: its loop's.
 * Life:   from a held request's release (holder_listen) to the end of its connection or stream.
 * Fails:  whoever is too far behind takes no more, and its carrier cuts it: its page comes again
 *         and begins with what is then.
 */
#ifndef RELAY_WEB_SUBSCRIBER_H
#define RELAY_WEB_SUBSCRIBER_H

#include "relay/room/body.h"
#include "relay/web/holder.h"
#include "relay/web/outgoing.h"

#include <stdbool.h>

enum { SUBSCRIBERS_MAX = 32, SUBSCRIBERS_ALL = 512 }; /* on one thread: of an audience, in all */

/* h->subscriber is made, of that audience (body.h). False: enough listen already, or there is no
 * memory. */
__attribute__((warn_unused_result)) bool subscriber_begin(struct holder *h, uint32_t audience);
/* It listens no longer, if it did; what it has not taken is forgotten. */
void subscriber_end(struct holder *h);
/* Its next news become what is outgoing, which is empty. False: there are none. */
bool subscriber_take(struct holder *h, struct outgoing *out);
/* For all of news->audience; told: whose turn it is to send, or, if it could not be added, to be
 * cut. */
void subscriber_tell(struct http_loop *l, const struct body *news,
                     void (*told)(struct holder *h, bool added));
void subscriber_each(struct http_loop *l, void (*visit)(struct holder *h));

#endif
