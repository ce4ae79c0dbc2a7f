/* Connections that listen: a reply without an end, which news are added to as they come. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the news of each listener that are not sent yet. Thread: the loop's.
 * Life:   from a held request's release to its connection's end; conn_listen and conn_tell
 *         stand in conn.h. Fails: whoever is too far behind is cut.
 */
#ifndef RELAY_WEB_CONN_STREAM_H
#define RELAY_WEB_CONN_STREAM_H

#include "relay/web/conn_state.h"

/* The connection whose held request token names, or NULL. */
struct conn *conn_held(const struct http_loop *l, const struct request_token *token);
/* It has its turn when the present callback is over. */
void conn_queue(struct conn *c);
/* The held request's end: a reply that begins with body and has no end; NULL: too many listen. */
void conn_release_stream(struct conn *c, const struct body *body);
/* Its next news become what is outgoing. False: there are none. */
bool conn_stream_take(struct conn *c);
/* It listens no longer, if it did. */
void conn_stream_end(struct conn *c);

#endif
