/* What a feed that is not on air tells of itself, so that the front can choose between two. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; plain data inside a link_message. Thread: any. Life: a message. Fails: never.
 *
 * A feed rests (LINK_FEED_REST) or is on air (LINK_FEED_GO); at rest it is received and demuxed,
 * publishes nothing, and keeps what came since a keyframe of some seconds ago.
 */
#ifndef RELAY_LINK_STANDBY_H
#define RELAY_LINK_STANDBY_H

#include <stdbool.h>
#include <stdint.h>

/* LINK_FEED_REST. */
struct link_rest {
    bool goes_on; /* the other feed has the same access units and goes on behind its last part */
};

/* LINK_FEED_SIGNS: sent when one of them changes, and at rest with each keyframe. */
struct link_signs {
    bool silent;   /* no media came for rooms.backup_after_ms */
    bool ready;    /* at rest: it has a keyframe that it could begin with */
    bool keyframe; /* ... which came just now */
};

/* LINK_FEED_MARK: a second of the encoder's clock, all tracks. The same encoder's output by two
 * ways has the same marks. */
struct link_mark {
    uint64_t second; /* DTS / 90000, of 33 bit */
    uint64_t sum;    /* over its access units: their track, times and bytes */
    uint32_t units;
};

#endif
