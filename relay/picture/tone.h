/* Pictures of high dynamic range as ordinary screens show them: small ones, once in a while. */
/* SPDX-License-Identifier: MIT */
/*
 * Standards: ITU-R BT.2100-2 (PQ table 4, HLG table 5), BT.2087-0 (BT.2020 to BT.709), and
 * BT.2408's reference white: 203 cd/m2. Owns: nothing. Thread: one (its tables are made at the
 * first call). Fails: never.
 */
#ifndef RELAY_PICTURE_TONE_H
#define RELAY_PICTURE_TONE_H

#include <stddef.h>
#include <stdint.h>

enum tone { TONE_PQ, TONE_HLG, TONES };

/* count pixels of BT.2020 R'G'B', 16 bits each, to 8 bits of BT.709's. */
void tone_map(enum tone tone, const uint16_t *rgb48, uint8_t *rgb24, size_t count);

#endif
