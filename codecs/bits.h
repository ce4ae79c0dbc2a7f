/* Reads and writes bit fields, most significant bit first, within bounds that cannot be passed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; points into the caller's bytes. Thread: any, one at a time per object.
 * Life: bits_init() on the caller's stack; no end needed.
 * Fails: reading past the end, or a code that is too long, sets `error`, which stays; from then on
 * every read yields 0. So a parser reads on and asks once, but bounds each loop by what it read.
 * Standards: ITU-T H.264 (08/2021) 7.3.1 and 9.1, H.265 (08/2021) 7.3.1.1 and 9.2.
 */
#ifndef CODECS_BITS_H
#define CODECS_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
    const uint8_t *data;
    size_t len, next; /* next: the byte to fetch after `current` */
    uint32_t zeros;   /* zero bytes in a row just before `next`, when escaped */
    uint8_t current, left;
    bool escaped, error;
};

/* Plain bytes (AAC). */
void bits_init(struct bits *b, const uint8_t *data, size_t len);
/* A NAL unit: emulation_prevention_three_byte is left out on the way. */
void bits_init_nal(struct bits *b, const uint8_t *data, size_t len);

/* n <= 32 bits; the next one; n bits unseen, whatever n is. */
uint32_t bits_u(struct bits *b, unsigned n);
bool bits_flag(struct bits *b);
void bits_skip(struct bits *b, uint64_t n);
/* ue(v), se(v); bits_ue_max() sets the error when the value is over max. */
uint32_t bits_ue(struct bits *b);
uint32_t bits_ue_max(struct bits *b, uint32_t max);
int32_t bits_se(struct bits *b);
/* For plain bytes: how many bits are unread; how many were read. */
uint64_t bits_left(const struct bits *b);
uint64_t bits_done(const struct bits *b);

/* The writer: bytes past `size` are counted but not stored; so overflow is len > size. */
struct bit_writer {
    uint8_t *data;
    size_t size, len;
    uint32_t pending, pending_bits;
};

void bit_writer_init(struct bit_writer *w, uint8_t *data, size_t size);
/* The low n <= 32 bits of value. */
void bit_writer_put(struct bit_writer *w, unsigned n, uint32_t value);
/* Zero bits to the next byte. */
void bit_writer_align(struct bit_writer *w);

#endif
