/* For tests: PES packets as transport stream packets, the way OBS sends them. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RELAY_INGEST_TS_WRITER_H
#define TESTS_UNIT_RELAY_INGEST_TS_WRITER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ts_writer {
    uint8_t *out;
    size_t len, size;
    uint8_t counter[8192];
};

static inline void ts_put_time(uint8_t *p, uint8_t mark, uint64_t t)
{
    p[0] = (uint8_t)(mark << 4 | (t >> 29 & 0x0e) | 1);
    p[1] = (uint8_t)(t >> 22);
    p[2] = (uint8_t)((t >> 14 & 0xfe) | 1);
    p[3] = (uint8_t)(t >> 7);
    p[4] = (uint8_t)(t << 1 | 1);
}

/* ISO/IEC 13818-1 section 2.4.3.6; bounded: the PES says its length (audio). */
static inline void ts_write_pes(struct ts_writer *w, uint16_t pid, uint8_t stream_id, uint64_t pts,
                                uint64_t dts, const uint8_t *data, size_t len, int bounded)
{
    uint8_t head[19] = {0, 0, 1, stream_id, 0, 0, 0x80, 0xc0, 10};
    size_t total = sizeof(head) + len, at = 0, pes_len = bounded ? total - 6 : 0;

    head[4] = (uint8_t)(pes_len >> 8);
    head[5] = (uint8_t)pes_len;
    ts_put_time(head + 9, 3, pts);
    ts_put_time(head + 14, 1, dts);
    while (at < total) {
        uint8_t *p = w->out + w->len;
        size_t room = 184, n = total - at < room ? total - at : room, stuffing = room - n;

        assert(w->len + 188 <= w->size);
        p[0] = 0x47;
        p[1] = (uint8_t)((at ? 0 : 0x40) | pid >> 8);
        p[2] = (uint8_t)pid;
        p[3] = (uint8_t)((stuffing ? 0x30 : 0x10) | (w->counter[pid]++ & 15));
        if (stuffing) {
            memset(p + 4, 0xff, stuffing);
            p[4] = (uint8_t)(stuffing - 1);
            if (stuffing > 1)
                p[5] = 0;
        }
        for (size_t i = 0; i < n; i++, at++)
            p[4 + stuffing + i] = at < sizeof(head) ? head[at] : data[at - sizeof(head)];
        w->len += 188;
    }
}

#endif
