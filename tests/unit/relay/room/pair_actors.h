/* Made-up main and backup feeds of the hall. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_PAIR_ACTORS_H
#define TESTS_UNIT_ROOM_PAIR_ACTORS_H

#include "tests/unit/relay/room/ll_actors.h"

static inline void open_as(struct stage *s, uint64_t feed, const char *role)
{
    struct link_message m = {.type = LINK_FEED_OPEN, .worker = feed % 2, .feed = feed};
    snprintf(m.u.open.room, sizeof(m.u.open.room), "hall");
    snprintf(m.u.open.role, sizeof(m.u.open.role), "%s", role);
    snprintf(m.u.open.peer, sizeof(m.u.open.peer), "203.0.113.7:%u", (unsigned)(50000 + feed));
    s->sent_count = 0;
    memset(s->sent, 0, sizeof(s->sent));
    stage_tell(s, &m, -1);
}

/* Was the newest message of that type to this feed? */
static inline bool told(const struct stage *s, uint32_t type, uint64_t feed)
{
    const struct link_message *m = stage_sent(s, type);
    return m && m->feed == feed;
}

static inline void signs(struct stage *s, uint64_t feed, bool silent, bool ready, bool keyframe)
{
    struct link_message m = {.type = LINK_FEED_SIGNS, .worker = feed % 2, .feed = feed};
    m.u.signs = (struct link_signs){.silent = silent, .ready = ready, .keyframe = keyframe};
    stage_tell(s, &m, -1);
}

static inline void rested(struct stage *s, uint64_t feed)
{
    struct link_message m = {.type = LINK_FEED_RESTED, .worker = feed % 2, .feed = feed};
    stage_tell(s, &m, -1);
}

static inline void mark(struct stage *s, uint64_t feed, uint64_t second, uint64_t sum)
{
    struct link_message m = {.type = LINK_FEED_MARK, .worker = feed % 2, .feed = feed};
    m.u.mark = (struct link_mark){.second = second, .sum = sum, .units = 75};
    stage_tell(s, &m, -1);
}

static inline void tracks(struct stage *s, uint64_t feed, const char *video)
{
    stage_track(s, feed, 0, 1, video);
    stage_track(s, feed, 1, 1, "audio init");
}

#endif
