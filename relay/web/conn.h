/* A viewer's connection: reads requests, has them handled one by one, sends the replies. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its socket, its place in the gate's count, what it borrowed from the loop.
 * Thread: its loop's. Life: conn_open; it closes itself, or conn_close. Phases: conn_state.h.
 * Fails:  conn_open: -errno. Everything later ends the connection, never the process.
 */
#ifndef RELAY_WEB_CONN_H
#define RELAY_WEB_CONN_H

#include "relay/room/body.h"
#include "relay/web/http_loop.h"
#include "relay/web/request.h"

#include <netinet/in.h>
#include <stdint.h>

struct conn;

/* Takes fd (connected, non-blocking), also on error. Asks the gate; a refused viewer gets its
 * 503 or 429 and is counted. */
int conn_open(struct http_loop *l, int fd, const struct in6_addr *peer);
/* The same for one who came to the HTTPS port, before the handshake; a refused one is closed. */
int conn_open_secure(struct http_loop *l, int fd, const struct in6_addr *peer);
/* The same as conn_open for a viewer that another process had; bytes: what it had read of the next
 * request. */
int conn_adopt(struct http_loop *l, int fd, const struct in6_addr *peer, const void *bytes,
               size_t len);
void conn_close(struct conn **c);
/* Goes on with those that yielded or were woken, for a while; call it once after each poll, and do
 * not block in the next one while loop->ready has more. */
void conn_run_ready(struct http_loop *l);
/* Has every request among the waiters handled once more when its turn comes. Sends nothing itself,
 * so it may be called from anywhere on the loop's thread, a handler's call included. */
void conn_wake(struct http_loop *l, struct ring *waiters);
/* For deadline_run; ctx is the loop. */
void conn_expire(void *loop, struct deadline *d);
/* Answers the held request that token names, if it is still there; the connection goes on later. */
void conn_answer(struct http_loop *l, const struct request_token *token, int status,
                 const struct body *body);
/* All that listen are closed: they come again, and are judged again. */
void conn_hush(struct http_loop *l);
/* Its reply has no end: first, and then what conn_tell brings. NULL for first is never given. One
 * of more than SUBSCRIBERS_MAX is answered with 503. */
void conn_listen(struct http_loop *l, const struct request_token *token, const struct body *first);
/* News for all who listen; who is too far behind to take it is cut. Sends nothing itself. */
void conn_tell(struct http_loop *l, const struct body *news);
/* From now on: idle ones close, held ones get 503, every reply is its connection's last. With a
 * loop->heir they go to that process, whoever has a reply under way after it; but not over TLS. */
void conn_drain_all(struct http_loop *l);
void conn_close_all(struct http_loop *l);

#endif
