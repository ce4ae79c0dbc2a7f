/* One HTTP thread: a listener, a postbox, a loop, and everything connected to it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its listening sockets, its connections, one reference on everything it shows.
 * Thread: http_thread_post, _leave, _ring, _stop and _tally from any; the rest from the server's.
 * Life:   new -> start -> stop -> join -> free; free alone when it never started.
 * Fails:  -errno.
 */
#ifndef RELAY_WEB_HTTP_THREAD_H
#define RELAY_WEB_HTTP_THREAD_H

#include "config/config.h"
#include "relay/base/siphash.h"
#include "relay/web/access.h"
#include "relay/web/gate.h"
#include "relay/web/postbox.h"
#include "relay/web/server.h"
#include "relay/web/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_thread;

/* Takes listen_fd, also on error. config, gate and routes stay the caller's and outlive it. */
__attribute__((warn_unused_result)) int
http_thread_new(struct http_thread **out, const struct config *config, struct gate *gate,
                uint32_t index, int listen_fd, const struct route *routes, size_t n);
/* Another door, for HTTPS; before the start. Takes listen_fd, also on error; handshakes counts
 * those under way. A later POST_TLS brings another context. */
__attribute__((warn_unused_result)) int http_thread_secure(struct http_thread *t, int listen_fd,
                                                           struct tls_context *tls,
                                                           struct gate *handshakes);
__attribute__((warn_unused_result)) int http_thread_start(struct http_thread *t);
/* Asks it to drain until the deadline and to end. */
void http_thread_stop(struct http_thread *t, int64_t deadline_mono_us);
/* The same, and its viewers go to the process at heir, which stays the caller's, each as soon as it
 * has the reply that is under way. */
void http_thread_hand_on(struct http_thread *t, int heir, int64_t deadline_mono_us);
/* Viewers come from the process at that socket too; before the start. Takes fd. -ENOMEM. */
__attribute__((warn_unused_result)) int http_thread_expect(struct http_thread *t, int fd);
void http_thread_join(struct http_thread *t);
void http_thread_free(struct http_thread **t);

/* Who may watch from now on; before the start, or by the thread itself. Takes its own reference. */
void http_thread_set_access(struct http_thread *t, const struct access *a);
/* Viewers are told apart by that key, which is all threads'; before the start. It stays the
 * caller's. */
void http_thread_set_viewer_key(struct http_thread *t, const struct siphash_key *key);
/* Takes p. */
void http_thread_post(struct http_thread *t, struct post *p);
/* Takes p; it is shown when the thread next handles a request, or is rung for. */
void http_thread_leave(struct http_thread *t, struct post *p);
/* Wakes the thread for what was left, if a request waits there, or anyway. */
void http_thread_ring(struct http_thread *t, bool anyway);
const struct tally *http_thread_tally(const struct http_thread *t);
uint64_t http_thread_late_posts(const struct http_thread *t);
/* Has it deadlines to watch, or news that it has not taken? Then *rounds must move. */
bool http_thread_owes(const struct http_thread *t, uint64_t *rounds);
/* What it began last, for a post mortem. */
const char *http_thread_doing(const struct http_thread *t);

#endif
