/* TLS on one viewer's socket: the handshake, reading, sending what is outgoing, the end. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   OpenSSL's connection and a reference on its context; the socket is the caller's.
 * Thread: one. Life: tls_new .. tls_free; nothing else after an error.
 * Fails:  -EAGAIN the socket has to be waited for; -EBUSY it is others' turn, and nothing will
 *         announce that there is more; any other -errno: the connection is over.
 *
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446). What is sent leaves in records of 16 KiB, made from the
 * mapping that all viewers of a segment share, or from a buffer of the thread's; a record that the
 * socket did not take whole stays in OpenSSL's buffer, which an idle connection does not have.
 */
#ifndef RELAY_WEB_TLS_H
#define RELAY_WEB_TLS_H

#include "relay/web/outgoing.h"
#include "relay/web/tls_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TLS_RECORD_BYTES = 16384 /* RFC 8446 section 5.1 */, TLS_FIRST_BYTE = 22 };

struct tls;

/* fd stays the caller's. */
__attribute__((warn_unused_result)) int tls_new(struct tls **out, struct tls_context *context,
                                                int fd);
/* orderly: says goodbye (close_notify) if it can be said at once. */
void tls_free(struct tls **t, bool orderly);
/* 0: it is done. */
__attribute__((warn_unused_result)) int tls_handshake(struct tls *t);
/* Has it taken up an earlier session? */
bool tls_is_resumed(const struct tls *t);
/* Has it agreed on HTTP/2? */
bool tls_speaks_h2(const struct tls *t);
/* Bytes, at least one; 0: the viewer has said goodbye. */
__attribute__((warn_unused_result)) ssize_t tls_read(struct tls *t, void *buf, size_t size);
/* All of a few bytes, or an error. */
__attribute__((warn_unused_result)) int tls_say(struct tls *t, const void *bytes, size_t len);
/* As outgoing_push. record: TLS_RECORD_BYTES of the thread's. */
__attribute__((warn_unused_result)) int tls_push(struct tls *t, struct outgoing *o, void *record,
                                                 size_t *budget);
/* Nothing more will be said: close_notify, as far as the socket takes it. */
void tls_end(struct tls *t);

#endif
