/* Latencies counted in buckets of 3 %: 5 bits of mantissa under each power of two. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/histogram.h"

static unsigned bucket_of(uint64_t v)
{
    unsigned shift = v < 64 ? 0 : 58u - (unsigned)__builtin_clzll(v);
    unsigned i = shift * 32 + (unsigned)(v >> shift);

    return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

static uint64_t bucket_floor(unsigned i)
{
    return i < 64 ? i : (uint64_t)(i % 32 + 32) << (i / 32 - 1);
}

void histogram_add(struct histogram *h, int64_t value_us)
{
    h->bucket[bucket_of(value_us > 0 ? (uint64_t)value_us : 0)]++;
    h->count++;
}

int64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)h->count);

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen > wanted)
            return (int64_t)bucket_floor(i);
    }
    return 0;
}
