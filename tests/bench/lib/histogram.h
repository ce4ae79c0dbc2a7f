/* Latencies counted in buckets of 3 %, from 1 us to an hour. */
/* SPDX-License-Identifier: MIT */
/* Owns: itself, zero-initialised. Thread: one. Fails: never. */
#ifndef TESTS_BENCH_LIB_HISTOGRAM_H
#define TESTS_BENCH_LIB_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 32 * 32 };

struct histogram {
    uint64_t count;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, int64_t value_us);
/* The lower bound of the bucket in which that share of the values is reached; 0 when empty. */
int64_t histogram_quantile(const struct histogram *h, double share);

#endif
