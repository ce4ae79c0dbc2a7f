/* Reads Opus as MPEG transport streams carry it and says what such a track is. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: any. Life: no state. Fails: as said at each function.
 * Standards: RFC 6716 3.1 (TOC), RFC 7845 5.1.1 (channel mapping); "Opus in MPEG-2 TS" 0.1.3
 * (opus_control_header, channel_config_code); "Encapsulation of Opus in ISO BMFF" 0.8.1 4.3.2
 * (dOps).
 */
#ifndef CODECS_OPUS_H
#define CODECS_OPUS_H

#include "codecs/audio_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPUS_CONFIG_UNSAID = 0xff }; /* no channel_config_code: mapping family 0, stereo */

/* Can a channel_config_code be carried? All but an explicit mapping in the descriptor. */
bool opus_config_is_known(uint8_t channel_config_code);
/* Samples at 48 kHz of a packet; 0 when it is none. */
uint32_t opus_packet_samples(const uint8_t *packet, size_t len);

/* For the table in audio_frame.c; see there. */
int opus_frame_read(const uint8_t *data, size_t len, struct audio_frame *out);
int opus_params(uint8_t pmt_config, const uint8_t *frame, size_t len, struct track_params *out);

#endif
