/* LINK_EVENT and LINK_CAPTIONS: what a feed carries beside its tracks, for playlists to say. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing; plain data inside a link_message.
 * An event is one splice point of an SCTE-35 section or one ID3 tag; it becomes an EXT-X-DATERANGE
 * (draft-pantos-hls-rfc8216bis 4.4.5.1). Captions are those found so far in the feed's pictures;
 * the message comes again when there are more, and before the LINK_SEGMENT that holds the picture.
 */
#ifndef RELAY_LINK_EVENT_H
#define RELAY_LINK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum { LINK_EVENT_BYTES = 1024 };

enum link_event_kind {
    LINK_EVENT_POINT, /* SCTE-35 that is no splice: SCTE35-CMD */
    LINK_EVENT_OUT,
    LINK_EVENT_IN,     /* of the OUT with the same id and type */
    LINK_EVENT_CANCEL, /* the announced OUT with that id will not be */
    LINK_EVENT_ID3,
};

struct link_event {
    uint32_t kind;       /* enum link_event_kind */
    uint32_t id, type;   /* SCTE-35 event id; segmentation_type_id of the out, 0: splice_insert */
    int64_t at_90k;      /* on the room's timeline, as PTS are */
    int64_t planned_90k; /* how long an out shall last; -1: not said */
    bool immediate;      /* at_90k is only where the message stood */
    bool auto_return;    /* no in will come: the out ends as planned */
    uint32_t len;
    uint8_t bytes[LINK_EVENT_BYTES]; /* the whole section or tag */
};

struct link_captions {
    bool carried;      /* there is caption data, if only padding */
    uint8_t channels;  /* CEA-608: bit 0 is CC1, bit 3 CC4 */
    uint64_t services; /* CEA-708: bit n is SERVICEn, 1 to 63 */
};

#endif
