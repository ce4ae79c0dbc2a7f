/* SRT packets back into sequence: senders that do not mark order are delivered out of it on loss.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   copies of packets that came too early, `window` of them at most (then the oldest hole is
 *         given up and counted).
 * Thread: the worker's loop. Life: reorder_new/reorder_free.
 */
#ifndef RELAY_INGEST_REORDER_H
#define RELAY_INGEST_REORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reorder;

struct reorder_out {
    void *ctx;
    void (*packet)(void *ctx, const uint8_t *bytes, size_t len);
    void (*hole)(void *ctx); /* what follows does not adjoin what came before */
};

/* first: the sequence number the peer starts with. holes_stay: every missing packet will still come
 * (TSBPD off); otherwise a jump forward is a loss. */
__attribute__((warn_unused_result)) int reorder_new(struct reorder **out, int32_t first,
                                                    uint32_t window, bool holes_stay,
                                                    const struct reorder_out *cb);
void reorder_free(struct reorder **r);
/* A packet with its 31-bit sequence number. */
void reorder_take(struct reorder *r, int32_t sequence, const uint8_t *bytes, size_t len);
bool reorder_is_waiting(const struct reorder *r);
/* Packets never seen. */
uint64_t reorder_missing(const struct reorder *r);

#endif
