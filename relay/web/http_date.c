/* HTTP dates, formatted once per second of interest instead of once per reply. */
/* SPDX-License-Identifier: MIT */
#include "relay/web/http_date.h"

#include "relay/base/clock.h"

enum { US_PER_S = 1000000 };

const char *http_date_text(struct http_date *d, int64_t wall_us)
{
    int64_t second = wall_us / US_PER_S;
    struct http_date_slot *slot = &d->slots[(uint64_t)second % HTTP_DATE_SLOTS];
    if (slot->second != second || !slot->text[0]) {
        clock_http_date(wall_us, slot->text);
        slot->second = second;
    }
    return slot->text;
}

const char *http_date_now(struct http_date *d, int64_t now_mono_us)
{
    if (now_mono_us >= d->next_us) {
        int64_t wall_us = clock_wall_us();
        clock_http_date(wall_us, d->now.text);
        d->next_us = now_mono_us + US_PER_S - wall_us % US_PER_S;
    }
    return d->now.text;
}
