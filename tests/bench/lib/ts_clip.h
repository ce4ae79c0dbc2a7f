/* A transport stream file that can be sent for ever: packets of loop k are those of the file with
 * timestamps moved by k loop lengths and continuity counters that go on. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the file's bytes and one mark per packet; immutable after ts_clip_open.
 * Thread: any. Life: ts_clip_open/ts_clip_free.
 * Fails:  -errno; a file that is not what it needs (188-byte packets, a PCR, one video stream that
 *         starts with a random access point) is refused with one sentence on stderr.
 */
#ifndef TESTS_BENCH_LIB_TS_CLIP_H
#define TESTS_BENCH_LIB_TS_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_PACKET_BYTES = 188 };

/* How packets are spread over time. */
enum ts_pace {
    TS_PACE_PCR,    /* evenly between two PCRs, as a constant-rate multiplexer sends */
    TS_PACE_FRAMES, /* each access unit whole at its DTS, as OBS and `ffmpeg -re` send */
};

struct ts_clip;

__attribute__((warn_unused_result)) int ts_clip_open(struct ts_clip **out, const char *path,
                                                     enum ts_pace pace);
void ts_clip_free(struct ts_clip **c);
size_t ts_clip_packets(const struct ts_clip *c);
/* One loop: last video DTS - first video DTS + one frame. */
int64_t ts_clip_loop_us(const struct ts_clip *c);
/* Groups of pictures in one loop. */
uint32_t ts_clip_gops(const struct ts_clip *c);
/* When packet `index` of loop `loop` is due, relative to packet 0 of loop 0. */
int64_t ts_clip_due_us(const struct ts_clip *c, size_t index, uint32_t loop);
/* Is the packet the last one of a video access unit? */
bool ts_clip_ends_frame(const struct ts_clip *c, size_t index);
/* Is the packet the last one of the access unit before an IDR? */
bool ts_clip_ends_gop(const struct ts_clip *c, size_t index);
/* Writes the 188 bytes of packet `index` as loop `loop` carries them. */
void ts_clip_write(const struct ts_clip *c, size_t index, uint32_t loop, uint8_t *out);

#endif
