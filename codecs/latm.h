/* Takes AAC frames out of LATM/LOAS and puts each beside its configuration. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; points into nobody's bytes. Thread: any, one at a time per object. Life: zeroed
 * by the caller, no end needed. Fails: as said at each function.
 * Standard: ISO/IEC 14496-3:2009 1.7.2 (AudioSyncStream), 1.7.3 (AudioMuxElement).
 *
 * LATM packs a frame's bits where they fall, and says the configuration only now and then. So each
 * frame is handed out as a "unit" that stands alone: a byte that is the length of an
 * AudioSpecificConfig, that config, and the frame on whole bytes, every bit of it as it came.
 */
#ifndef CODECS_LATM_H
#define CODECS_LATM_H

#include "codecs/audio_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LATM_FRAME_MAX = 3 + 8191, /* 1.7.2: audioMuxLengthBytes has 13 bits */
    LATM_CONFIG_MAX = 128,
    LATM_UNIT_MAX = 1 + LATM_CONFIG_MAX + LATM_FRAME_MAX,
};

/* The StreamMuxConfig in force. */
struct latm {
    bool has_config;
    uint8_t frames; /* in each AudioMuxElement */
    bool other_data, crc;
    uint32_t other_bits;
    uint32_t frame_samples, sample_rate;
    uint8_t config_len, config[LATM_CONFIG_MAX];
};

typedef void latm_fn(void *ctx, const uint8_t *unit, size_t len, uint32_t samples,
                     uint32_t sample_rate);

/* The length of the AudioSyncStream frame at data. 0, -EAGAIN below 3 bytes, -EINVAL. */
int latm_sync(const uint8_t *data, size_t len, uint32_t *bytes);
/* One whole AudioSyncStream frame: fn gets each unit in it. 0; -EAGAIN before the first
 * configuration; -EINVAL: broken, or not one AAC-LC, HE-AAC program of one layer. */
int latm_take(struct latm *l, const uint8_t *data, size_t len, latm_fn *fn, void *ctx);

/* For the table in audio_frame.c: a unit is one frame. */
int latm_unit_read(const uint8_t *data, size_t len, struct audio_frame *out);
int latm_unit_params(uint8_t pmt_config, const uint8_t *unit, size_t len, struct track_params *out);

#endif
