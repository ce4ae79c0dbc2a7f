/* Where a room's numbers begin, so that none ever goes back: not for a viewer of years either. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/numbers.h"

#include <string.h>

static const int64_t epoch_us = INT64_C(1767225600000000); /* 2026-01-01T00:00:00Z */
static const int64_t first_90k = 10 * 90000; /* a timeline starts at 10 s: B-frames may look back */
static const int64_t viewers_us = INT64_C(3600000000); /* so long a player may wait for us */

enum {
    PARTS_A_SECOND = 8, /* more than any room lists */
    /* hls.js 1.7 walks through all discontinuity sequence numbers below a list's at each reload,
     * which at one a second is half a second of processor. */
    SEQUENCE_S = 600,
    /* A record may be a moment old where it went to a disk; in that time no room lists more. */
    MSN_RESERVE = 8,
    SEQUENCE_RESERVE = 1,
};

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void numbers_first(struct presentation_start *floor)
{
    *floor = (struct presentation_start){.start_90k = first_90k};
}

/* Viewers of before may still be here: what a list may not change stays as it was. */
static void resume(struct presentation_start *s, const struct journal_entry *e, int64_t wall_us)
{
    s->msn = higher(s->msn, e->msn + MSN_RESERVE);
    s->sequence = higher(s->sequence, e->sequence + 1 + SEQUENCE_RESERVE);
    s->part = higher(s->part, e->part + MSN_RESERVE * PARTS_A_SECOND);
    s->start_90k = e->end_90k > s->start_90k ? e->end_90k : s->start_90k;
    s->end_wall_us = e->end_wall_us;
    if (wall_us - e->noted_wall_us > viewers_us)
        return;
    s->target_duration_s = e->target_duration_s;
    s->part_target_ms = e->part_target_ms;
    s->part_ranges = e->part_ranges != 0;
    s->is_public = e->is_public != 0;
}

void numbers_start(const struct journal *j, const char *room,
                   const struct presentation_start *floor, int64_t wall_us,
                   struct presentation_start *out)
{
    struct journal_entry e;
    uint64_t seconds = wall_us > epoch_us ? (uint64_t)(wall_us - epoch_us) / 1000000 : 0;
    *out = *floor;
    out->msn = higher(out->msn, seconds);
    out->sequence = higher(out->sequence, seconds / SEQUENCE_S);
    if (j && journal_find(j, room, &e))
        resume(out, &e, wall_us);
    out->part = higher(out->part, out->msn * PARTS_A_SECOND);
}

void numbers_note(struct journal *j, const char *room, const struct presentation *p, bool over,
                  int64_t wall_us)
{
    struct journal_entry was, e = {.msn = p->next_msn,
                                   .sequence = p->epochs.list[p->epochs.count - 1].sequence,
                                   .part = p->next_part,
                                   .end_90k = p->end_90k,
                                   .end_wall_us = p->end_wall_us,
                                   .target_duration_s = over ? 0 : p->target_duration_s,
                                   .part_target_ms = p->part_target_ms,
                                   .part_ranges = p->part_ranges,
                                   .is_public = !over && !p->ended && p->is_public};
    bool known = journal_find(j, room, &was);
    if (p->count == 0 && !(over && known)) /* it has told viewers nothing yet */
        return;
    if (known) {
        e.noted_wall_us = was.noted_wall_us;
        if (memcmp(&was, &e, sizeof(e)) == 0)
            return;
    }
    e.noted_wall_us = wall_us;
    journal_note(j, room, &e);
}
