/* What a message between a worker and the front is about. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; constants. Thread: any. Life: the program's. Fails: never. */
#ifndef RELAY_LINK_TYPE_H
#define RELAY_LINK_TYPE_H

enum link_type {
    /* worker -> front */
    LINK_WORKER_READY = 1, /* its socket listens */
    LINK_FEED_OPEN,        /* a publisher was accepted; waits for LINK_FEED_GO or LINK_FEED_STOP */
    LINK_TRACK,            /* a track's parameters; fd: its init segment (ftyp + moov), but TS */
    LINK_PART,             /* a part of a segment that is being written; fd with part 0: its file */
    LINK_SEGMENT,          /* a finished segment; fd: its bytes, sealed. No fd when gap */
    LINK_EVENT,            /* a splice point or a tag beside the tracks */
    LINK_CAPTIONS,         /* closed captions inside the pictures; again when more are found */
    LINK_PROGRAM,          /* which streams of the publisher's program are not carried */
    LINK_FEED_STATS,       /* once a second, with what the doctor asks for */
    LINK_FEED_SIGNS,       /* it fell silent, or came back, or could begin */
    LINK_FEED_MARK,        /* once a second, when the front wants to compare two feeds */
    LINK_FEED_RESTED,      /* the answer to LINK_FEED_REST: everything it had was sent */
    LINK_FEED_CLOSED,      /* the feed is over and everything it had was sent */
    LINK_WORKER_STATS,     /* once a second; the worker's heartbeat too */
    /* front -> worker */
    LINK_FEED_GO,        /* where on the room's timeline the feed starts */
    LINK_FEED_STOP,      /* end it and say why in the log */
    LINK_FEED_REST,      /* publish nothing until LINK_FEED_GO, but be ready for it */
    LINK_FEED_COMPARE,   /* send LINK_FEED_MARK from now on */
    LINK_ROOM_STATE,     /* to all workers: who may publish now */
    LINK_CONFIG,         /* fd: the whole new configuration as YAML */
    LINK_STOP,           /* flush, close and exit */
    LINK_WORKER_SPAWNED, /* supervisor -> front, as CONFIG and STOP; fd: a new worker's link */
    LINK_SLATE,          /* supervisor -> front, before CONFIG; fd: a clip that was checked */
    LINK_FILL,           /* fill the hole in a room; fd: a piece of what with */
    LINK_WORKER_KEPT,    /* supervisor -> front; fd: the link of one that served another front */
    LINK_AGAIN,          /* front -> worker: this front is new: announce every feed again */
    LINK_RETIRE,         /* supervisor -> front -> worker: exit once there is no publisher left */
    LINK_HAND_OVER,      /* supervisor -> front; fd: to the front that follows; feed: HANDOVER_* */
    LINK_ROOMS,          /* store -> supervisor -> front -> worker; fd: the list of rooms that the
                            API made, feed: its version. Without fd the store has none */
    LINK_ROOMS_TAKEN,    /* worker -> front: the list of version `feed` is in force there */
    LINK_CERTIFICATE,    /* supervisor -> front; fd: a pair that was checked (certificate.h) */
    LINK_PICTURES,       /* supervisor -> front; fd: the link of a new picture helper */
};

#endif
