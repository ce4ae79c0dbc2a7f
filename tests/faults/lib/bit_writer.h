/* Bits into bytes: what parameter sets and slice headers are written with. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; the bytes are in the struct. Thread: any. Life: bit_writer_begin.
 * Fails:  asserts that it fits: the tests' own pictures are small.
 */
#ifndef TESTS_FAULTS_LIB_BIT_WRITER_H
#define TESTS_FAULTS_LIB_BIT_WRITER_H

#include <stddef.h>
#include <stdint.h>

enum { BIT_WRITER_BYTES = 65536 };

struct bit_writer {
    uint8_t bytes[BIT_WRITER_BYTES];
    size_t bits;
};

void bit_writer_begin(struct bit_writer *w);
void put_bits(struct bit_writer *w, uint32_t value, unsigned count);
/* ISO/IEC 14496-10 section 9.1. */
void put_ue(struct bit_writer *w, uint32_t value);
void put_se(struct bit_writer *w, int32_t value);
void put_align(struct bit_writer *w, unsigned bit); /* to the next whole byte */
/* rbsp_trailing_bits; returns the length in bytes. */
size_t put_trailing(struct bit_writer *w);

#endif
