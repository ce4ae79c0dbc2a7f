/* Reads MPEG audio headers (MP1, MP2, MP3) and says what such a track is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: as said at each function.
 * Standards: ISO/IEC 11172-3 2.4.1.3 and 2.4.2.3 (MPEG-1), ISO/IEC 13818-3 2.4.2.3 (half rates),
 * and the quarter rates in use as "MPEG-2.5"; ISO/IEC 14496-1 table 5 (objectTypeIndication).
 */
#ifndef CODECS_MPEG_AUDIO_H
#define CODECS_MPEG_AUDIO_H

#include "codecs/audio_frame.h"

#include <stddef.h>
#include <stdint.h>

struct mpeg_audio {
    uint8_t version; /* 1 and 2 as in the standards; 3 for "2.5" */
    uint8_t layer;   /* 1 to 3 */
    uint32_t bytes, samples, sample_rate, channels;
};

/* 0; -EAGAIN below 4 bytes; -EINVAL: no header, or free format (its length is not told). */
int mpeg_audio_parse(const uint8_t *data, size_t len, struct mpeg_audio *out);

/* For the table in audio_frame.c; see there. */
int mpeg_audio_frame_read(const uint8_t *data, size_t len, struct audio_frame *out);
int mpeg_audio_params(uint8_t pmt_config, const uint8_t *frame, size_t len,
                      struct track_params *out);

#endif
