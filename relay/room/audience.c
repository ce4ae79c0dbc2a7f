/* Who watches a room now, and how many bytes went out to them: counted by all HTTP threads. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/audience.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    US_PER_S = 1000000,
    LEVELS = 3,  /* 1, 16 and 128 KiB */
    PROBES = 32, /* slots in which a viewer may be */
    DEPTH_MAX = 30,
    AHEAD_MAX_S = 600, /* no entry counts for longer: others are of another round of the clock */
    LOOK_S = 16,       /* so often a thread asks itself whether it may note more again */
    SPARSE = 1024,     /* it may when it has fewer than this */
    CACHE_LINE = 64,
    /* what the control thread puts together, see audience_count */
    SEEN_MAX = 8192,
    SEEN_SLOTS = 2 * SEEN_MAX,
};

static const uint32_t level_slots[LEVELS] = {128, 2048, 16384};

/* An entry: the hash's upper bits, and the second until which it counts; 0: never used. */
#define SECOND_BITS 24
#define SECOND_MASK ((UINT64_C(1) << SECOND_BITS) - 1)

typedef _Atomic uint64_t entry;

/* What one thread writes. A smaller table is left behind as it is: who is still there comes to the
 * new one with its next request, and who is not expires. */
struct stand {
    _Alignas(CACHE_LINE) _Atomic uint64_t bytes_out;
    _Atomic(entry *) tables[LEVELS];
    _Atomic uint32_t until_s;   /* the latest of all its entries */
    _Atomic uint32_t settled_s; /* until then the sample is complete at depth + 1 only */
    _Atomic uint32_t depth;
    uint32_t levels; /* how many tables there are; the thread's own, as look_s is */
    uint32_t look_s;
};

struct audience {
    atomic_uint refs;
    uint32_t threads;
    struct stand stands[];
};

int audience_new(struct audience **out, uint32_t threads)
{
    size_t size = sizeof(struct audience) + threads * sizeof(struct stand);
    struct audience *a = *out = aligned_alloc(CACHE_LINE, size);
    if (!a)
        return -ENOMEM;
    memset(a, 0, size);
    atomic_init(&a->refs, 1);
    a->threads = threads;
    return 0;
}

struct audience *audience_ref(struct audience *a)
{
    if (a)
        atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
    return a;
}

void audience_unref(struct audience **ap)
{
    struct audience *a = *ap;
    *ap = NULL;
    if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < a->threads; i++)
        for (int k = 0; k < LEVELS; k++)
            free(a->stands[i].tables[k]);
    free(a);
}

static uint32_t second_of(int64_t now_us)
{
    return (uint32_t)(now_us / US_PER_S);
}

static bool counts(uint64_t e, uint32_t now_s)
{
    return e && ((e - now_s) & SECOND_MASK) <= AHEAD_MAX_S;
}

static bool is_sampled(uint64_t viewer, uint32_t depth)
{
    return depth == 0 || viewer >> (64 - depth) == 0;
}

static uint64_t load(const entry *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

/* The viewer's own slot, or one that is free for it, or NULL. */
static entry *find(entry *table, uint32_t slots, uint64_t viewer, uint32_t now_s, uint32_t depth)
{
    entry *vacant = NULL;
    for (uint32_t i = 0; i < PROBES; i++) {
        entry *at = &table[(viewer + i) & (slots - 1)];
        uint64_t e = load(at);
        if (e && (e ^ viewer) >> SECOND_BITS == 0)
            return at;
        if (!vacant && !(counts(e, now_s) && is_sampled(e, depth)))
            vacant = at;
        if (!e) /* slots are never emptied: behind it there is nobody who came this way */
            break;
    }
    return vacant;
}

static bool grow(struct stand *s)
{
    entry *table = s->levels < LEVELS ? calloc(level_slots[s->levels], sizeof(entry)) : NULL;
    if (!table)
        return false;
    atomic_store_explicit(&s->tables[s->levels], table, memory_order_release);
    s->levels++;
    return true;
}

/* Half as many are noted from now on; false: so few that nobody is. */
static bool thin_out(struct stand *s, uint32_t *depth)
{
    if (*depth >= DEPTH_MAX)
        return false;
    atomic_store_explicit(&s->depth, ++*depth, memory_order_relaxed);
    return true;
}

static uint32_t sampled(const struct stand *s, uint32_t now_s, uint32_t depth)
{
    const entry *table = s->tables[s->levels - 1];
    uint32_t n = 0;
    for (uint32_t i = 0; i < level_slots[s->levels - 1]; i++) {
        uint64_t e = load(&table[i]);
        n += counts(e, now_s) && is_sampled(e, depth);
    }
    return n;
}

/* The crowd has left: twice as many are noted again. Those who were not before come with their next
 * requests; until then each one of the old sample goes on standing for as many as it did. */
static uint32_t recover(struct stand *s, uint32_t now_s, uint32_t depth)
{
    if (depth == 0 || now_s - s->look_s < LOOK_S)
        return depth;
    s->look_s = now_s;
    if (s->levels == 0 || sampled(s, now_s, depth) >= SPARSE)
        return depth;
    atomic_store_explicit(&s->settled_s, now_s + LOOK_S - 1, memory_order_relaxed);
    atomic_store_explicit(&s->depth, --depth, memory_order_relaxed);
    return depth;
}

void audience_note(struct audience *a, uint32_t thread, uint64_t viewer, int64_t now_us,
                   uint32_t wait_s)
{
    if (thread >= a->threads)
        return;
    struct stand *s = &a->stands[thread];
    uint32_t now_s = second_of(now_us),
             stay_s = wait_s > AUDIENCE_STAY_S ? wait_s : AUDIENCE_STAY_S;
    uint32_t until_s = now_s + (stay_s < AHEAD_MAX_S ? stay_s : AHEAD_MAX_S);
    uint32_t depth = atomic_load_explicit(&s->depth, memory_order_relaxed);
    depth = recover(s, now_s, depth);
    for (;;) {
        if (!is_sampled(viewer, depth))
            return;
        entry *at = s->levels ? find(s->tables[s->levels - 1], level_slots[s->levels - 1], viewer,
                                     now_s, depth)
                              : NULL;
        if (at) {
            uint64_t e = (viewer & ~SECOND_MASK) | (until_s & SECOND_MASK);
            if (load(at) != e)
                atomic_store_explicit(at, e, memory_order_relaxed);
            break;
        }
        if (!grow(s) && (s->levels == 0 || !thin_out(s, &depth)))
            return;
    }
    uint32_t latest = atomic_load_explicit(&s->until_s, memory_order_relaxed);
    if ((int32_t)(until_s - latest) > 0 || latest == 0)
        atomic_store_explicit(&s->until_s, until_s, memory_order_relaxed);
}

void audience_sent(struct audience *a, uint32_t thread, uint64_t bytes)
{
    if (thread >= a->threads)
        return;
    _Atomic uint64_t *out = &a->stands[thread].bytes_out; /* one writer, as in a tally */
    uint64_t was = atomic_load_explicit(out, memory_order_relaxed);
    atomic_store_explicit(out, was + bytes, memory_order_relaxed);
}

/* ---- the control thread's side */

static bool is_empty(const struct stand *s, uint32_t now_s)
{
    uint32_t until_s = atomic_load_explicit(&s->until_s, memory_order_relaxed);
    return until_s == 0 || (int32_t)(until_s - now_s) < 0;
}

static uint32_t depth_of(const struct stand *s, uint32_t now_s)
{
    uint32_t depth = atomic_load_explicit(&s->depth, memory_order_relaxed);
    uint32_t settled_s = atomic_load_explicit(&s->settled_s, memory_order_relaxed);
    return depth + (settled_s != 0 && (int32_t)(settled_s - now_s) >= 0);
}

struct seen {
    uint32_t count, slots;
    uint64_t hashes[SEEN_SLOTS];
};

/* False: there are too many. A viewer whose connections are at several threads is one. */
static bool add(struct seen *s, uint64_t e)
{
    uint64_t hash = e >> SECOND_BITS << SECOND_BITS | 1; /* 0 is an empty slot */
    uint32_t at = (uint32_t)(e >> SECOND_BITS) & (s->slots - 1);
    while (s->hashes[at] && s->hashes[at] != hash)
        at = (at + 1) & (s->slots - 1);
    if (s->hashes[at])
        return true;
    if (s->count == s->slots / 2)
        return false;
    s->hashes[at] = hash;
    s->count++;
    return true;
}

static bool add_table(struct seen *seen, const entry *table, uint32_t slots, uint32_t now_s,
                      uint32_t depth)
{
    for (uint32_t i = 0; i < slots; i++) {
        uint64_t e = load(&table[i]);
        if (counts(e, now_s) && is_sampled(e, depth) && !add(seen, e))
            return false;
    }
    return true;
}

static bool gather(const struct audience *a, struct seen *seen, uint32_t now_s, uint32_t depth)
{
    seen->count = 0;
    memset(seen->hashes, 0, seen->slots * sizeof(seen->hashes[0]));
    for (uint32_t i = 0; i < a->threads; i++) {
        const struct stand *s = &a->stands[i];
        for (int k = 0; k < LEVELS && !is_empty(s, now_s); k++) {
            const entry *table = atomic_load_explicit(&s->tables[k], memory_order_acquire);
            if (table && !add_table(seen, table, level_slots[k], now_s, depth))
                return false;
        }
    }
    return true;
}

static uint64_t viewers(const struct audience *a, uint32_t now_s)
{
    struct seen seen;
    uint32_t depth = 0;
    bool any = false;
    for (uint32_t i = 0; i < a->threads; i++) {
        uint32_t own = depth_of(&a->stands[i], now_s);
        any |= !is_empty(&a->stands[i], now_s);
        depth = own > depth ? own : depth;
    }
    if (!any)
        return 0;
    /* Most rooms are small, and the large ones are worth a second look. */
    seen.slots = level_slots[0];
    while (!gather(a, &seen, now_s, depth)) {
        if (seen.slots < SEEN_SLOTS)
            seen.slots = SEEN_SLOTS;
        else
            depth++;
    }
    return (uint64_t)seen.count << depth;
}

void audience_count(const struct audience *a, int64_t now_us, struct audience_count *out)
{
    *out = (struct audience_count){.viewers = viewers(a, second_of(now_us))};
    for (uint32_t i = 0; i < a->threads; i++)
        out->bytes_out += atomic_load_explicit(&a->stands[i].bytes_out, memory_order_relaxed);
}
