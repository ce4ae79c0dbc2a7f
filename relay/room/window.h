/* One rendition's segments: the listed ones, and before them the removed ones still downloadable.
 */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each blob in it. Thread: control. Life: window_init/window_fini.
 * Fails:  window_append: -ENOMEM. Open only to its siblings in room/, which read it in place.
 *
 * MSNs in a window are consecutive: a hole is an entry with `gap`. A segment's phases: listed ->
 * retained (window_slide; conformance rule 24) -> dropped (window_expire), or dropped early
 * (window_shed_*) when the room is over its budget of bytes.
 */
#ifndef RELAY_ROOM_WINDOW_H
#define RELAY_ROOM_WINDOW_H

#include "relay/room/blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window_segment {
    uint64_t msn;
    uint64_t sequence; /* discontinuity sequence number */
    uint32_t breaks;   /* EXT-X-DISCONTINUITY tags that stand before it */
    uint32_t bytes, samples;
    int64_t start_90k, duration_90k;
    int64_t wall_us; /* PROGRAM-DATE-TIME */
    bool independent, gap;
    struct blob *blob;     /* NULL in a gap */
    struct blob *init;     /* NULL only while the rendition never had one */
    int64_t listed_us;     /* when it was listed, monotonic */
    int64_t longest_90k;   /* the longest list that held it */
    int64_t keep_until_us; /* retained only */
};

struct window {
    struct window_segment *items; /* [0, retained) retained, [retained, count) listed */
    size_t retained, count, size;
    uint64_t bytes;    /* of all segments and inits held here */
    uint64_t revision; /* moves when the list's text changes */
};

void window_init(struct window *w);
void window_fini(struct window *w);
/* Lists s behind the last one; takes its references; on error they stay the caller's. */
__attribute__((warn_unused_result)) int window_append(struct window *w,
                                                      const struct window_segment *s);
size_t window_listed(const struct window *w);
const struct window_segment *window_first(const struct window *w); /* NULL: nothing listed */
const struct window_segment *window_last(const struct window *w);
/* The listed segment of that number, or NULL. */
const struct window_segment *window_find(const struct window *w, uint64_t msn);
int64_t window_duration_90k(const struct window *w); /* of what is listed */
/* The furthest MSN that may become first if `segments` and `duration_90k` must stay listed. */
uint64_t window_limit(const struct window *w, size_t segments, int64_t duration_90k);
/* Takes everything before first_msn off the list; it stays downloadable by rule 24, and in any
 * case grace_us and its own duration longer; gaps do not. */
void window_slide(struct window *w, uint64_t first_msn, int64_t now_us, int64_t grace_us);
/* Drops what was retained long enough. True when there was any. */
bool window_expire(struct window *w, int64_t now_us);
/* Drops the oldest retained segment. False: there is none. */
bool window_shed_retained(struct window *w);
/* Drops the oldest listed segment and everything retained, but never the last. False: it is. */
bool window_shed_listed(struct window *w);

#endif
