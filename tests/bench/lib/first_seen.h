/* What a swarm of viewers saw first under each name: the bytes of a URI, the moment of an answer.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its table. Thread: one. Life: zero-initialised; first_seen_fini.
 * Fails:  a table that cannot grow forgets: the value is then its own first one.
 */
#ifndef TESTS_BENCH_LIB_FIRST_SEEN_H
#define TESTS_BENCH_LIB_FIRST_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct first_seen {
    struct first_seen_slot *slot;
    size_t slots, used;
};

/* FNV-1a, over more and more bytes; starts from FIRST_SEEN_SEED. */
#define FIRST_SEEN_SEED UINT64_C(0xcbf29ce484222325)
uint64_t first_seen_hash(uint64_t h, const void *bytes, size_t len);
/* The first value that was given with this name, which may be the present one. */
uint64_t first_seen_note(struct first_seen *f, uint64_t name_hash, uint64_t value);
void first_seen_fini(struct first_seen *f);

#endif
