/* The muxed output of a feed for old devices: video and one audio track in one transport stream. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its muxer, the open segment, and copies of units that wait for those of the other lane.
 * Thread: the worker's loop. Life: ts_track_new/ts_track_free. Fails: -errno; the feed then ends.
 *
 * Units leave in the order of their DTS. A segment begins with the first unit of the leading lane
 * (video while it comes, else audio) that has a new sequence number; what the other lane has
 * goes where its time says, as every player of transport streams expects. A lane that is
 * TS_WAIT_90K or TS_HELD_BYTES behind is not waited for; its units are still written when they
 * come.
 */
#ifndef RELAY_PACKAGE_TS_TRACK_H
#define RELAY_PACKAGE_TS_TRACK_H

#include "codecs/codec.h"
#include "relay/link/message.h"
#include "relay/package/cmaf_track.h"

#include <stdint.h>

#define TS_WAIT_90K   (2 * 90000)
#define TS_HELD_BYTES (16u << 20)

struct ts_track;

struct ts_track_out {
    void *ctx;
    /* Before the first segment: parameters of the track that leads. */
    void (*begin)(void *ctx, const struct track_params *p);
    /* Takes fd. counters: the stream's next ones, after this segment. */
    void (*segment)(void *ctx, const struct cmaf_track_segment *s,
                    const uint8_t counters[static LINK_TS_PIDS], int fd);
};

/* Either codec may be CODEC_NONE; ts_mux_carries both. track: the number its segments name. */
__attribute__((warn_unused_result)) int ts_track_new(struct ts_track **out, uint32_t track,
                                                     enum codec_id video, enum codec_id audio,
                                                     const uint8_t counters[static LINK_TS_PIDS],
                                                     const struct ts_track_out *cb);
void ts_track_free(struct ts_track **t);
/* p: of the track that this unit belongs to, H.264 or audio. */
__attribute__((warn_unused_result)) int
ts_track_push(struct ts_track *t, const struct track_params *p, const struct cmaf_track_written *u);
/* Writes what is held and ends the open segment. */
__attribute__((warn_unused_result)) int ts_track_finish(struct ts_track *t);

#endif
