/* One rendition's segments: the removed ones still downloadable, the listed ones, the open one. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   a reference on each blob in it. Thread: control. Life: window_init/window_fini.
 * Fails:  window_append: -ENOMEM. Open only to its siblings in room/, which read it in place.
 *
 * MSNs in a window are consecutive: a hole is an entry with `gap`. A segment's phases: open (parts
 * are added to it: window_extend; the last one only) -> whole (window_complete, or from the start)
 * -> retained (window_slide; conformance rule 24) -> dropped (window_expire), or dropped early
 * (window_shed_*) when the room is over its budget of bytes. "Listed" is open or whole.
 */
#ifndef RELAY_ROOM_WINDOW_H
#define RELAY_ROOM_WINDOW_H

#include "relay/room/blob.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* draft-pantos-hls-rfc8216bis section 3.2: some of its segment's samples, a slice of its file. */
struct window_part {
    uint64_t number; /* running, in its rendition: its URL; none in a gap */
    uint32_t offset, bytes, duration_90k;
    bool independent;
    bool last; /* of its segment, which is about to be whole */
    bool gap;  /* GAP=YES: it takes the place of media that never came, and has no bytes */
};

struct window_segment {
    uint64_t msn;
    uint64_t sequence; /* discontinuity sequence number */
    uint32_t breaks;   /* EXT-X-DISCONTINUITY tags that stand before it */
    uint32_t bytes, samples;
    uint32_t iframe_bytes; /* from its start to the end of its IDR; 0: not known */
    int64_t start_90k, duration_90k;
    int64_t wall_us; /* PROGRAM-DATE-TIME */
    bool independent, gap, open;
    struct blob *blob;         /* NULL in a gap, and while it is open */
    struct blob *init;         /* NULL only while the rendition never had one */
    struct blob *file;         /* what its parts are slices of; NULL: it has none */
    struct window_part *parts; /* malloc's */
    uint32_t part_count;
    int64_t listed_us;     /* when it was listed whole, monotonic */
    int64_t longest_90k;   /* the longest list that held it */
    int64_t keep_until_us; /* retained only */
};

struct window {
    struct window_segment *items; /* [0, retained) retained, [retained, count) listed */
    size_t retained, count, size;
    uint64_t bytes;      /* of all segments and inits held here */
    uint64_t revision;   /* moves when the list's text changes ... */
    uint64_t shelved;    /* ... and this when what can be downloaded does, open segments aside */
    uint64_t parts_from; /* the first MSN whose parts are still listed */
};

void window_init(struct window *w);
void window_fini(struct window *w);
/* Lists s behind the last one, which is not open; takes its references; on error they stay the
 * caller's. */
__attribute__((warn_unused_result)) int window_append(struct window *w,
                                                      const struct window_segment *s);
/* Puts s behind the last one just as it is, as an item of a window that another process had; takes
 * its references and parts; on error they stay the caller's. */
__attribute__((warn_unused_result)) int
window_restore(struct window *w, const struct window_segment *s, bool retained);
/* A copy that window_extend can go on with, malloc's; NULL: no memory. */
struct window_part *window_parts_copy(const struct window_part *parts, size_t count);
/* Adds a part to the open segment, whose samples, bytes and duration grow. */
__attribute__((warn_unused_result)) int
window_extend(struct window *w, const struct window_part *part, uint32_t samples);
/* The open segment is whole: blob holds it, and its parts too when same_file. Takes a reference. */
void window_complete(struct window *w, struct blob *blob, bool same_file, int64_t now_us);
/* The open segment becomes a gap of that length. The parts that it has stay as they were listed:
 * they can be had, and a list that is reloaded may not change them (rule 21). */
void window_give_up(struct window *w, int64_t duration_90k, int64_t now_us);
/* The open segment, whose parts are gaps, has all of them. */
void window_close_gap(struct window *w, int64_t now_us);
/* Does the list end with something that never was, so that nothing can be promised next? */
bool window_ends_in_gap(const struct window *w);
/* Parts further than that from the end are no longer listed; a segment's go together (rule 26). */
void window_list_parts(struct window *w, int64_t span_90k);
size_t window_listed(const struct window *w);
size_t window_whole(const struct window *w);                /* listed, and not open */
struct window_segment *window_open(const struct window *w); /* NULL: none is */
const struct window_segment *
window_newest(const struct window *w);                             /* the last whole one, or NULL */
const struct window_segment *window_first(const struct window *w); /* NULL: nothing listed */
const struct window_segment *window_last(const struct window *w);
/* The listed segment of that number, or NULL. */
const struct window_segment *window_find(const struct window *w, uint64_t msn);
int64_t window_duration_90k(const struct window *w); /* of what is listed */
/* The furthest MSN that may become first if `segments` whole ones and `duration_90k` must stay
 * listed. */
uint64_t window_limit(const struct window *w, size_t segments, int64_t duration_90k);
/* Takes everything before first_msn off the list; it stays downloadable by rule 24, and in any
 * case grace_us and its own duration longer; gaps do not. */
void window_slide(struct window *w, uint64_t first_msn, int64_t now_us, int64_t grace_us);
/* Drops what was retained long enough. True when there was any. */
bool window_expire(struct window *w, int64_t now_us);
/* Drops the oldest retained segment. False: there is none. */
bool window_shed_retained(struct window *w);
/* Drops the oldest listed segment and everything retained, but never the last whole one. False: it
 * is. */
bool window_shed_listed(struct window *w);

#endif
