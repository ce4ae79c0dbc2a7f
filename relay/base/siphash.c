/* SipHash-1-3: a hash that nobody can make collide who does not know its key. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/siphash.h"

#include "relay/base/clock.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

/* Section 2.4 */
static inline void turn(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void take(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    turn(s);
    s->v0 ^= word;
}

static inline uint64_t word_at(const unsigned char *at, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, at, len);
    return le64toh(word);
}

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t len)
{
    struct state s = {key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
                      key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u};
    const unsigned char *at = bytes;
    size_t left = len;
    for (; left >= 8; left -= 8, at += 8)
        take(&s, word_at(at, 8));
    take(&s, (uint64_t)len << 56 | (left ? word_at(at, left) : 0));
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        turn(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void siphash_key_make(struct siphash_key *out)
{
    if (getrandom(out, sizeof *out, GRND_NONBLOCK) == (ssize_t)sizeof *out)
        return;
    out->k0 = (uint64_t)clock_mono_us();
    out->k1 = (uint64_t)(uintptr_t)out;
}
