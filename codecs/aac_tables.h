/* The numbers of AAC that a walk through a raw_data_block needs. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: constants. Thread: any. Life: the program's. Fails: never.
 * Standard: ISO/IEC 14496-3:2009 4.5.4 (scalefactor bands), 4.A.1 to 4.A.13 (Huffman codes).
 */
#ifndef CODECS_AAC_TABLES_H
#define CODECS_AAC_TABLES_H

#include <stdbool.h>
#include <stdint.h>

enum { AAC_CODE_BITS_MAX = 19, AAC_RATES = 13, AAC_CODEBOOK_ESC = 11 };

/*
 * A Huffman code as the number of codewords of each length: in all twelve of the standard's tables
 * the codewords of a length are consecutive numbers, after those that are shorter. Of what a
 * codeword stands for only the bits that follow it matter: `extra` has a digit per codeword, in
 * ascending order, that is the number of values not 0, each followed by its sign (codebooks with
 * signed values have none), plus 3 for each value of 16 in codebook 11, which an escape follows.
 */
struct aac_codebook {
    uint8_t counts[AAC_CODE_BITS_MAX + 1];
    uint8_t longest, values; /* bits of the longest; spectral values per codeword */
    bool has_escapes;
    const char *extra; /* NULL: nothing follows */
};

/* 0 is that of scale factors; 1 to 11 are spectral. */
extern const struct aac_codebook AAC_CODEBOOKS[AAC_CODEBOOK_ESC + 1];

/* Where scalefactor bands start in a window, and the window's end; by sampling frequency index. */
struct aac_bands {
    const uint16_t *offsets;
    uint8_t count;
};
extern const struct aac_bands AAC_LONG_BANDS[AAC_RATES], AAC_SHORT_BANDS[AAC_RATES];

#endif
