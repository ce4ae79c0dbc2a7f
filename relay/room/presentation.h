/* What a room plays: its renditions and the numbers that bind them to one timeline. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its renditions. Thread: control. Life: presentation_init/_fini.
 * Fails:  -ENOMEM and as said. Open only to its siblings in room/, which read it in place.
 *
 * The rules that are kept here, whatever feeds come and go:
 * - equal MSN is matching content in all renditions: MSN = a session's base + the feed's sequence;
 * - a rendition's MSNs have no holes: what is missing becomes an EXT-X-GAP, and a rendition that
 *   the session does not have, or that lags, follows the others with gaps;
 * - a rendition's last segment may be open: its parts are listed while it grows, and whatever ends
 * it early makes it a segment of the parts that it has, so that nothing listed disappears;
 * - MSN, discontinuity sequence, timeline and TARGETDURATION never go back or change.
 */
#ifndef RELAY_ROOM_PRESENTATION_H
#define RELAY_ROOM_PRESENTATION_H

#include "relay/room/dateranges.h"
#include "relay/room/drift.h"
#include "relay/room/epochs.h"
#include "relay/room/rendition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PRESENTATION_RENDITIONS = 2 * LINK_TRACKS_MAX + 1,
    PRESENTATION_LAG = 3,  /* segments a rendition may be behind before it gets gaps */
    PRESENTATION_JUMP = 32 /* MSNs that may be missing at once; more is a worker's mistake */
};

/* Where a presentation's numbers begin: never below any that this URL had before. */
struct presentation_start {
    uint64_t msn, sequence, part;
    int64_t start_90k;
    int64_t end_wall_us;        /* no date may lie before it; 0: any */
    uint32_t target_duration_s; /* of the playlists that viewers may still have; 0: none has */
    uint32_t part_target_ms;    /* the same, and only then */
    bool part_ranges, is_public;
};

/* A segment on its way in; the references stay the caller's. */
struct arrival {
    uint64_t msn;
    int64_t start_90k, duration_90k;      /* DTS */
    int64_t present_90k, capture_wall_us; /* PTS of the first sample, and when it was captured */
    uint32_t bytes, samples;
    bool independent, discontinuity, gap;
    uint32_t iframe_bytes;
    struct blob *blob, *init;
    struct blob *file;                 /* of a part 0, and then no blob: it opens its segment */
    const struct window_part *part;    /* the same; its number is given here */
    const struct track_params *params; /* NULL: as before */
};

struct presentation_counters {
    uint64_t segments, bytes, gaps, late, over_target, shed_retained, shed_listed, given_up;
};

struct presentation {
    struct epochs epochs;
    struct drift drift;                                    /* of its first rendition */
    struct rendition *renditions[PRESENTATION_RENDITIONS]; /* video, audio, muxed; by rank */
    size_t count;
    uint64_t next_msn;            /* one past the highest ever listed */
    uint64_t next_part;           /* the same of the numbers of parts, over all renditions */
    int64_t end_90k;              /* end of everything so far: where the next session starts */
    int64_t end_wall_us;          /* the same as PROGRAM-DATE-TIME; 0: nothing yet */
    uint32_t target_duration_s;   /* 0 until the first segment freezes it */
    uint32_t part_target_ms;      /* for the room's life; 0: no low latency */
    bool part_ranges;             /* parts are byte ranges of their segment's URL */
    bool begun;                   /* this session has listed something ... */
    int64_t first_us;             /* ... and a whole segment since; 0: not yet */
    bool settled;                 /* this session's renditions may stand in the multivariant */
    bool ended, is_public;        /* ENDLIST is in; viewers may see it (doors.h) */
    struct captions captions;     /* seen in its pictures so far, over all sessions */
    struct dateranges dateranges; /* for every media playlist */
    struct presentation_counters counters;
    uint8_t ts_counters[LINK_TS_PIDS]; /* of its transport stream, after its newest segment */
};

void presentation_counters_add(struct presentation_counters *sum,
                               const struct presentation_counters *c);
void presentation_init(struct presentation *p, const struct presentation_start *start);
void presentation_fini(struct presentation *p);
/* A new session: its renditions are not known yet. What is listed stays as it is until its first
 * segment; that one stands behind a discontinuity, or in an empty list when the last one ended. */
void presentation_open(struct presentation *p);
/* The same for a session that goes on in the last one's clock and media: no break. */
void presentation_go_on(struct presentation *p);
/* The rendition for a track of that kind and rank, new or known; the next rank that is free when
 * the session has it already. -ENOSPC, -ENOMEM. */
int presentation_claim(struct presentation *p, enum codec_kind kind, uint32_t rank,
                       struct rendition **out);
/* A rendition for a picture beside the main feed's: one that was left and goes on with the same
 * init segment, whose ETag that is, or a new one that nobody sees yet. -ENOSPC, -ENOMEM. */
int presentation_join(struct presentation *p, const char *init_etag, struct rendition **out);
/* It was left: gaps follow. One that nobody ever saw is freed. */
void presentation_leave(struct presentation *p, struct rendition *r, int64_t now_us);
/* Lists a segment, and gaps where the rules above want them. -EALREADY: its place is taken (late);
 * -ERANGE: its MSN or its time cannot be; -ENOMEM. target_duration_s must be frozen. */
int presentation_add(struct presentation *p, struct rendition *r, const struct arrival *a,
                     int64_t now_us);
/* Opens a segment with its part 0. As presentation_add, but what is late is not counted. */
int presentation_begin(struct presentation *p, struct rendition *r, const struct arrival *a,
                       int64_t now_us);
/* r's open segment is whole: see tail_complete. */
int presentation_complete(struct presentation *p, struct rendition *r, struct blob *blob,
                          bool same_file, uint32_t iframe_bytes, int64_t now_us);
/* r's newest segment has just come whole: the dates of those that follow keep up with wall_us. */
void presentation_keep_time(struct presentation *p, const struct rendition *r, int64_t wall_us);
/* How long at least what left the list stays downloadable, beside its own duration. */
int64_t presentation_grace_us(const struct presentation *p);
/* Every announced track has a segment, or a second has passed since the first one. */
bool presentation_is_ready(const struct presentation *p, int64_t now_us);
int64_t presentation_longest_90k(const struct presentation *p); /* of its lists */
bool presentation_has_media(const struct presentation *p);      /* listed or retained */

#endif
