/* Where in each message bools stand. */
/* SPDX-License-Identifier: MIT */
#include "relay/link/message_check.h"

#include <stddef.h>

#define FLAG(kind, member)                                                                         \
    {                                                                                              \
        kind, offsetof(struct link_message, u.member)                                              \
    }

_Static_assert(sizeof(bool) == 1, "a bool is a byte");

static const struct flag {
    uint32_t type;
    size_t at;
} flags[] = {
    FLAG(LINK_FEED_OPEN, open.encrypted),
    FLAG(LINK_FEED_OPEN, open.classic),
    FLAG(LINK_FEED_OPEN, open.again),
    FLAG(LINK_TRACK, track.params.full_range),
    FLAG(LINK_TRACK, track.params.interlaced),
    FLAG(LINK_TRACK, track.params.hdr10.has_mastering),
    FLAG(LINK_TRACK, track.params.hdr10.has_light),
    FLAG(LINK_PART, part.independent),
    FLAG(LINK_PART, part.discontinuity),
    FLAG(LINK_SEGMENT, segment.independent),
    FLAG(LINK_SEGMENT, segment.discontinuity),
    FLAG(LINK_SEGMENT, segment.gap),
    FLAG(LINK_EVENT, event.immediate),
    FLAG(LINK_EVENT, event.auto_return),
    FLAG(LINK_CAPTIONS, captions.carried),
    FLAG(LINK_FEED_SIGNS, signs.silent),
    FLAG(LINK_FEED_SIGNS, signs.ready),
    FLAG(LINK_FEED_SIGNS, signs.keyframe),
    FLAG(LINK_FEED_REST, rest.goes_on),
    FLAG(LINK_FEED_GO, go.joins),
    FLAG(LINK_FEED_GO, go.goes_on),
    FLAG(LINK_FEED_GO, go.part_ranges),
    FLAG(LINK_ROOM_STATE, room.classic),
    FLAG(LINK_ROOM_STATE, room.full),
};

bool message_is_sound(const struct link_message *m)
{
    const unsigned char *bytes = (const unsigned char *)m;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].type == m->type && bytes[flags[i].at] > 1)
            return false;
    return true;
}
