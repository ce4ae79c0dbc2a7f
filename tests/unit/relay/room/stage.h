/* A stage for rooms: made-up workers on one side, checking viewers on the other, and a clock. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_STAGE_H
#define TESTS_UNIT_ROOM_STAGE_H

#include "relay/base/log.h"
#include "tests/unit/relay/room/descriptors.h"
#include "tests/unit/relay/room/stage_out.h"

#include <errno.h>

enum { STAGE_SEGMENT_90K = 180000 };

static inline int stage_set(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    const struct rooms_out out = {
        s, stage_show, stage_hide, stage_publish, stage_send, stage_hand, NULL, 2, 0};
    s->listed = (struct config_room){.name = strdup("hall"), .title = strdup("The \"Great\" Hall")};
    s->config.rooms.open = true;
    s->config.rooms.max = 8;
    s->config.rooms.resume_s = 60;
    s->config.rooms.takeover = TAKEOVER_REFUSE;
    s->config.rooms.list = &s->listed;
    s->config.rooms.list_count = 1;
    s->config.hls.window_segments = 6;
    s->config.hls.segment_ms = 2000;
    s->config.hls.max_target_duration_s = 10;
    s->config.limits.segment_bytes = 1 << 19;
    s->config.limits.room_bytes = 1 << 20;
    log_info("test", "curtain"); /* the log may open a description of stderr with its first line */
    s->fds = stage_fds();
    s->now_us = 1000000;
    s->wall_us = INT64_C(1792900800000000); /* 2026-10-25T04:00:00Z */
    assert_int_equal(0, rooms_new(&s->rooms, &s->config, &out, 2, s->now_us, s->wall_us));
    *state = s;
    return 0;
}

/* Nothing may be left: no blob, no descriptor. */
static inline int stage_strike(void **state)
{
    struct stage *s = *state;
    rooms_free(&s->rooms);
    for (size_t i = 0; i < VIEWERS_ROOMS; i++)
        room_view_unref(&s->viewers.views[i]);
    body_unref(&s->list);
    free(s->listed.name);
    free(s->listed.title);
    assert_int_equal(s->fds, stage_fds());
    free(s);
    assert_int_equal(0, blob_count());
    assert_int_equal(0, blob_bytes());
    return 0;
}

#endif
