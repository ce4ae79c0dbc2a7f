/* Counters, ends and beginnings of one track's PES packets. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/ts_way.h"

#include <string.h>

enum { UNIT_START = 0x40, ADAPTATION = 0x20, PES_LENGTH_END = 6, PES_TIMES_END = 19 };

void ts_way_init(struct ts_way *w, enum codec_kind kind, size_t track)
{
    memset(w, 0, sizeof(*w));
    w->pid =
        kind == CODEC_KIND_VIDEO ? TS_WAY_VIDEO_PID : (uint16_t)(TS_WAY_AUDIO_PID + (int)track);
    w->continuity = -1;
    w->ended = true;
}

/* A packet that is adaptation field but for the payload at its end. */
static void make_packet(struct ts_way *w, uint8_t out[static TS_PACKET], bool start, size_t payload)
{
    memset(out, 0xff, TS_PACKET);
    out[0] = 0x47;
    out[1] = (uint8_t)((start ? UNIT_START : 0) | w->pid >> 8);
    out[2] = (uint8_t)w->pid;
    out[3] = (uint8_t)((payload ? 0x30 : 0x20) | (w->counter & 0x0f));
    out[4] = (uint8_t)(TS_PACKET - 5 - payload);
    out[5] = 0;
}

/* ISO/IEC 13818-1 section 2.4.3.6: a header without times and nothing behind it. */
bool ts_way_turn(struct ts_way *w, uint8_t out[static TS_PACKET])
{
    static const uint8_t empty[] = {0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0};
    bool open = w->used && w->pid == TS_WAY_VIDEO_PID;

    if (open) {
        make_packet(w, out, true, sizeof(empty));
        memcpy(out + TS_PACKET - sizeof(empty), empty, sizeof(empty));
        w->counter++;
    }
    w->continuity = -1;
    w->hole = false;
    w->headless = w->used;
    w->ended = true;
    w->left = 0;
    w->times.count = 0;
    return open;
}

bool ts_way_break(struct ts_way *w, uint8_t out[static TS_PACKET])
{
    if (!w->used)
        return false;
    w->hole = w->ended;
    w->continuity = -1;
    if (w->ended || w->headless)
        return false;
    w->counter += 8;
    make_packet(w, out, false, 0);
    return true;
}

/* Section 2.4.3.3: a packet may be sent twice; the copy is not new data. An encoder that starts
 * anew, or a hole of 15 packets, may bring the same counter with other bytes. */
static bool is_copy(struct ts_way *w, const uint8_t *p, size_t header, uint64_t *breaks)
{
    const uint8_t *last_bytes = p + TS_PACKET - 8;
    const uint8_t *time = header + 16 <= TS_PACKET ? p + header + 8 : last_bytes;
    int8_t counter = (int8_t)(p[3] & 0x0f), last = w->continuity;
    bool jump_announced = (p[3] & ADAPTATION) && p[4] > 0 && (p[5] & 0x80);
    bool same = memcmp(w->sample, time, 8) == 0 && memcmp(w->sample + 8, last_bytes, 8) == 0;

    w->continuity = counter;
    memcpy(w->sample, time, 8);
    memcpy(w->sample + 8, last_bytes, 8);
    if (last < 0 || jump_announced)
        return false;
    if (counter == last && same)
        return true;
    if (counter != ((last + 1) & 0x0f)) {
        ++*breaks;
        w->hole = true;
    }
    return false;
}

/* Has the adaptation field bytes that say nothing? The last packet of a PES nearly always has.
 * Section 2.4.3.5: one byte is a length of 0, two are flags that are all unset. */
static bool is_stuffed(const uint8_t *p)
{
    size_t used = 1;

    if (!(p[3] & ADAPTATION))
        return false;
    if (p[4] == 0 || p[5] == 0)
        return true;
    used += (p[5] & 0x10 ? 6u : 0) + (p[5] & 0x08 ? 6u : 0) + (p[5] & 0x04 ? 1u : 0);
    if ((p[5] & 0x02) && used < p[4])
        used += 1 + (size_t)p[5 + used];
    return p[4] > used;
}

static uint64_t read_time(const uint8_t *p)
{
    return (uint64_t)(p[0] >> 1 & 7) << 30 | (uint64_t)p[1] << 22 | (uint64_t)(p[2] >> 1) << 15 |
           (uint64_t)p[3] << 7 | p[4] >> 1;
}

static bool is_pes(const uint8_t *pes, size_t len, size_t least)
{
    return len >= least && !pes[0] && !pes[1] && pes[2] == 1;
}

/* The time in a PES header; one that a packet does not hold whole, or that has none, leaves nothing
 * to be known. */
static void note_time(struct ts_times *t, const uint8_t *pes, size_t len)
{
    bool has_dts;

    if (!is_pes(pes, len, PES_TIMES_END) || !(pes[7] & 0x80)) {
        t->count = 0;
        return;
    }
    has_dts = pes[7] & 0x40;
    if (t->count == TS_TIMES)
        memmove(t->dts, t->dts + 1, --t->count * sizeof(t->dts[0]));
    t->dts[t->count++] = read_time(pes + (has_dts ? 14 : 9));
}

static void begin_pes(struct ts_way *w, const uint8_t *pes, size_t len)
{
    int32_t length = is_pes(pes, len, PES_LENGTH_END) ? pes[4] << 8 | pes[5] : 0;

    note_time(&w->times, pes, len);
    w->headless = false;
    w->left = length ? length + PES_LENGTH_END : 0;
}

/* Is the PES whole with this packet? One without a length says so by stuffing. */
static void note_end(struct ts_way *w, const uint8_t *p, size_t payload)
{
    if (w->left == 0) {
        w->ended = is_stuffed(p);
        return;
    }
    w->left -= (int32_t)payload;
    w->ended = w->left <= 0;
    if (w->ended)
        w->left = 0;
}

bool ts_way_take(struct ts_way *w, const uint8_t *p, size_t header, uint8_t head[static 4],
                 uint64_t *breaks)
{
    bool start = p[1] & UNIT_START;

    if (is_copy(w, p, header, breaks))
        return false;
    if (w->hole && w->ended) /* what is missing is not of the PES before */
        w->headless = true;
    else if (w->hole)
        w->counter += 8;
    w->hole = false;
    if (start)
        begin_pes(w, p + header, TS_PACKET - header);
    if (w->headless)
        return false;
    note_end(w, p, TS_PACKET - header);
    w->used = true;
    head[0] = p[0];
    head[1] = (uint8_t)((p[1] & 0xe0) | w->pid >> 8);
    head[2] = (uint8_t)w->pid;
    head[3] = (uint8_t)((p[3] & 0xf0) | (w->counter++ & 0x0f));
    return true;
}

bool ts_way_next_dts(const struct ts_way *w, uint64_t dts, uint64_t *next)
{
    const struct ts_times *t = &w->times;

    for (uint32_t i = t->count; i-- > 0;) {
        if (t->dts[i] != dts)
            continue;
        if (i + 1 == t->count || (i > 0 && t->dts[i - 1] == dts)) /* which of two is not known */
            return false;
        *next = t->dts[i + 1];
        return true;
    }
    return false;
}
