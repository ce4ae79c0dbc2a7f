/* libavformat's TS demuxer on a coroutine: pushed bytes in, whole PES payloads out. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the demuxer, its stack and buffers. Thread: the worker's loop.
 * Life:   ts_demux_new -> ts_demux_push ... -> ts_demux_end -> ts_demux_free (free ends it first).
 * Fails:  -ENOMEM; a demuxer that gave up says so by ts_demux_push's -EIO.
 *
 * The demuxer pulls, and any error from its read callback, EAGAIN included, makes it emit truncated
 * frames as good ones. So it runs on a stack of its own and its callback yields while there is
 * nothing to read. It sees only what ts_filter lets through. The packet callback runs on that
 * stack: it must not call ts_demux_* and must not keep the bytes.
 */
#ifndef RELAY_INGEST_TS_DEMUX_H
#define RELAY_INGEST_TS_DEMUX_H

#include "relay/ingest/ts_filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ts_demux;

struct ts_pes {
    size_t track; /* index in the layout, which the PID says */
    const uint8_t *data;
    size_t len;
    bool has_time;             /* raw_pts and raw_dts are set */
    uint64_t raw_pts, raw_dts; /* 33 bit */
    bool corrupt;              /* packets of it are missing */
};

typedef void ts_demux_fn(void *ctx, const struct ts_pes *pes);

/* max_pes: a longer one comes in pieces, all but the first without time. */
__attribute__((warn_unused_result)) int ts_demux_new(struct ts_demux **out, size_t max_pes,
                                                     ts_demux_fn *fn, void *ctx);
void ts_demux_free(struct ts_demux **d);
/* Gives it whole TS packets and runs it until it wants more. 0, -EIO, or -ENOMEM when
 * it had no memory; it is over then. */
__attribute__((warn_unused_result)) int ts_demux_push(struct ts_demux *d, const uint8_t *bytes,
                                                      size_t len);
/* No more bytes: what is half assembled comes out as it is. */
void ts_demux_end(struct ts_demux *d);
/* Is the PES that is being given out the last of all, flushed by ts_demux_end? */
bool ts_demux_is_ending(const struct ts_demux *d);
size_t ts_demux_stack_used(const struct ts_demux *d);
/* Routes libavutil's log into ours, bounded; once per process. */
void ts_demux_setup_log(void);

#endif
