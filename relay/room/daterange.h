/* One date range: what a room keeps of a splice or a tag, and the tags that tell of it. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its payloads. Thread: control. Life: made by dateranges.c; daterange_free.
 * Fails:  never. Open only to dateranges.c, which keeps them.
 */
#ifndef RELAY_ROOM_DATERANGE_H
#define RELAY_ROOM_DATERANGE_H

#include "relay/base/text.h"
#include "relay/link/event.h"
#include "relay/room/dateranges.h"

#include <stdbool.h>
#include <stdint.h>

/* A whole section or tag, in hexadecimal where it is shown. */
struct payload {
    uint32_t len;
    uint8_t bytes[];
};

struct daterange {
    struct daterange_id id; /* of its kind: POINT, OUT or ID3 */
    int64_t planned_90k;    /* -1: not said */
    bool auto_return;
    bool has_end;    /* an OUT: its IN came */
    bool is_over;    /* no IN will come any more */
    int64_t end_90k; /* has_end: of the IN; is_over: when that became known */
    bool dated;
    int64_t start_us;
    int64_t shown_us, end_shown_us; /* when its tags were first shown; 0: not yet */
    bool is_old, end_is_old;        /* longer ago than delta updates reach back */
    struct payload *start, *end;
};

void daterange_free(struct daterange **r);
/* The value of the ID attribute, without quotes. */
void daterange_render_id(struct text *t, const struct daterange_id *id);
/* Its tag; and the second one of a splice that has ended, which says what really was (rule 56). */
void daterange_render_start(struct text *t, const struct daterange *r);
void daterange_render_end(struct text *t, const struct daterange *r);

#endif
