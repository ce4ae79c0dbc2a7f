/* The sockets the relay listens on, opened once by the supervisor and kept over every restart. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the descriptors are the caller's. Thread: the supervisor's.
 * Fails:  -errno after one sentence in the log.
 */
#ifndef RELAY_SOCKETS_H
#define RELAY_SOCKETS_H

#include "relay/activation.h"

#include <stddef.h>
#include <stdint.h>

/* passed: what somebody else has opened for that address (activation.h), now in fds, or none.
 *
 * *count UDP sockets with SO_REUSEPORT and the guard filter on one port. Where passed ones cannot
 * be joined by others, because those who opened them are another user or did not say ReusePort=,
 * *count is how many were passed: two workers cannot read from one socket. *port is what was bound
 * (for ":0"). */
__attribute__((warn_unused_result)) int sockets_open_srt(const char *address,
                                                         const struct activation_group *passed,
                                                         size_t *count, int *fds, uint16_t *port);
/* count listening, non-blocking TCP sockets on one port, with SO_REUSEPORT or sharing the passed
 * ones, of which there are no more than count. */
__attribute__((warn_unused_result)) int sockets_open_http(const char *address,
                                                          const struct activation_group *passed,
                                                          size_t count, int *fds, uint16_t *port);
__attribute__((warn_unused_result)) int sockets_open_https(const char *address,
                                                           const struct activation_group *passed,
                                                           size_t count, int *fds, uint16_t *port);

#endif
