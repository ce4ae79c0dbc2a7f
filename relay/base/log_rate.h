/* How often one kind of line may be written: the memory behind log.h's limit. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing but its fixed table. Thread: any; one short lock, no call under it.
 * Life:   zero-initialised (LOG_RATE_INIT). Fails: never; the longest silent kind gives way.
 */
#ifndef RELAY_BASE_LOG_RATE_H
#define RELAY_BASE_LOG_RATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    LOG_RATE_LINES = 10, /* of one kind within any LOG_RATE_US */
    LOG_RATE_US = 1000000,
    LOG_RATE_SLOTS = 2048, /* kinds remembered at once */
    LOG_RATE_PROBES = 8,   /* slots in which a kind may stand */
};

struct log_rate_slot {
    uint64_t kind;                      /* 0: free */
    int64_t written_us[LOG_RATE_LINES]; /* a ring; `next` is the oldest */
    int64_t seen_us;
    uint32_t next;
    uint32_t suppressed;
};

struct log_rate {
    pthread_mutex_t lock;
    struct log_rate_slot slot[LOG_RATE_SLOTS];
};

#define LOG_RATE_INIT                                                                              \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* Names a kind of line: its context and its event word, which ends at a space or NUL. */
uint64_t log_rate_kind(const char *ctx, const char *fmt);
/* May a line of this kind be written now? Then *suppressed is how many were not, since the last
 * one that was. now_us is positive and of a clock that never steps. */
bool log_rate_allow(struct log_rate *r, uint64_t kind, int64_t now_us, uint32_t *suppressed);

#endif
