/* Reads ADTS headers and says what an AAC track is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: as said at each function.
 * Standard: ISO/IEC 14496-3:2009 1.6 (AudioSpecificConfig), 1.A.2 (ADTS), 4.4.1 (GASpecificConfig
 * and program_config_element).
 */
#ifndef CODECS_AAC_H
#define CODECS_AAC_H

#include "codecs/audio_frame.h"

#include <stddef.h>
#include <stdint.h>

/* One ADTS frame. */
struct adts {
    uint32_t header_bytes, frame_bytes; /* 7, or 7 + 2 per block with CRC; header included */
    uint8_t object_type;                /* profile_ObjectType + 1 */
    uint8_t sample_rate_index, channel_configuration;
    uint8_t blocks; /* raw data blocks, 1 in practice */
    uint32_t sample_rate;
};

/* Reads the header at data. 0; -EAGAIN when fewer than 7 bytes (9 with CRC); -EINVAL: no header. */
int adts_parse(const uint8_t *data, size_t len, struct adts *out);

/* Parameters of an AAC-LC track from one whole ADTS frame, with an AudioSpecificConfig that signals
 * explicitly (AOT 5 in front) what was found:
 * - SBR is found exactly: the frame's elements are walked, Huffman codes included, to its end, and
 *   an SBR extension payload is seen or not. A frame with a coupling element, or one that breaks
 *   off, cannot be walked and counts as plain LC.
 * - PS is not looked for (it lies behind SBR's own entropy coding). A mono track with SBR is
 *   therefore AOT 5, which by 1.6.6.1 leaves its decoder free to find PS; `channels` is then 1.
 * channel_configuration 0 needs a frame that starts with its program_config_element.
 * 0; -EINVAL for other object types (Main, SSR, LTP: no browser plays them) and broken frames. */
int aac_params(const struct adts *h, const uint8_t *frame, size_t len, struct track_params *out);

/* Parameters from an AudioSpecificConfig (LATM, tests): AAC-LC, with SBR and PS signalled either
 * way; config is written anew, explicitly and without trailing bytes. 0 or -EINVAL. */
int aac_params_from_config(const uint8_t *asc, size_t len, struct track_params *out);
/* The same where the config's end is not told (LATM version 0, where nothing may be appended to
 * it): *used gets its length in bits. */
int aac_params_from_open_config(const uint8_t *asc, size_t len, struct track_params *out,
                                size_t *used);
/* The same with a raw frame beside it, in which SBR that the config does not announce is found. */
int aac_params_of_frame(const uint8_t *asc, size_t asc_len, const uint8_t *raw, size_t len,
                        struct track_params *out);

/* For the table in audio_frame.c; see there. */
int adts_frame_read(const uint8_t *data, size_t len, struct audio_frame *out);
int adts_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out);

#endif
