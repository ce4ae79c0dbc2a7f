/* ISO/IEC 13818-1: packets (2.4.3.2), PES headers (2.4.3.6), tables (2.4.4). */
/* SPDX-License-Identifier: MIT */
#include "tests/faults/lib/ts_writer.h"

#include "tests/faults/lib/marked_unit.h"

#include <string.h>

/* Annex A. */
static uint32_t crc_mpeg(const uint8_t *bytes, size_t len)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint32_t)bytes[i] << 24;
        for (int b = 0; b < 8; b++)
            crc = crc << 1 ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
    }
    return crc;
}

static void head(struct ts_writer *w, uint8_t *p, uint16_t pid, bool start, bool adaptation)
{
    p[0] = 0x47;
    p[1] = (uint8_t)((start ? 0x40 : 0) | pid >> 8);
    p[2] = (uint8_t)pid;
    p[3] = (uint8_t)((adaptation ? 0x30 : 0x10) | (w->counters[pid]++ & 0x0f));
}

static void section(struct ts_writer *w, uint16_t pid, const uint8_t *body, size_t len)
{
    uint8_t p[TS_BYTES];
    uint32_t crc = crc_mpeg(body, len);

    memset(p, 0xff, sizeof(p));
    head(w, p, pid, true, false);
    p[4] = 0;
    memcpy(p + 5, body, len);
    for (int i = 0; i < 4; i++)
        p[5 + len + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
    w->out(w->ctx, p);
}

void ts_write_tables(struct ts_writer *w, const struct ts_tables *t)
{
    uint8_t version = (uint8_t)(0xc1 | t->version << 1);
    uint8_t pat[12] = {0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | TS_PMT_PID >> 8, 0};
    uint8_t pmt[12 + 5 * TS_STREAMS] = {2, 0xb0, 0, 0, 1, version, 0, 0};
    size_t at = 12;

    pmt[8] = (uint8_t)(0xe0 | t->pcr_pid >> 8);
    pmt[9] = (uint8_t)t->pcr_pid;
    pmt[10] = 0xf0;
    pmt[11] = 0;
    for (size_t i = 0; i < t->count; i++, at += 5) {
        pmt[at] = t->streams[i].type;
        pmt[at + 1] = (uint8_t)(0xe0 | t->streams[i].pid >> 8);
        pmt[at + 2] = (uint8_t)t->streams[i].pid;
        pmt[at + 3] = 0xf0;
        pmt[at + 4] = 0;
    }
    pmt[2] = (uint8_t)(at - 3 + 4);
    section(w, 0, pat, sizeof(pat));
    section(w, TS_PMT_PID, pmt, at);
}

static void put_time(uint8_t *p, unsigned mark, uint64_t t)
{
    p[0] = (uint8_t)(mark << 4 | (t >> 30 & 7) << 1 | 1);
    p[1] = (uint8_t)(t >> 22);
    p[2] = (uint8_t)((t >> 15 & 0x7f) << 1 | 1);
    p[3] = (uint8_t)(t >> 7);
    p[4] = (uint8_t)((t & 0x7f) << 1 | 1);
}

static size_t pes_header(uint8_t h[19], const struct ts_unit *u)
{
    bool video = u->stream_id >= 0xe0, dts = u->pts != u->dts;
    size_t len = dts ? 19 : 14, rest = video ? 0 : u->len + len - 6;

    h[0] = h[1] = 0;
    h[2] = 1;
    h[3] = u->stream_id;
    h[4] = (uint8_t)(rest >> 8);
    h[5] = (uint8_t)rest;
    h[6] = 0x84;
    h[7] = dts ? 0xc0 : 0x80;
    h[8] = (uint8_t)(len - 9);
    put_time(h + 9, dts ? 3 : 2, u->pts);
    if (dts)
        put_time(h + 14, 1, u->dts);
    return len;
}

/* The adaptation field: PCR if asked, stuffing so that the rest is `payload` bytes. */
static size_t adaptation(uint8_t *p, const struct ts_unit *u, bool pcr, size_t payload)
{
    size_t len = TS_BYTES - 4 - payload;
    uint64_t base = u->pcr & 0x1ffffffffu;

    if (len == 0)
        return 4;
    memset(p + 4, 0xff, len);
    p[4] = (uint8_t)(len - 1);
    if (len > 1)
        p[5] = pcr ? 0x10 : 0;
    if (pcr) {
        for (int i = 0; i < 4; i++)
            p[6 + i] = (uint8_t)(base >> (25 - 8 * i));
        p[10] = (uint8_t)((base & 1) << 7 | 0x7e);
        p[11] = 0;
    }
    return 4 + len;
}

static void give(struct ts_writer *w, uint8_t *p, enum ts_damage damage)
{
    uint64_t r = damage ? next_random(w->random) : 0;

    if (damage == TS_DROP)
        return;
    if (damage == TS_FLIP)
        p[r % TS_BYTES] ^= (uint8_t)(1u << (r >> 32) % 8);
    if (damage == TS_COUNT)
        p[3] = (uint8_t)((p[3] & 0xf0) | ((p[3] + 5) & 0x0f));
    if (damage == TS_ERROR)
        p[1] |= 0x80;
    w->out(w->ctx, p);
}

void ts_write_unit(struct ts_writer *w, const struct ts_unit *u)
{
    uint8_t h[19], p[TS_BYTES];
    size_t header = pes_header(h, u), all = header + u->len, at = 0, index = 0;
    size_t packets = (all + (u->has_pcr ? 8 : 0) + 183) / 184;
    size_t hit = u->damage ? next_random(w->random) % packets : SIZE_MAX;

    while (at < all) {
        bool pcr = u->has_pcr && at == 0;
        size_t room = TS_BYTES - 4 - (pcr ? 8u : 0u), n = all - at < room ? all - at : room, from;

        head(w, p, u->pid, at == 0, pcr || n < room);
        from = adaptation(p, u, pcr, n);
        for (size_t i = 0; i < n; i++, at++)
            p[from + i] = at < header ? h[at] : u->data[at - header];
        give(w, p, index++ == hit ? u->damage : TS_WHOLE);
    }
}

void ts_write_noise(struct ts_writer *w, uint16_t pid)
{
    uint8_t p[TS_BYTES];

    head(w, p, pid, next_random(w->random) % 8 == 0, false);
    for (size_t i = 4; i < TS_BYTES; i++)
        p[i] = (uint8_t)next_random(w->random);
    w->out(w->ctx, p);
}
