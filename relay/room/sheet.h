/* A media playlist as it is served: its text and its delta, made again only where they changed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its bodies and the pieces they are made of. Thread: control. Life: zero to begin with;
 *         sheet_fini. Fails: -ENOMEM: what was served before stays.
 */
#ifndef RELAY_ROOM_SHEET_H
#define RELAY_ROOM_SHEET_H

#include "relay/room/body.h"
#include "relay/room/playlist.h"

#include <stdbool.h>
#include <stdint.h>

struct sheet {
    struct body *full;     /* NULL: nothing to show */
    struct body *delta;    /* NULL: nothing to skip */
    struct body *delta_v2; /* without date ranges that are old; NULL: there are none, or no delta */
    bool ended;            /* full has an EXT-X-ENDLIST */
    uint64_t first_msn, end_msn; /* that full lists, and behind its last whole segment */
    /* how it came about */
    struct press text, delta_text, delta_v2_text; /* without reports */
    bool has_delta, has_delta_v2;
    struct playlist_runs runs;
    struct text reports;
    uint64_t revision;
    bool made;
};

void sheet_fini(struct sheet *s);
/* There is nothing to show any more. */
void sheet_reset(struct sheet *s);
/* Would sheet_render change anything? revision: of what the playlist shows. */
bool sheet_is_stale(const struct sheet *s, const struct playlist *p, uint64_t revision);
/* reports: the rendition reports, as they stand now. */
__attribute__((warn_unused_result)) int sheet_render(struct sheet *s, const struct playlist *p,
                                                     uint64_t revision, const struct text *reports,
                                                     int64_t wall_us);

#endif
