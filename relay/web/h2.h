/* HTTP/2 on one connection: bytes in, requests to the handler, frames out, by urgency. */
/* SPDX-License-Identifier: MIT */
/*
 * RFC 9113, with nghttp2; priorities of RFC 9218.
 * Owns:   nghttp2's session and the streams; the socket and its turns are the connection's.
 * Thread: its loop's. Life: h2_new with the connection's first bytes .. h2_free.
 * Fails:  h2_receive, h2_gather: -errno, after which what h2_gather still has may be sent and the
 *         connection ends.
 */
#ifndef RELAY_WEB_H2_H
#define RELAY_WEB_H2_H

#include "relay/web/holder.h"
#include "relay/web/outgoing.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct h2;

/* RFC 9113 section 3.4: what a connection begins with. */
#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* Where h2_receive's bytes may be read to; bytes of it. NULL: out of memory. */
void *h2_room(struct http_loop *l, size_t *bytes);
/* conn: the connection's holder, which is queued when a stream has something to send. */
__attribute__((warn_unused_result)) int h2_new(struct h2 **out, struct holder *conn,
                                               const struct in6_addr *peer);
void h2_free(struct h2 **h);
__attribute__((warn_unused_result)) int h2_receive(struct h2 *h, const void *bytes, size_t len);
/* The next frames; o is empty when there are none for now. Until outgoing_keep they are in memory
 * that all of the thread's connections use: without it, outgoing_fini before the next one's turn.
 * in_memory: what is mapped is sent from there, many frames at once (pieces.h). */
__attribute__((warn_unused_result)) int h2_gather(struct h2 *h, bool in_memory, struct outgoing *o);
/* Neither side has anything more to say. */
bool h2_is_over(const struct h2 *h);
/* Says goodbye in order (RFC 9113 section 6.8): no new streams, those under way go on, but nobody
 * listens any longer. */
void h2_leave(struct h2 *h);
/* Nothing that comes from now on is taken; what came goes on to its end. */
void h2_finish(struct h2 *h);
/* Ends after the next frames. */
void h2_end(struct h2 *h);
/* The loop drains: h2_leave, and those who wait are answered. */
void h2_drain(struct h2 *h);
/* Streams under way, and has it ever had any? */
uint32_t h2_stream_count(const struct h2 *h);
bool h2_is_used(const struct h2 *h);
/* Has it said goodbye? For the last time? */
bool h2_is_leaving(const struct h2 *h);
bool h2_is_ending(const struct h2 *h);
/* Until then the viewer may answer to the goodbye; after it h2_finish. */
int64_t h2_leave_deadline(const struct h2 *h);
/* The holder of that held request, or NULL. */
struct holder *h2_find_held(const struct h2 *h, uint64_t generation);
/* For the loop, whose rings and wheel have streams among the connections. */
void h2_stream_run(struct holder *stream);
void h2_stream_expire(struct holder *stream);
void h2_stream_answer(struct holder *stream, int status, const struct body *body);
/* It listens from here on. */
void h2_stream_listen(struct holder *stream, const struct body *first);
/* It has news to send; added false: it is too far behind, and ends. */
void h2_stream_tell(struct holder *stream, bool added);
void h2_stream_end_news(struct holder *stream); /* what it has not taken is forgotten */

#endif
