/* Is the relay ready to take publishers? For load balancers and supervisors. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/health.h"

#include <inttypes.h>

int health_render_ready(struct text *t, const struct source *src)
{
    if (rooms_workers_are_up(src->rooms)) {
        text_puts(t, "ready\n");
        return 200;
    }
    text_puts(t, "not ready: these workers are not up:");
    for (uint32_t i = 0; i < rooms_workers(src->rooms); i++) {
        struct worker_facts w;
        rooms_worker_facts(src->rooms, i, &w);
        if (!w.up)
            text_printf(t, " %" PRIu32, i);
    }
    text_puts(t, "\n");
    return 503;
}
