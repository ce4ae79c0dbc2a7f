/* Who may still connect: connections counted in all and per address, over all HTTP threads. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/gate.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ROWS = 4, COLUMNS = 8192 };
enum { MISS_SPAN_US = 10000000, MISSES_MAX = 100, MISS_BITS = 16 };

struct gate {
    uint32_t max, max_per_address;
    uint64_t key; /* so that nobody can aim at another's slots */
    _Atomic uint32_t count;
    _Atomic uint32_t slots[ROWS][COLUMNS];
    _Atomic uint64_t misses[ROWS][COLUMNS]; /* the span, and its count in the low bits */
};

int gate_new(struct gate **out, uint32_t max, uint32_t max_per_address)
{
    struct gate *g = calloc(1, sizeof *g);
    *out = g;
    if (!g)
        return -ENOMEM;
    g->max = max;
    g->max_per_address = max_per_address;
    /* Early at boot there may be no entropy yet; a guessable key is then all there is. */
    if (getrandom(&g->key, sizeof g->key, GRND_NONBLOCK) != (ssize_t)sizeof g->key)
        g->key = (uint64_t)(uintptr_t)g;
    return 0;
}

void gate_free(struct gate **g)
{
    free(*g);
    *g = NULL;
}

/* A bijective mixer: every bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return x;
}

/* One column per row, 13 bits of the hash each. */
static void pick_columns(struct gate *g, const struct in6_addr *peer, uint32_t columns[ROWS])
{
    uint64_t half[2];
    memcpy(half, peer->s6_addr, sizeof half);
    /* One household or host commonly owns a whole /64. */
    if (!IN6_IS_ADDR_V4MAPPED(peer) && !IN6_IS_ADDR_LOOPBACK(peer))
        half[1] = 0;
    uint64_t h = mix(mix(half[0] ^ g->key) ^ half[1] ^ (g->key >> 17));
    for (int row = 0; row < ROWS; row++)
        columns[row] = (uint32_t)(h >> (16 * row)) % COLUMNS;
}

static void pick(struct gate *g, const struct in6_addr *peer, _Atomic uint32_t *slots[ROWS])
{
    uint32_t columns[ROWS];
    pick_columns(g, peer, columns);
    for (int row = 0; row < ROWS; row++)
        slots[row] = &g->slots[row][columns[row]];
}

int gate_enter(struct gate *g, const struct in6_addr *peer)
{
    _Atomic uint32_t *slots[ROWS];
    pick(g, peer, slots);
    uint32_t least = UINT32_MAX;
    for (int row = 0; row < ROWS; row++) {
        uint32_t n = atomic_fetch_add_explicit(slots[row], 1, memory_order_relaxed) + 1;
        least = n < least ? n : least;
    }
    uint32_t all = atomic_fetch_add_explicit(&g->count, 1, memory_order_relaxed) + 1;
    int status = 0;
    if (all > g->max)
        status = 503;
    else if (g->max_per_address && least > g->max_per_address)
        status = 429;
    if (status)
        gate_leave(g, peer);
    return status;
}

void gate_leave(struct gate *g, const struct in6_addr *peer)
{
    _Atomic uint32_t *slots[ROWS];
    pick(g, peer, slots);
    for (int row = 0; row < ROWS; row++)
        atomic_fetch_sub_explicit(slots[row], 1, memory_order_relaxed);
    uint32_t before = atomic_fetch_sub_explicit(&g->count, 1, memory_order_relaxed);
    assert(before > 0);
    (void)before;
}

/* Two threads at once may count one for two: nothing is lost by it. */
bool gate_miss(struct gate *g, const struct in6_addr *peer, int64_t now_us)
{
    uint32_t columns[ROWS];
    uint64_t span = (uint64_t)now_us / MISS_SPAN_US, least = UINT64_MAX;
    pick_columns(g, peer, columns);
    for (int row = 0; row < ROWS; row++) {
        _Atomic uint64_t *slot = &g->misses[row][columns[row]];
        uint64_t was = atomic_load_explicit(slot, memory_order_relaxed);
        uint64_t n = was >> MISS_BITS == span ? (was & ((1u << MISS_BITS) - 1)) + 1 : 1;
        if (n <= MISSES_MAX + 1)
            atomic_store_explicit(slot, span << MISS_BITS | n, memory_order_relaxed);
        least = n < least ? n : least;
    }
    return least > MISSES_MAX;
}

uint32_t gate_count(const struct gate *g)
{
    return atomic_load_explicit(&g->count, memory_order_relaxed);
}
