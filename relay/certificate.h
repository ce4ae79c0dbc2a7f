/* The certificate and key of HTTPS: read and judged by who may read files, then one descriptor. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a memfd with both texts, in memory of the machine's alone; workers give it up at birth.
 * Thread: the supervisor's only one, and the front's control thread on its own copy.
 * Life:   certificate_begin, config_load (which calls certificate_inspect), certificate_commit;
 *         children inherit, and so does the next program.
 * Fails:  certificate_inspect says why; the pair in force then stays.
 */
#ifndef RELAY_CERTIFICATE_H
#define RELAY_CERTIFICATE_H

#include "relay/web/tls_context.h"

#include <stdbool.h>
#include <stddef.h>

/* A new configuration is about to be read ... */
void certificate_begin(void);
/* ... config/inspect.h's; ... */
int certificate_inspect(void *ctx, const char *certificate, const char *key, bool *in_key,
                        char *why, size_t size);
/* ... and it is the one in force; the log says until when. */
void certificate_commit(void);
/* The pair in force, which stays ours; -1: none. */
int certificate_fd(void);
/* One that the program before left, if this one has none yet; takes fd. */
void certificate_adopt(int fd);
/* In a child that has no business with it. */
void certificate_forget(void);
/* Tells the front. 0, also when there is none, or -errno of the link. */
__attribute__((warn_unused_result)) int certificate_send(int link);
/* What new handshakes use, from a pair's descriptor. -EINVAL, -errno. */
__attribute__((warn_unused_result)) int certificate_context(struct tls_context **out, int fd,
                                                            const struct tls_tickets *tickets);

#endif
