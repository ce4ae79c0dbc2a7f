/* Walks one AAC-LC raw_data_block from its first element to its last. */
/* SPDX-License-Identifier: MIT */
/*
 * Nothing is decoded: each Huffman code is read for its length and for the sign and escape bits
 * that it announces, since that is the only way to what comes after it.
 * Owns: nothing. Thread: any. Life: no state. Fails: the result says how far it came.
 * Standard: ISO/IEC 14496-3:2009 4.4.2 (syntax), 4.5.2 (semantics), 4.5.4 (tables), 4.A (codes).
 */
#ifndef CODECS_AAC_BLOCK_H
#define CODECS_AAC_BLOCK_H

#include "codecs/bits.h"

#include <stdbool.h>
#include <stdint.h>

/* 4.4.1.1 program_config_element up to its byte_alignment, as read, and what it counts up to. */
struct aac_pce {
    uint8_t raw[64];
    uint32_t raw_bits;
    uint32_t channels;
};

struct aac_block {
    bool whole; /* ID_END was reached */
    bool sbr;   /* a fill element held an SBR extension payload */
    bool has_pce;
    struct aac_pce pce;
};

/* `b` stands at the block's first bit, which is a byte's first. rate_index: 0 to 12 (1.6.3.4). */
void aac_block_read(struct bits *b, unsigned rate_index, struct aac_block *out);

/* program_config_element() with its alignment (counted from where b began) and comment. */
void aac_pce_read(struct bits *b, struct aac_pce *out);

#endif
