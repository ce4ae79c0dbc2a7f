/* Reads static HDR metadata out of SEI messages, and writes it where a sample entry wants it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: values that cannot be say nothing.
 * Standards: ITU-T H.264 (08/2021) D.2.29, D.2.31, H.265 (08/2021) D.3.28 (mastering display colour
 * volume), D.3.35 (content light level); SMPTE ST 2086, CTA-861.3.
 */
#ifndef CODECS_HDR10_H
#define CODECS_HDR10_H

#include "codecs/sei.h"
#include "codecs/track_params.h"

/* Takes what one message says; the newest of its kind holds. Other messages are passed over. */
void hdr10_take(struct hdr10 *h, const struct sei_message *m);

/* HEVC prefix SEI NAL units that say the same, each after its length in 16 bits, as an array of
 * hvcC holds them; at most HDR10_UNITS_BYTES into out. Returns their number: 0 to 2. */
enum { HDR10_UNITS_BYTES = 64 };
unsigned hdr10_write_units(const struct hdr10 *h, uint8_t out[HDR10_UNITS_BYTES], size_t *len);

#endif
