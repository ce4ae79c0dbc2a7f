/* Program clock references (ISO/IEC 13818-1 section 2.4.3.5). */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_clock.h"

enum {
    DISCONTINUITY = 0x80,
    HAS_PCR = 0x10,
    FLAGS_AND_PCR = 7,     /* bytes behind the length */
    JUMP_90K = 10 * 90000, /* no distance, but another clock */
};

/* The base alone: 1/90000 s is enough. */
static uint64_t read_base(const uint8_t *p)
{
    return (uint64_t)p[0] << 25 | (uint64_t)p[1] << 17 | (uint64_t)p[2] << 9 | (uint64_t)p[3] << 1 |
           p[4] >> 7;
}

void ts_clock_take(struct ts_clock *c, const uint8_t *packet)
{
    const uint8_t flags = packet[5];
    uint64_t now, distance;

    if ((packet[1] & 0x80) || packet[4] < FLAGS_AND_PCR || !(flags & HAS_PCR))
        return;
    now = read_base(packet + 6);
    distance = (now - c->last_90k) & ((UINT64_C(1) << 33) - 1);
    if (c->known && !(flags & DISCONTINUITY) && distance < JUMP_90K && distance > c->longest_90k)
        c->longest_90k = (uint32_t)distance;
    c->last_90k = now;
    c->known = true;
    c->count++;
}

void ts_clock_break(struct ts_clock *c)
{
    c->known = false;
}
