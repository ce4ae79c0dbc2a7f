/* A stage for rooms: made-up workers on one side, checking viewers on the other, and a clock. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_STAGE_H
#define TESTS_UNIT_ROOM_STAGE_H

#include "relay/base/log.h"
#include "relay/room/rooms.h"
#include "tests/unit/relay/room/descriptors.h"
#include "tests/unit/relay/room/ll_check.h"
#include "tests/unit/relay/room/viewers.h"

#include <errno.h>

enum { STAGE_SENT = 64, STAGE_SEGMENT_90K = 180000 };

struct stage {
    struct config config;
    struct config_room listed;
    struct rooms *rooms;
    struct viewers viewers;
    struct body *list; /* rooms.json */
    unsigned published, hidden;
    char hidden_room[80];
    struct link_message sent[STAGE_SENT]; /* a ring */
    size_t sent_count;
    int64_t now_us, wall_us;
    bool passes;  /* workers can be reached with a descriptor */
    bool busy;    /* more messages are waiting: nothing is shown yet */
    unsigned fds; /* open when the curtain rose */
};

static inline void stage_show(void *ctx, const struct room_view *v)
{
    struct stage *s = ctx;
    struct room_view **place = viewers_place(&s->viewers, v->room);
    viewers_check(*place, v, s->viewers.anew);
    ll_check(*place, v);
    room_view_unref(place);
    *place = room_view_ref(v);
    s->viewers.shows++;
}

static inline void stage_hide(void *ctx, const char *room)
{
    struct stage *s = ctx;
    s->hidden++;
    room_view_unref(viewers_place(&s->viewers, room));
    snprintf(s->hidden_room, sizeof(s->hidden_room), "%s", room);
}

static inline void stage_publish(void *ctx, const char *path, const struct body *b)
{
    struct stage *s = ctx;
    assert_string_equal("/live/rooms.json", path);
    body_unref(&s->list);
    s->list = body_ref(b);
    s->published++;
}

static inline void stage_send(void *ctx, uint32_t worker, const struct link_message *m)
{
    struct stage *s = ctx;
    assert_int_equal(worker, m->worker);
    s->sent[s->sent_count++ % STAGE_SENT] = *m;
}

static inline bool stage_hand(void *ctx, uint32_t worker, const struct link_message *m, int fd)
{
    struct stage *s = ctx;
    assert_true(fd >= 0);
    if (s->passes)
        stage_send(s, worker, m);
    return s->passes;
}

/* The newest message of that type, or NULL. */
static inline const struct link_message *stage_sent(const struct stage *s, uint32_t type)
{
    for (size_t i = s->sent_count; i > 0 && s->sent_count - i < STAGE_SENT; i--)
        if (s->sent[(i - 1) % STAGE_SENT].type == type)
            return &s->sent[(i - 1) % STAGE_SENT];
    return NULL;
}

static inline int stage_set(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    const struct rooms_out out = {s,          stage_show, stage_hide, stage_publish,
                                  stage_send, stage_hand, NULL,       2};
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
