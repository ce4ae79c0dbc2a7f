/* A feed's second as its worker measures it, well but for what the test changes. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_ROOM_WELL_FEED_H
#define TESTS_UNIT_ROOM_WELL_FEED_H

#include "tests/unit/relay/room/actors.h"

/* Its keyframes are gop_ms apart. */
static inline void beat(struct stage *s, uint64_t feed, uint32_t second, uint32_t gop_ms)
{
    struct link_message m = {.type = LINK_FEED_STATS, .worker = feed % 2, .feed = feed};
    m.u.feed_stats.packets = m.u.feed_stats.bytes = 1000 * (uint64_t)second;
    m.u.vitals = (struct link_vitals){.watched_s = second,
                                      .has_video = 1,
                                      .video_heard = 1,
                                      .audio_tracks = 1,
                                      .audio_heard = 1,
                                      .gop_longest_ms = gop_ms,
                                      .codec = CODEC_H264,
                                      .chroma_format = 1,
                                      .bit_depth = 8,
                                      .pcrs = 100,
                                      .packets = 1000};
    stage_pass(s, 1000000);
    stage_tell(s, &m, -1);
}

#endif
