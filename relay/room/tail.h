/* The end of a rendition's list: segments, parts and gaps, added in order. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing. Thread: control. Life: functions on a presentation. Fails: -ENOMEM; what was
 *         added until then stays, and is legal.
 */
#ifndef RELAY_ROOM_TAIL_H
#define RELAY_ROOM_TAIL_H

#include "relay/room/presentation.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest EXTINF that still rounds to the target duration (rule 11). */
int64_t tail_longest_90k(const struct presentation *p);
/* Appends s; its sequence and breaks are filled in here. part: its first one when it is open.
 * least: its sequence at least. */
int tail_append(struct presentation *p, struct rendition *r, struct window_segment *s,
                const struct window_part *part, uint64_t least);
/* Adds a part to r's open segment and numbers it. */
int tail_extend(struct presentation *p, struct rendition *r, const struct window_part *part,
                uint32_t samples);
/* r's open segment is whole. blob NULL: as long as its parts, because nothing more will come. */
void tail_complete(struct presentation *p, struct rendition *r, struct blob *blob, bool same_file,
                   uint32_t iframe_bytes, int64_t now_us);
/* Lists one part of a hole: a gap of that length at the end of r, at that time. In a list without
 * parts, and in any when `whole`, the segment that it belongs to ends with it; begins: with it
 * another one begins. No segment of media may be open. */
int tail_gap_part(struct presentation *p, struct rendition *r, int64_t start_90k,
                  int64_t duration_90k, bool begins, bool whole, int64_t now_us);
/* The gap that is open at the end of r is whole. */
void tail_close_gap(struct presentation *p, struct rendition *r, int64_t now_us);
/* r's open segment will never be whole and must not be shorter than in the other lists (rule 32): a
 * gap. False: the others' is not whole yet. */
bool tail_give_up(struct presentation *p, struct rendition *r, int64_t now_us);
/* Fills r with gaps up to, not including, MSN `until`, whose segment starts at start_90k and has
 * `init`: the gaps of its own epoch have the same, so that the map changes at the break. */
int tail_fill(struct presentation *p, struct rendition *r, uint64_t until, int64_t start_90k,
              struct blob *init, int64_t now_us);
/* The feed is over: fills r up to the newest MSN of all, from where its own media ended. */
int tail_level(struct presentation *p, struct rendition *r, int64_t now_us);
/* Renditions without media in this session go along with gaps, at once when the session does not
 * have such a track, else when they are too far behind (rule 27). */
int tail_pull_others(struct presentation *p, const struct rendition *leader, int64_t now_us);

#endif
