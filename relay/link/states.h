/* The words of the link for how a feed ended and what becomes of a room. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: any, they are values. Life: a message. Fails: never. */
#ifndef RELAY_LINK_STATES_H
#define RELAY_LINK_STATES_H

enum link_close_reason {
    LINK_CLOSE_ENDED,     /* the publisher closed or went silent */
    LINK_CLOSE_STOPPED,   /* the front asked for it */
    LINK_CLOSE_WEDGED,    /* libsrt yields nothing although packets arrive: next time classic */
    LINK_CLOSE_LIMIT,     /* a limit of the configuration */
    LINK_CLOSE_NOT_MEDIA, /* no MPEG-TS with a playable track within 10 s */
    LINK_CLOSE_LOST,      /* (front only) its worker died */
};

/* What the front keeps of a room, as far as a handshake must know. */
enum link_room_state {
    LINK_ROOM_FREE,
    LINK_ROOM_LIVE,    /* it has a main feed, and another one is refused now */
    LINK_ROOM_STALE,   /* it has feeds, but a main feed may come: by rooms.takeover, or because
                          the one that is there is silent */
    LINK_ROOM_WAITING, /* its publisher left: it may come back even when no other room may begin */
};

#endif
