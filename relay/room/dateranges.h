/* A room's date ranges: splice points and tags of its feeds, as playlists tell them to viewers. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its ranges, bounded. Thread: control. Life: dateranges_init/_fini.
 * Fails:  as said; a store that is full refuses what is new, because what is listed must stay.
 *
 * Standard: draft-pantos-hls-rfc8216bis 4.4.5.1 (EXT-X-DATERANGE), 4.4.5.1.1 (SCTE-35), 6.2.1;
 * rules 55 and 56 of conformance.md. A range is one tag; the IN of a splice is a second tag with
 * the ID and START-DATE of its OUT, since a tag that was shown never changes. IDs hold the place on
 * the room's timeline, which never goes back: so they are never used again.
 *
 * A range's phases: taken (the room's clock is not known yet) -> dated (dateranges_date) -> shown
 * (dateranges_note) while it touches a listed segment or what comes after -> dropped
 * (dateranges_expire), and named to those who skip date ranges for a while.
 */
#ifndef RELAY_ROOM_DATERANGES_H
#define RELAY_ROOM_DATERANGES_H

#include "relay/base/text.h"
#include "relay/link/message.h"
#include "relay/room/epochs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DATERANGES_MAX = 64,
    DATERANGES_BYTES = 16384, /* of sections and tags together: twice as much text */
};

struct daterange; /* one splice or one tag */

/* What the ID attribute is made of. */
struct daterange_id {
    enum link_event_kind kind;
    uint32_t event, type;
    int64_t start_90k;
    uint32_t copies; /* of the same kind, event and start before it */
};

/* One that was shown and is no longer. */
struct daterange_gone {
    struct daterange_id id;
    int64_t since_us; /* 0: no playlist was made without it yet */
};

struct dateranges {
    struct daterange *items[DATERANGES_MAX]; /* in the order they came */
    size_t count, bytes;
    struct daterange_gone gone[DATERANGES_MAX]; /* for delta updates; the oldest first */
    size_t gone_count;
    int64_t forgot_us; /* when `gone` was too small last; 0: never */
    bool skips, whole; /* see dateranges_note */
    int64_t first_90k; /* nothing that ended before this is taken: its tag may have gone already */
    uint64_t revision; /* moves when the text changes */
    uint64_t refused;  /* the store was full, or the worker told nonsense */
};

void dateranges_init(struct dateranges *d);
void dateranges_fini(struct dateranges *d);
/* Takes an event of a worker. 0; -EALREADY: a repetition, or nothing to show; -EINVAL: not what a
 * worker should send; -ENOSPC, -ENOMEM. */
__attribute__((warn_unused_result)) int dateranges_take(struct dateranges *d,
                                                        const struct link_event *e);
/* Gives what has no date its date. Once given it stays, so the epochs must be those of the feed
 * that the events came from: call it once that has listed a segment. */
void dateranges_date(struct dateranges *d, struct epochs *e);
/* The feed is over, at end_90k: splices without an end will not get one. */
void dateranges_close(struct dateranges *d, int64_t end_90k);
/* Drops what ended before the first listed segment, which starts at first_90k. */
void dateranges_expire(struct dateranges *d, int64_t first_90k);
/* Before playlists are made at now_us: what has not been shown is shown from now on. Section
 * 6.2.5.1: delta updates that skip date ranges leave out what was shown more than span_us ago, and
 * name what was removed since; `skips` when there is anything to leave out, `whole` when not all
 * that was removed is known any more, so that none can be made. */
void dateranges_note(struct dateranges *d, int64_t now_us, int64_t span_us);
/* One line for each dated tag; recent: of those only that a delta update may not leave out. */
void dateranges_render(struct text *t, const struct dateranges *d, bool recent);
/* RECENTLY-REMOVED-DATERANGES, without quotes: IDs with tabs between them. */
void dateranges_render_removed(struct text *t, const struct dateranges *d);
/* A range as bytes that dateranges_unpack makes the same range of, in a program of the same build.
 * What they are long, or 0: out is too small. */
size_t dateranges_pack(const struct dateranges *d, size_t i, void *out, size_t size);
__attribute__((warn_unused_result)) int dateranges_unpack(struct dateranges *d, const void *bytes,
                                                          size_t len);

#endif
