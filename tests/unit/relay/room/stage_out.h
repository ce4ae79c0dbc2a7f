/* What rooms show, publish and send, taken down for the stage. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_STAGE_OUT_H
#define TESTS_UNIT_ROOM_STAGE_OUT_H

#include "relay/room/rooms.h"
#include "tests/unit/relay/room/ll_check.h"
#include "tests/unit/relay/room/viewers.h"

enum { STAGE_SENT = 64 };

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
    bool deaf;    /* workers cannot be reached */
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

static inline bool stage_send(void *ctx, uint32_t worker, const struct link_message *m)
{
    struct stage *s = ctx;
    assert_int_equal(worker, m->worker);
    if (!s->deaf)
        s->sent[s->sent_count++ % STAGE_SENT] = *m;
    return !s->deaf;
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

#endif
