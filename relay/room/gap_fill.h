/* A hole's gaps: EXT-X-GAP segments of a target duration, with parts in low latency, as time goes.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; lists into a presentation. Thread: control. Life: functions.
 * Fails:  -ENOMEM; what was listed until then is legal.
 *
 * draft-pantos-hls-rfc8216bis 6.2.1: a new segment at the latest 1.5 target durations after the
 * last one, a new part within a part target; 4.4.4.7 and 4.4.4.9: what is missing has EXT-X-GAP and
 * GAP=YES. All renditions move together, so equal numbers go on meaning matching content.
 */
#ifndef RELAY_ROOM_GAP_FILL_H
#define RELAY_ROOM_GAP_FILL_H

#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stdint.h>

/* Brings all lists to the same MSN: the hole begins there for all. */
int gap_fill_level(struct presentation *p, int64_t now_us);
/* Lists what is due when the timeline has come to clock_90k. *open_90k: how much of a gap that is
 * not whole is listed, 0 to begin with. 1: a segment became whole; 0. */
int gap_fill_list(struct presentation *p, int64_t *open_90k, int64_t clock_90k, int64_t now_us);
/* The last gap ends at end_90k. */
int gap_fill_end(struct presentation *p, int64_t *open_90k, int64_t end_90k, int64_t now_us);

#endif
