/* A feed with somebody at its other end who checks all that comes out. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FEED_STAGE_H
#define TESTS_FUZZ_FEED_STAGE_H

#include "relay/base/log.h"
#include "relay/ingest/feed.h"
#include "relay/ingest/ts_demux.h"
#include "tests/fuzz/feed_seen.h"

#include <stdio.h>
#include <stdlib.h>

enum { FEED_STAGE_MESSAGE = 7 * TS_PACKET, FEED_STAGE_LIMIT = 65536 };

struct feed_stage {
    struct seen seen;
    struct feed *feed;
    int64_t now_us;
    int32_t sequence;
};

static inline struct config *feed_stage_config(void)
{
    static const struct config_override asked[] = {{"rooms.list.fuzz.ts=true"}};
    static struct config *c;

    if (!c) {
        if (config_load(&c, NULL, asked, 1, stderr))
            abort();
        log_setup(LOG_LEVEL_ERROR);
        ts_demux_setup_log();
        c->limits.access_unit_bytes = FEED_STAGE_LIMIT; /* so that small inputs reach the limits */
        c->limits.segment_bytes = FEED_STAGE_LIMIT;
        c->hls.segment_ms = 1000;
    }
    return c;
}

static inline int feed_stage_open(struct feed_stage *s)
{
    struct feed_out out = {.ctx = &s->seen, .send = seen_message};
    struct feed_options o = {.config = feed_stage_config(), .id = 1, .first_sequence = 0};
    struct link_go go = {.start_90k = 900000, .part_ms = 500};

    memset(s, 0, sizeof(*s));
    memset(s->seen.counter, -1, sizeof(s->seen.counter));
    memcpy(o.stream.room, "fuzz", 5);
    memcpy(o.stream.role, "main", 5);
    if (feed_new(&s->feed, &o, &out))
        return -1;
    feed_go(s->feed, &go, 0);
    return 0;
}

static inline bool feed_stage_goes_on(const struct feed_stage *s)
{
    enum link_close_reason reason;

    return feed_fault(s->feed, &reason) == NULL;
}

static inline void feed_stage_flush(struct feed_stage *s)
{
    s->now_us += 20000;
    feed_flush(s->feed, s->now_us, s->now_us);
}

static inline void feed_stage_message(struct feed_stage *s, const uint8_t *bytes, size_t len)
{
    feed_packet(s->feed, s->sequence++, bytes, len);
    if (s->sequence % 3 == 0)
        feed_stage_flush(s);
}

static inline void feed_stage_close(struct feed_stage *s)
{
    feed_end(s->feed, LINK_CLOSE_ENDED, "over");
    assert(s->seen.closed);
    feed_free(&s->feed);
}

#endif
