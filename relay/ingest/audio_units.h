/* Audio frames out of PES payloads: split where several come, joined where one is in pieces. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the head of a frame whose rest has not come, bounded. Thread: the worker's loop.
 * Life:   audio_units_new/audio_units_free. Fails: -ENOMEM.
 *
 * ISO/IEC 13818-1 section 2.4.3.7: a PES packet's time is that of the first frame that begins in
 * it; the others follow by their own lengths.
 */
#ifndef RELAY_INGEST_AUDIO_UNITS_H
#define RELAY_INGEST_AUDIO_UNITS_H

#include "codecs/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audio_units;

/* One frame as audio_frame.h reads it, with its time (33 bit). */
typedef void audio_unit_fn(void *ctx, const uint8_t *frame, size_t len, uint64_t pts);

__attribute__((warn_unused_result)) int
audio_units_new(struct audio_units **out, enum codec_id codec, audio_unit_fn *fn, void *ctx);
void audio_units_free(struct audio_units **a);
/* One PES payload; has_time false: it goes on where the last frame ended. False when its time
 * cannot be told and it was left out. */
bool audio_units_take(struct audio_units *a, const uint8_t *data, size_t len, bool has_time,
                      uint64_t pts);
/* Bytes are missing: what was carried over is worth nothing. */
void audio_units_break(struct audio_units *a);
/* Times that what followed a frame was none. */
uint64_t audio_units_lost_sync(const struct audio_units *a);

#endif
