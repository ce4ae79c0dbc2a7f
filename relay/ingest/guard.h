/* A packet filter in the kernel, before libsrt: only what a publisher has business sending. */
/* SPDX-License-Identifier: MIT */
/*
 * libsrt 1.5.1 trusts several control packets it should not: a DROPREQ over an impossible range
 * loops for ever in the receive thread, a tiny MSS writes past a heap buffer, a huge flow window
 * allocates gigabytes. This socket only ever receives media, so they need not come in at all.
 */
#ifndef RELAY_INGEST_GUARD_H
#define RELAY_INGEST_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_HANDSHAKE_MIN = 64,
    GUARD_MSS_MIN = 576,
    GUARD_WINDOW_MAX = 262144,
    GUARD_EXTENSION_MAX = 128
};

/* Attaches the filter to a UDP socket; before it is bound nothing can slip through. 0 or -errno. */
__attribute__((warn_unused_result)) int guard_attach(int udp_fd);
/* The same decision in C, for tests: does this SRT packet (the UDP payload) pass? */
bool guard_passes(const uint8_t *packet, size_t len);

#endif
