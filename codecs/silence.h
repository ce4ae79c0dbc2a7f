/* Makes a silent frame for a sound with given parameters, as audio_frame.h reads frames. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: -ENOTSUP for what cannot be written by hand
 * (AC-3 and E-AC-3 need an encoder; program_config_element).
 * Standards: ISO/IEC 14496-3:2009 4.4.2 (raw_data_block; a channel whose max_sfb is 0 is silent),
 * ISO/IEC 11172-3 2.4.1.7 (side information; part2_3_length 0 is silence), RFC 6716 4.3 (silence).
 */
#ifndef CODECS_SILENCE_H
#define CODECS_SILENCE_H

#include <stddef.h>
#include <stdint.h>

enum { SILENCE_MAX = 2048 };

/* CODEC_LATM's unit (latm.h) for an AudioSpecificConfig of AAC-LC or HE-AAC. */
int silence_aac(const uint8_t *asc, size_t asc_len, uint8_t out[static SILENCE_MAX], size_t *len);
/* The same in ADTS, for AAC-LC alone. */
int silence_adts(uint32_t sample_rate, uint32_t channels, uint8_t out[static SILENCE_MAX],
                 size_t *len);
/* Layer II (2.4.1.6: no bits are allocated) or III. object_type: 0x6b (MPEG-1) or 0x69, as in
 * track_params. */
int silence_mpeg(unsigned layer, uint8_t object_type, uint32_t sample_rate, uint32_t channels,
                 uint8_t out[static SILENCE_MAX], size_t *len);
/* dops: what the dOps box holds. 20 ms, with its control header; *pmt_config is what
 * audio_frame_params wants beside it. */
int silence_opus(const uint8_t *dops, size_t dops_len, uint8_t out[static SILENCE_MAX], size_t *len,
                 uint8_t *pmt_config);

#endif
