/* Puts together what one PID beside the tracks carries: SCTE-35 sections, or ID3 tags in PES. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing outside itself. Thread: the worker's loop. Life: init, caller's memory.
 * Fails:  what is broken, too long or has a wrong CRC is counted and left out.
 *
 * ISO/IEC 13818-1 section 2.4.4.2 (sections and pointer_field), 2.4.3.7 (PES). Unlike tables these
 * are not repeated, so each section counts, and several may end and begin in one packet. A PES
 * without a length ends where the next one begins, unless the tags in it are whole before that.
 */
#ifndef RELAY_INGEST_ASIDE_READER_H
#define RELAY_INGEST_ASIDE_READER_H

#include "codecs/scte35.h"
#include "relay/ingest/psi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aside_out {
    void *ctx;
    /* A whole splice_info_section whose CRC is right. */
    void (*section)(void *ctx, const uint8_t *bytes, size_t len);
    /* A whole ID3 tag, with the time of its PES (33 bit) if that has one. */
    void (*id3)(void *ctx, const uint8_t *bytes, size_t len, bool has_pts, uint64_t pts);
};

struct aside_reader {
    struct aside_out out;
    uint16_t pid;
    bool pes;          /* else sections */
    bool open;         /* something is begun in bytes[0, have) */
    int8_t continuity; /* -1: not known */
    size_t have;
    uint64_t broken;
    uint8_t bytes[SCTE35_SECTION_MAX];
};

void aside_reader_init(struct aside_reader *r, uint16_t pid, bool pes, const struct aside_out *out);
/* A packet of that PID with payload, neither scrambled nor marked as damaged. */
void aside_reader_take(struct aside_reader *r, const uint8_t packet[static TS_PACKET]);

#endif
