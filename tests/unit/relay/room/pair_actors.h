/* Made-up main and backup feeds of the hall. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_PAIR_ACTORS_H
#define TESTS_UNIT_ROOM_PAIR_ACTORS_H

#include "relay/room/pair.h"
#include "tests/unit/relay/room/golden.h"
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

static inline int set_pair(void **state)
{
    int err = stage_set(state);
    struct stage *s = *state;
    s->config.rooms.main_hold_s = 10;
    return err;
}

static inline struct room_facts facts(const struct stage *s)
{
    struct room_facts f;
    room_facts(rooms_find(s->rooms, "hall"), &f);
    return f;
}

static inline unsigned breaks(struct stage *s, const char *list)
{
    unsigned n = 0;
    for (const char *at = stage_text(s, "hall", list);
         (at = strstr(at, "#EXT-X-DISCONTINUITY\n")) != NULL; at++)
        n++;
    return n;
}

/* Main on air with two segments, backup ready at rest. */
static inline void start_pair(struct stage *s)
{
    open_as(s, 1, "main");
    assert_true(told(s, LINK_FEED_GO, 1));
    tracks(s, 1, "video init");
    stage_run(s, 1, 2, 0, 2, 0);
    open_as(s, 2, "backup");
    assert_true(told(s, LINK_FEED_REST, 2));
    assert_true(told(s, LINK_FEED_COMPARE, 1));
    signs(s, 2, false, true, true);
    assert_int_equal(2, facts(s).pair->standby.feed);
}

/* One encoder, two ways: marks that are equal, and the encoder's clock of main's segments. */
static inline void make_alike(struct stage *s)
{
    mark(s, 1, 70, 7);
    mark(s, 2, 70, 7);
    assert_true(likeness_is(&facts(s).pair->likeness));
}

#endif
