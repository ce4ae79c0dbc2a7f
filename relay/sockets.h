/* The sockets the relay listens on, opened once by the supervisor and kept over every restart. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the descriptors are the caller's. Thread: the supervisor's.
 * Fails:  -errno after one sentence in the log.
 */
#ifndef RELAY_SOCKETS_H
#define RELAY_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/* count UDP sockets with SO_REUSEPORT and the guard filter on one port. *port is what was bound
 * (for ":0"). */
__attribute__((warn_unused_result)) int sockets_open_srt(const char *address, size_t count,
                                                         int *fds, uint16_t *port);
/* count listening, non-blocking TCP sockets with SO_REUSEPORT on one port. */
__attribute__((warn_unused_result)) int sockets_open_http(const char *address, size_t count,
                                                          int *fds, uint16_t *port);
__attribute__((warn_unused_result)) int sockets_open_https(const char *address, size_t count,
                                                           int *fds, uint16_t *port);

#endif
