/* SipHash-1-3: a hash that nobody can make collide who does not know its key. */
/* SPDX-License-Identifier: MIT */
/*
 * Aumasson, Bernstein: "SipHash: a fast short-input PRF" (2012), with the rounds that hash tables
 * use: one for each word, three in the end. This runs for each request.
 * Owns: nothing. Thread: any; a pure function. Life: values. Fails: never.
 */
#ifndef RELAY_BASE_SIPHASH_H
#define RELAY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t k0, k1;
};

/* A key nobody knows; early at boot, where there is no entropy yet, one that could be guessed. */
void siphash_key_make(struct siphash_key *out);
uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t len);

#endif
