/* Transport packets as a test reads them. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: its bytes, up to TS_BYTES. Thread: one. Life: zero to begin with. Fails: by assertion.
 */
#ifndef TESTS_UNIT_PACKAGE_TS_PACKETS_H
#define TESTS_UNIT_PACKAGE_TS_PACKETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TS_PACKET_BYTES = 188, TS_BYTES = 4 << 20 };

struct ts_packets {
    size_t len;
    uint8_t bytes[TS_BYTES];
};

struct ts_packet {
    unsigned pid, counter;
    bool start, payload, pcr, random_access;
    int64_t pcr_90k;
    const uint8_t *data; /* of the payload */
    size_t len;
};

static inline size_t ts_packets_count(const struct ts_packets *s)
{
    return s->len / TS_PACKET_BYTES;
}

static inline void ts_packets_add(struct ts_packets *s, const uint8_t *bytes, size_t len)
{
    assert_int_equal(len % TS_PACKET_BYTES, 0);
    assert_true(s->len + len <= TS_BYTES);
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

static inline struct ts_packet ts_packets_at(const struct ts_packets *s, size_t n)
{
    const uint8_t *b = s->bytes + n * TS_PACKET_BYTES;
    struct ts_packet p = {.pid = (b[1] & 0x1fu) << 8 | b[2],
                          .counter = b[3] & 15u,
                          .start = b[1] & 0x40,
                          .payload = b[3] & 0x10};
    size_t skip = 4;

    assert_int_equal(b[0], 0x47);
    if (b[3] & 0x20) {
        skip += 1u + b[4];
        p.random_access = b[4] > 0 && b[5] & 0x40;
        p.pcr = b[4] > 0 && b[5] & 0x10;
        p.pcr_90k = (int64_t)b[6] << 25 | b[7] << 17 | b[8] << 9 | b[9] << 1 | b[10] >> 7;
    }
    p.data = b + skip;
    p.len = p.payload ? TS_PACKET_BYTES - skip : 0;
    return p;
}

/* ISO/IEC 13818-1 section 2.4.3.7: five bytes with markers in between. */
static inline int64_t ts_packets_time(const uint8_t *b)
{
    return (int64_t)(b[0] >> 1 & 7) << 30 | b[1] << 22 | (b[2] >> 1) << 15 | b[3] << 7 | b[4] >> 1;
}

/* DTS, or PTS where there is none, of a PES that starts in p. */
static inline int64_t ts_packets_dts(const struct ts_packet *p)
{
    assert_true(p->start && p->len > 19 && p->data[2] == 1);
    return ts_packets_time(p->data + ((p->data[7] & 0x40) ? 14 : 9));
}

/* Section 2.4.3.3: every PID's counter follows the one before it, from next[0..4) on. */
static inline void ts_packets_check(const struct ts_packets *s, uint8_t next[4])
{
    static const unsigned pids[4] = {0, 0x1000, 0x100, 0x101};

    for (size_t n = 0; n < ts_packets_count(s); n++) {
        struct ts_packet p = ts_packets_at(s, n);
        size_t i = 0;

        while (i < 4 && pids[i] != p.pid)
            i++;
        assert_true(i < 4);
        assert_int_equal(p.counter, (next[i] + (p.payload ? 0 : 15)) & 15);
        next[i] = (uint8_t)((next[i] + p.payload) & 15);
    }
}

#endif
