/* Puts together what one PID beside the tracks carries: SCTE-35 sections, or ID3 tags in PES. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/aside_reader.h"

#include "codecs/id3.h"

#include <string.h>

enum {
    SECTION_HEAD = 3,
    PES_HEAD = 9,      /* to PES_header_data_length */
    PES_LENGTH_AT = 6, /* what PES_packet_length counts from */
    STUFFING = 0xff,
};

void aside_reader_init(struct aside_reader *r, uint16_t pid, bool pes, const struct aside_out *out)
{
    memset(r, 0, sizeof(*r));
    r->out = *out;
    r->pid = pid;
    r->pes = pes;
    r->continuity = -1;
}

static void drop(struct aside_reader *r)
{
    r->broken += r->open;
    r->open = false;
    r->have = 0;
}

/* Gives the section out when it is whole. True: it was, or can never be. */
static bool end_section(struct aside_reader *r)
{
    size_t want;

    if (r->have < SECTION_HEAD)
        return false;
    want = SECTION_HEAD + ((size_t)(r->bytes[1] & 0x0f) << 8 | r->bytes[2]);
    if (want <= sizeof(r->bytes) && r->have < want)
        return false;
    if (want <= sizeof(r->bytes) && r->bytes[0] == SCTE35_TABLE_ID && psi_crc(r->bytes, want) == 0)
        r->out.section(r->out.ctx, r->bytes, want);
    else
        r->broken++;
    r->open = false;
    return true;
}

/* How many more bytes of a section the reader can use now: its head, then the rest. */
static size_t section_wants(const struct aside_reader *r)
{
    size_t want = SECTION_HEAD;

    if (r->have >= SECTION_HEAD)
        want += (size_t)(r->bytes[1] & 0x0f) << 8 | r->bytes[2];
    return want - r->have;
}

/* Sections one after the other from p on, the first of them perhaps begun already. */
static void take_sections(struct aside_reader *r, const uint8_t *p, size_t len, bool may_begin)
{
    while (len > 0) {
        size_t n;

        if (!r->open) {
            if (!may_begin || *p == STUFFING)
                return;
            r->open = true;
            r->have = 0;
        }
        n = section_wants(r);
        n = n < len ? n : len;
        if (n > sizeof(r->bytes) - r->have) { /* longer than SCTE-35 allows */
            drop(r);
            return;
        }
        memcpy(r->bytes + r->have, p, n);
        r->have += n;
        p += n;
        len -= n;
        end_section(r);
    }
}

static void on_section_payload(struct aside_reader *r, const uint8_t *p, size_t len, bool start)
{
    size_t pointer = start ? p[0] : 0;

    if (!start) {
        take_sections(r, p, len, false);
        return;
    }
    if (pointer + 1 > len) {
        drop(r);
        return;
    }
    if (r->open)
        take_sections(r, p + 1, pointer, false);
    drop(r);
    take_sections(r, p + 1 + pointer, len - 1 - pointer, true);
}

static uint64_t read_pts(const uint8_t *p)
{
    return (uint64_t)(p[0] >> 1 & 7) << 30 | (uint64_t)p[1] << 22 | (uint64_t)(p[2] >> 1) << 15 |
           (uint64_t)p[3] << 7 | p[4] >> 1;
}

/* Gives out the tags of the PES when all of it is here; last: no more of it will come. */
static void end_pes(struct aside_reader *r, bool last)
{
    const uint8_t *p = r->bytes;
    size_t length, at, tag;
    bool has_pts, found = false;
    uint64_t pts = 0;

    if (!r->open || r->have < PES_HEAD || (p[0] | p[1]) != 0 || p[2] != 1) {
        if (last || r->have >= PES_HEAD)
            drop(r);
        return;
    }
    length = (size_t)p[4] << 8 | p[5];
    if (length > 0 && r->have < PES_LENGTH_AT + length) {
        if (last || PES_LENGTH_AT + length > sizeof(r->bytes))
            drop(r);
        return;
    }
    at = PES_HEAD + (size_t)p[8];
    has_pts = (p[7] & 0x80) && p[8] >= 5;
    if (has_pts)
        pts = read_pts(p + PES_HEAD);
    if (length > 0)
        r->have = PES_LENGTH_AT + length;
    for (; at < r->have && (tag = id3_tag_bytes(p + at, r->have - at)) > 0; at += tag) {
        r->out.id3(r->out.ctx, p + at, tag, has_pts, pts);
        found = true;
    }
    if (found)
        r->open = false;
    else if (last || length > 0)
        drop(r);
}

static void on_pes_payload(struct aside_reader *r, const uint8_t *p, size_t len, bool start)
{
    if (start) {
        end_pes(r, true);
        r->open = true;
        r->have = 0;
    }
    if (!r->open)
        return;
    if (len > sizeof(r->bytes) - r->have) {
        drop(r);
        return;
    }
    memcpy(r->bytes + r->have, p, len);
    r->have += len;
    end_pes(r, false);
}

/* 2.4.3.3: a packet may be sent twice; a hole makes what is begun worthless. */
static bool is_repeated(struct aside_reader *r, const uint8_t *p)
{
    int8_t counter = (int8_t)(p[3] & 0x0f), last = r->continuity;

    r->continuity = counter;
    if (last == counter)
        return true;
    if (last >= 0 && counter != ((last + 1) & 0x0f))
        drop(r);
    return false;
}

void aside_reader_take(struct aside_reader *r, const uint8_t packet[static TS_PACKET])
{
    size_t header = packet[3] & 0x20 ? 5 + (size_t)packet[4] : 4;
    bool start = packet[1] & 0x40;

    if (header >= TS_PACKET || is_repeated(r, packet))
        return;
    if (r->pes)
        on_pes_payload(r, packet + header, TS_PACKET - header, start);
    else
        on_section_payload(r, packet + header, TS_PACKET - header, start);
}
