/* One program's MPEG-2 transport stream by libavformat: the segmenter decides when, this how. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the muxer's context and buffers. Thread: the worker's loop. Life: ts_mux_new/ts_mux_free.
 * Fails:  -ENOMEM, -EINVAL (a unit the muxer refuses), -EIO or what the sink said.
 *
 * ISO/IEC 13818-1. Continuity counters are counted here, not by the muxer: they go on where
 * another one, perhaps in another process, has stopped. PIDs never change. Timestamps are those of
 * the room's timeline modulo 2^33; PCR is TS_MUX_DELAY_90K before DTS and comes every 100 ms at
 * least (2.7.2). Every unit is a PES packet of its own, so nothing is held back.
 */
#ifndef RELAY_PACKAGE_TS_MUX_H
#define RELAY_PACKAGE_TS_MUX_H

#include "codecs/codec.h"
#include "relay/link/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_MUX_DELAY_90K (90000 * 7 / 10)

struct ts_mux;
/* Receives whole packets, in order; 0 or -errno. */
typedef int ts_mux_sink(void *ctx, const uint8_t *packets, size_t len);

struct ts_mux_unit {
    const uint8_t *data; /* Annex B with its AUD, ADTS, or an AC-3, E-AC-3 or MPEG audio frame */
    size_t len;
    int64_t pts_90k, dts_90k; /* DTS grows within its stream */
    bool video, sync;
};

/* Can HLS have it in a transport stream? conformance rule 42: HEVC not. */
bool ts_mux_carries(enum codec_id codec);
/* Either codec may be CODEC_NONE. audio_rate: of MPEG audio, whose stream type depends on it.
 * counters: the next ones of PAT, PMT, video and audio. */
__attribute__((warn_unused_result)) int ts_mux_new(struct ts_mux **out, enum codec_id video,
                                                   enum codec_id audio, uint32_t audio_rate,
                                                   const uint8_t counters[static LINK_TS_PIDS],
                                                   ts_mux_sink *sink, void *ctx);
void ts_mux_free(struct ts_mux **m);
/* A segment begins: PAT and PMT come before the next unit. */
void ts_mux_begin(struct ts_mux *m);
__attribute__((warn_unused_result)) int ts_mux_write(struct ts_mux *m, const struct ts_mux_unit *u);
/* Gives all that is buffered to the sink. */
__attribute__((warn_unused_result)) int ts_mux_flush(struct ts_mux *m);
/* The next ones, after a flush. */
void ts_mux_counters(const struct ts_mux *m, uint8_t counters[static LINK_TS_PIDS]);

#endif
