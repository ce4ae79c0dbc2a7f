/* The text of a media playlist, of its delta update, and of the list of its I-frames. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: draft-pantos-hls-rfc8216bis (RFC 8216); the rule numbers are those of conformance.md.
 * Owns:   struct playlist_runs owns its texts. Thread: control. Life: pure functions; runs: zero to
 *         begin with, playlist_runs_fini. Fails: never; a failed text says so itself.
 */
#ifndef RELAY_ROOM_PLAYLIST_H
#define RELAY_ROOM_PLAYLIST_H

#include "relay/base/press.h"
#include "relay/room/blob.h"
#include "relay/room/dateranges.h"
#include "relay/room/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYLIST_TYPE "application/vnd.apple.mpegurl"

/* What is to be written. URIs are relative to /live/ROOM/: "video/28123456.m4s",
 * "video/p225000123.m4s", "video/init-5f3a9c01.mp4", "ts/28123456.ts". */
struct playlist {
    const struct window *window;
    const char *rendition; /* whose files it lists */
    uint32_t target_duration_s;
    uint32_t part_target_ms;             /* 0: no low latency */
    uint64_t next_part;                  /* the number that the next part will have */
    const struct dateranges *dateranges; /* NULL: none are told */
    bool part_ranges;                    /* parts are byte ranges of their segments */
    bool iframes; /* EXT-X-I-FRAMES-ONLY: the IDR that each segment starts with */
    bool ts;      /* segments are transport streams: no maps, no parts */
    bool ended;   /* EXT-X-ENDLIST */
};

/* Runs of segments whose text does not change any more, kept compressed: what a long list costs
 * does not grow with it. */
struct playlist_runs {
    struct playlist_run *list;
    size_t count;
};

/* Is the list long enough to have such runs? */
bool playlist_has_runs(const struct playlist *p);
void playlist_runs_fini(struct playlist_runs *r);
/* Everything but the rendition reports. */
void playlist_render(struct press *out, const struct playlist *p, struct playlist_runs *runs);
/* The same as an answer to _HLS_skip=YES; ranges: to v2, which leaves out date ranges too. False,
 * and nothing: there is nothing to skip. */
bool playlist_render_delta(struct press *out, const struct playlist *p, bool ranges);
/* How far back delta updates reach, in seconds (section 4.4.3.8, the skip boundary). */
uint32_t playlist_skip_boundary_s(uint32_t target_duration_s);
/* EXT-X-RENDITION-REPORT on another playlist of the room. */
void playlist_report(struct text *t, const struct playlist *other);
/* The names of the files below the rendition. An init segment's name comes from its ETag, which is
 * a digest of its bytes: the URI never changes what it leads to (rule 17). */
void playlist_segment_name(uint64_t msn, bool ts, char out[static 48]);
void playlist_part_name(uint64_t number, char out[static 48]);
/* Of the n-th part of a segment, which is a gap: there is no such file. */
void playlist_gap_name(uint64_t msn, uint32_t n, char out[static 48]);
void playlist_init_name(const struct blob *init, char out[static 48]);
/* Where the next part will be found: its name, and its offset when it is a byte range. */
uint32_t playlist_hint(const struct playlist *p, char name[static 48]);
/* True when every listed segment starts with an IDR; gaps have nothing to start with. */
bool playlist_is_independent(const struct window *w);
/* True when an I-frame of a listed segment is known: else such a list would have nothing in it. */
bool playlist_has_iframes(const struct window *w);

#endif
