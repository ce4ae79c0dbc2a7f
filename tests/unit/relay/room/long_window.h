/* A stage whose room hall has parts and a window of minutes. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_LONG_WINDOW_H
#define TESTS_UNIT_ROOM_LONG_WINDOW_H

#include "tests/unit/relay/room/ll_actors.h"
#include "tests/unit/relay/room/stage.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENT_BYTES = 4 * 2500 + 10 }; /* of ll_run's video */

static inline int set_window(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.hls.low_latency = true;
    s->config.hls.part_ms = 500;
    s->config.limits.room_bytes = 64 << 20;
    s->listed.window = strdup("5m");
    return err;
}

static inline int end_window(void **state)
{
    struct stage *s = *state;
    free(s->listed.window);
    return stage_strike(state);
}

#endif
