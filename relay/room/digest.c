/* A 64-bit digest that names bytes by their content: ETags and the URIs of init segments. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/digest.h"

uint64_t digest(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return h;
}
