/* A 64-bit digest that names bytes by their content: ETags and the URIs of init segments. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/digest.h"

#include <string.h>

#define PRIME UINT64_C(0x100000001b3)
#define BASIS UINT64_C(0xcbf29ce484222325)

uint64_t digest(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = BASIS;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * PRIME;
    return h;
}

uint64_t digest_text(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = BASIS ^ len, word;
    for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        h = (h ^ word) * PRIME;
        h ^= h >> 32; /* products carry upwards only */
    }
    for (; len > 0; p++, len--)
        h = (h ^ *p) * PRIME;
    return h ^ h >> 32;
}
