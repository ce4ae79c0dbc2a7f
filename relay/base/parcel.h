/* A kind, some bytes and at most one descriptor, from one process to the one that follows it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the ends are connected seqpacket sockets of the caller's. Thread: any; several
 *         may send on one end. Life: a call. Fails: -errno.
 *
 * Unlike link messages these may be long, and both sides wait for each other: an upgrade is rare.
 */
#ifndef RELAY_BASE_PARCEL_H
#define RELAY_BASE_PARCEL_H

#include <stddef.h>
#include <stdint.h>

enum { PARCEL_BYTES = 96 << 10 };

struct parcel {
    uint32_t kind, len;
    int fd; /* -1: none; whoever takes the parcel closes it */
    _Alignas(16) uint8_t bytes[PARCEL_BYTES];
};

/* fd stays the caller's. Waits while the other end is behind, patience_ms at most: -ETIMEDOUT. */
__attribute__((warn_unused_result)) int parcel_send(int end, uint32_t kind, const void *bytes,
                                                    size_t len, int fd, int patience_ms);
/* 1; 0: the other end is gone; -EAGAIN: nothing came in patience_ms; -EPROTO. */
__attribute__((warn_unused_result)) int parcel_receive(int end, struct parcel *p, int patience_ms);

#endif
