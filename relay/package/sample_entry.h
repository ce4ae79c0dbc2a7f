/* Writes the sample entries that libavformat cannot write before it has seen a packet. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: one call. Fails: as said.
 * Standards: ISO/IEC 14496-12 8.5.2 and 12.2.3 (AudioSampleEntry), 14496-14 5.6 (mp4a, esds), ETSI
 * TS 102 366 annex F (ac-3, ec-3), "Encapsulation of Opus in ISO BMFF" 0.8.1 4.3 (Opus).
 *
 * movenc parses frames for dac3 and dec3 and so has nothing to write into an empty moov; it also
 * joins E-AC-3 frames on its own. So it is told of a codec that it leaves alone, and the entry that
 * it wrote is exchanged.
 */
#ifndef RELAY_PACKAGE_SAMPLE_ENTRY_H
#define RELAY_PACKAGE_SAMPLE_ENTRY_H

#include "codecs/track_params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a free box in the entry of MPEG audio of layer II says; layer III has no such box. */
#define SAMPLE_ENTRY_LAYER_II "mp2 "

/* Is the entry of such a track written here? Else by libavformat. */
bool sample_entry_is_ours(enum codec_id id);
/* Exchanges the one entry of the one track in init (ftyp + moov, *len of size bytes). 0; -EINVAL:
 * it is not built that way; -ENOSPC. */
__attribute__((warn_unused_result)) int sample_entry_put(uint8_t *init, size_t *len, size_t size,
                                                         const struct track_params *p);

#endif
