/* The HTTP front: share-nothing threads, each with its own event base and listener. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its threads, connections, and one reference per thread on each room's newest view.
 * Thread: every function here may be called from any thread, except as said.
 * Life:   server_new -> server_start -> server_stop -> server_free.
 * Fails:  -errno; server_new reports address trouble in one sentence through the log.
 */
#ifndef RELAY_WEB_SERVER_H
#define RELAY_WEB_SERVER_H

#include "config/config.h"
#include "relay/room/view.h"
#include "relay/web/access.h"
#include "relay/web/request.h"
#include "relay/web/tls_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

/* Called on the HTTP thread that owns the request; must end in exactly one reply_* or a
 * request_hold. ctx is the route's. */
typedef void request_handler(void *ctx, struct request *r);

struct route {
    const char *path; /* "/metrics", or a prefix that ends in "/": "/api/v1/"; "/" is exact */
    request_handler *handle;
    void *ctx;
    unsigned methods; /* mask of 1u << enum http_method; GET brings HEAD, all bring OPTIONS */
};

struct server_stats {
    uint64_t connections, connections_open, refused_full;
    uint64_t requests, bytes_out; /* all body and head bytes written */
    uint64_t by_code[600];        /* replies by status */
    uint64_t timeouts_head, timeouts_idle, timeouts_send, bad_requests;
    /* TLS: finished; of these with a ticket; broken off by either side; over the limit. */
    uint64_t tls_handshakes, tls_resumed, tls_failed, tls_refused;
    uint64_t h2_connections, h2_streams, h2_resets, h2_floods, h2_refused;
    uint64_t tls_until_s;              /* when the certificate ends, since 1970; 0: no HTTPS */
    uint64_t holding;                  /* requests parked now */
    uint64_t listeners, listeners_cut; /* now; ever, because they were too slow */
    /* Requests for what is yet to come: waited and got it, asked for the impossible, in vain. */
    uint64_t blocked_answered, blocked_refused, blocked_timeouts;
    uint64_t access_refused[ACCESS_VERDICTS]; /* links that were no good, by why */
    uint64_t late_posts;                      /* news that met a full mailbox */
};

/* listen_fds: one bound, listening, non-blocking socket per thread (SO_REUSEPORT), inherited from
 * the supervisor; the server owns them from here on, also on error. Routes are tried in order
 * before the built-in ones ("/live/"); their array stays the caller's and must outlive the server.
 */
__attribute__((warn_unused_result)) int server_new(struct server **out, const struct config *c,
                                                   const int *listen_fds, size_t threads,
                                                   const struct route *routes, size_t n);
__attribute__((warn_unused_result)) int server_start(struct server *s);
/* Stops accepting, lets responses end until the deadline, then closes everything and joins. */
void server_stop(struct server *s, int64_t deadline_mono_us);
/* Before the start: HTTPS too, on one more socket per thread, which the server owns from here on,
 * also on error. What tls is, new handshakes use until server_set_tls. -errno. */
__attribute__((warn_unused_result)) int server_secure(struct server *s, const int *listen_fds,
                                                      struct tls_context *tls);
/* After server_secure: a new certificate or new ticket keys. Takes its own references. */
void server_set_tls(struct server *s, struct tls_context *tls);
/* Before the start: viewers come from the process at fd too, which stays the caller's. -errno. */
__attribute__((warn_unused_result)) int server_expect(struct server *s, int fd);
/* Stops accepting and gives every viewer to the process at heir (which stays the caller's), those
 * with a reply under way after it, until the deadline. Returns at once: server_stop waits. */
void server_hand_on(struct server *s, int heir, int64_t deadline_mono_us);
void server_free(struct server **s);

/* A room's new view for every thread; takes its own references. A thread whose mailbox is full
 * gets the newest as soon as it has emptied it (counted). A thread shows it before it handles its
 * next request; server_ring brings it to the requests that wait. */
void server_show(struct server *s, const struct room_view *v);
/* Wakes the threads on which a request waits for the views shown so far; anyway: all of them, which
 * is due about once a second, so that nobody keeps old views for ever. */
void server_ring(struct server *s, bool anyway);
/* The room is gone: 404 from now on. */
void server_hide(struct server *s, const char *room);
/* Text at an exact path ("/live/rooms.json"), answered by every thread; NULL takes it away. */
void server_publish(struct server *s, const char *path, const struct body *b);
/* A reload: who may watch is what c says from now on; hush: who listens has to ask again. The rest
 * stays. -ENOMEM: all stays. */
__attribute__((warn_unused_result)) int server_set_access(struct server *s, const struct config *c,
                                                          bool hush);
/* Who listens has to ask again: something that they were to hear is lost. */
void server_hush(struct server *s);
/* Answers a held request; unknown or stale tokens are ignored. Takes its own reference on body. */
void server_answer(struct server *s, struct request_token t, int status, const struct body *b);
/* Answers a held request with a reply that has no end: first, then all that server_tell brings to
 * first->audience. */
void server_listen(struct server *s, struct request_token t, const struct body *first);
/* To who listens as news->audience. -ENOMEM: nobody was told. */
__attribute__((warn_unused_result)) int server_tell(struct server *s, const struct body *news);
/* How many listen now, of all audiences with that place. */
uint64_t server_listeners(const struct server *s, uint32_t place);
/* Does somebody wait for that thread? *rounds moves as long as it lives. Neither wakes it. */
bool server_thread_owes(const struct server *s, size_t thread, uint64_t *rounds);
const char *server_thread_doing(const struct server *s, size_t thread);
void server_stats(const struct server *s, struct server_stats *out);

#endif
