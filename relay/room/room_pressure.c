/* What a room gives up because all rooms together hold too much. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/log.h"
#include "relay/room/beside.h"
#include "relay/room/budget.h"
#include "relay/room/room_inside.h"

#include <inttypes.h>

void room_weigh(const struct room *r, struct pressure_weight *out)
{
    uint64_t most = r->env->config->limits.room_bytes;
    budget_weigh(&r->presentation, out);
    if (out->needed > most) /* its list will never be as long as it should be */
        out->needed = most;
}

size_t room_give_up(struct room *r, uint64_t level_bytes, size_t most_segments, int64_t now_us)
{
    struct presentation *p = &r->presentation;
    size_t n = budget_give_up(p, level_bytes, most_segments, now_us);
    if (n == 0)
        return 0;
    beside_slide(p);
    for (size_t i = 0; i < p->count; i++)
        rendition_measure(p->renditions[i], p->target_duration_s);
    showcase_touch(&r->showcase);
    room_show_soon(r);
    if (now_us >= r->say_pressure_us) {
        log_warn(r->ctx,
                 "gave_up segments=%" PRIu64 " bytes=%" PRIu64 " why=\"all rooms together hold "
                 "more than limits.memory_mb allows, and this is one of the largest\"",
                 p->counters.given_up, budget_used_bytes(p));
        r->say_pressure_us = now_us + PRESSURE_SAY_US;
    }
    return n;
}
